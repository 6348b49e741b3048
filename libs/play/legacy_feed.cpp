#include "play/legacy_feed.hpp"

#include "base/json_text.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::play {

namespace {

// reference/wire_contract.md: 178 values at 173.61 Hz, integers in microvolts
constexpr std::size_t window = 178;
constexpr std::uint64_t rate_numerator = 17361;
constexpr std::uint64_t rate_denominator = 100;

/// Without leading zeros, as the old phone app writes it; in UTC.
std::string old_timestamp(UtcTime at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
    return std::format(
        "{}-{}-{} {}:{}:{}",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        time.hours().count(),
        time.minutes().count(),
        time.seconds().count()
    );
}

} // namespace

Result<LegacyFeed>
LegacyFeed::make(unsigned user, const signal::RecordingChannel& channel, signal::Rate rate) {
    LegacyFeed feed(user, channel);
    const auto up = rate_numerator * rate.denominator;
    const auto down = rate_denominator * rate.numerator;
    if (up == down) {
        return feed;
    }
    if (!signal::PolyphaseResampler::supports(up, down)) {
        return fail(
            ErrorCode::unprocessable,
            std::format("{} Hz cannot be brought to 173.61 Hz", rate.hertz())
        );
    }
    feed.resampler_.emplace(up, down);
    return feed;
}

void LegacyFeed::push(
    std::uint64_t first,
    std::span<const std::int32_t> samples,
    UtcTime origin,
    std::vector<Item>& items
) {
    if (first != expected_) {
        waiting_.clear();
        next_ = first;
        if (resampler_) {
            resampler_->reset(first);
            next_ = resampler_->next_output();
        }
    }
    expected_ = first + samples.size();
    std::vector<float> values(samples.size());
    std::ranges::transform(samples, values.begin(), [this](std::int32_t sample) {
        return static_cast<float>(sample * scale_ + offset_);
    });
    if (resampler_) {
        values = resampler_->push(values);
    }
    waiting_.insert(waiting_.end(), values.begin(), values.end());
    std::size_t used = 0;
    for (; waiting_.size() - used >= window; used += window, next_ += window) {
        const auto at =
            origin + Microseconds(next_ * rate_denominator * 1'000'000 / rate_numerator);
        JsonText json;
        json.open_object().member("fk_user", std::to_string(user_)).key("eeg_data").open_array();
        for (std::size_t i = 0; i < window; ++i) {
            json.value(std::lround(std::clamp(waiting_[used + i], -32768.0F, 32767.0F)));
        }
        json.close_array().member("register_timestamp", old_timestamp(at)).close_object();
        items.push_back({.kind = Kind::legacy_window, .body = std::move(json).text()});
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(used));
}

} // namespace vigil::play
