#include "signal/channel_watch.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace vigil::signal {

namespace {

constexpr std::array mains_hz{50.0, 60.0};
constexpr double slowest_for_mains_hz = 134.0; // 60 Hz lies within 90 % of the band
constexpr std::uint64_t latest_sample = std::uint64_t{1} << 62U; // as the detector's blocks

std::unexpected<Error> no_checkpoint() {
    return fail(ErrorCode::invalid_argument, "a checkpoint of channels that makes no sense");
}

} // namespace

ChannelWatch::ChannelWatch(Rate rate, std::span<const double> uv_per_count, ChannelWatchRules rules)
    : rate_(rate),
      rules_(rules),
      uv_per_count_(uv_per_count.begin(), uv_per_count.end()),
      channels_(uv_per_count.size()) {
    rate_.numerator = std::max(1U, rate_.numerator);
    rate_.denominator = std::max(1U, rate_.denominator);
    if (rate_.hertz() >= slowest_for_mains_hz) {
        for (std::size_t i = 0; i < mains_frequencies; ++i) {
            turn_[i] = 2 * std::cos(2 * std::numbers::pi * mains_hz[i] / rate_.hertz());
        }
    }
    for (auto& channel : channels_) {
        channel.since_fault.fill(rules_.over_after_s);
    }
}

std::uint64_t ChannelWatch::end_of(std::uint64_t second) const {
    return static_cast<std::uint64_t>(
        static_cast<unsigned __int128>(second + 1) * rate_.numerator / rate_.denominator
    );
}

/// What lies between is missing: nothing goes on across it.
void ChannelWatch::skip_to(std::uint64_t sample) {
    next_ = sample;
    second_ = static_cast<std::uint64_t>(
        static_cast<unsigned __int128>(sample) * rate_.denominator / rate_.numerator
    );
    while (end_of(second_) <= sample) {
        ++second_;
    }
    counted_ = 0;
    whole_ = sample == 0 || end_of(second_ - 1) == sample;
    digested_ = 0;
    for (auto& channel : channels_) {
        channel.newest = 0;
        channel.anchor = 0;
        channel.repeated = false;
    }
}

bool ChannelWatch::take(
    std::uint64_t first,
    std::span<const std::int32_t> channel_major,
    std::uint64_t samples,
    std::int32_t limit
) {
    const auto end = first + samples;
    if (channels_.empty() || channel_major.size() != channels_.size() * samples || end <= next_) {
        return false;
    }
    if (first > next_) {
        skip_to(first);
    }
    bool has_changed = false;
    while (next_ < end) {
        const auto until = std::min(end, end_of(second_));
        const auto count = until - next_;
        for (std::size_t i = 0; i < channels_.size(); ++i) {
            look(channels_[i], channel_major.subspan(i * samples + (next_ - first), count), limit);
        }
        digested_ = std::min(digested_ + count, digest_samples);
        counted_ += count;
        next_ = until;
        if (until == end_of(second_)) {
            has_changed = end_second() || has_changed;
        }
    }
    return has_changed;
}

void ChannelWatch::look(Channel& channel, std::span<const std::int32_t> samples, std::int32_t limit)
    const {
    if (counted_ == 0) {
        channel.least = channel.most = channel.first = samples.front();
        channel.at_limit = 0;
        channel.tones = {};
    }
    auto least = channel.least;
    auto most = channel.most;
    for (const auto value : samples) {
        least = std::min(least, value);
        most = std::max(most, value);
    }
    channel.least = least;
    channel.most = most;
    if (most >= limit || least <= -limit) {
        channel.at_limit +=
            static_cast<std::uint32_t>(std::ranges::count_if(samples, [limit](std::int32_t value) {
                return value >= limit || value <= -limit;
            }));
    }
    if (turn_[0] != 0) {
        look_at_mains(channel, samples);
    }
    look_for_repeats(channel, samples);
}

/// Both frequencies side by side, in one register.
///
/// source  G. Goertzel, An algorithm for the evaluation of finite trigonometric series, American
///         Mathematical Monthly 65 (1958)
void ChannelWatch::look_at_mains(Channel& channel, std::span<const std::int32_t> samples) const {
    using Pair [[gnu::vector_size(16)]] = double;
    const auto& [at_50, at_60] = channel.tones;
    const Pair turn{turn_[0], turn_[1]};
    Pair newest{at_50.newest, at_60.newest};
    Pair before{at_50.before, at_60.before};
    const double first = channel.first;
#pragma GCC unroll 4
    for (const auto value : samples) {
        const double moved = value - first;
        const Pair next = turn * newest - before + moved;
        before = newest;
        newest = next;
    }
    channel.tones = {
        Tone{.newest = newest[0], .before = before[0]},
        Tone{.newest = newest[1], .before = before[1]},
    };
}

/// A digest from which each sample has gone after 64 more, since it is doubled with each.
void ChannelWatch::look_for_repeats(Channel& channel, std::span<const std::int32_t> samples) {
    auto digest = channel.newest;
    const auto anchor = channel.anchor;
    bool is_repeated = false;
#pragma GCC unroll 8
    for (const auto value : samples) {
        digest = 2 * digest + static_cast<std::uint64_t>(std::int64_t{value});
        if (digest == anchor) [[unlikely]] {
            is_repeated = true;
        }
    }
    channel.newest = digest;
    channel.repeated = channel.repeated || (is_repeated && anchor != 0);
}

bool ChannelWatch::end_second() {
    bool has_changed = false;
    for (std::size_t i = 0; whole_ && i < channels_.size(); ++i) {
        auto& channel = channels_[i];
        const auto now = faults_now(channel, uv_per_count_[i]);
        std::uint8_t faults = 0;
        for (std::size_t kind = 0; kind < channel_faults.size(); ++kind) {
            const auto bit = static_cast<std::uint8_t>(channel_faults[kind]);
            auto& since = channel.since_fault[kind];
            since = (now & bit) != 0 ? 0 : std::min(since + 1, rules_.over_after_s);
            if (since < rules_.over_after_s) {
                faults |= bit;
            }
        }
        has_changed = has_changed || faults != channel.faults;
        channel.faults = faults;
    }
    ++second_;
    counted_ = 0;
    whole_ = true;
    return has_changed;
}

/// Of the whole second that ends.
std::uint8_t ChannelWatch::faults_now(Channel& channel, double uv_per_count) const {
    const auto height = static_cast<double>(channel.most) - channel.least;
    const bool is_flat = channel.most == channel.least ||
                         (uv_per_count > 0 && height * uv_per_count <= rules_.flat_uv);
    look_at_anchor(channel, is_flat);
    if (is_flat) {
        return static_cast<std::uint8_t>(ChannelFault::flat_or_saturated);
    }
    std::uint8_t faults = 0;
    if (std::uint64_t{channel.at_limit} * rules_.saturated_share > counted_) {
        faults |= static_cast<std::uint8_t>(ChannelFault::flat_or_saturated);
    }
    if (has_mains(channel, uv_per_count)) {
        faults |= static_cast<std::uint8_t>(ChannelFault::electrode_off);
    }
    if (channel.repeats) {
        faults |= static_cast<std::uint8_t>(ChannelFault::frozen);
    }
    return faults;
}

/// What does not come again in time is not waited for: the newest samples take its place. A flat
/// channel repeats itself and says nothing by it.
void ChannelWatch::look_at_anchor(Channel& channel, bool is_flat) const {
    const bool is_again = std::exchange(channel.repeated, false) && !is_flat;
    channel.anchor_age_s = is_again ? 0 : channel.anchor_age_s + 1;
    channel.repeats = !is_flat && (is_again || channel.repeats);
    if (is_flat || channel.anchor == 0 || channel.anchor_age_s >= rules_.repeats_within_s) {
        channel.repeats = false;
        channel.anchor = digested_ == digest_samples && !is_flat ? channel.newest : 0;
        channel.anchor_age_s = 0;
    }
}

bool ChannelWatch::has_mains(const Channel& channel, double uv_per_count) const {
    const auto height_uv = (static_cast<double>(channel.most) - channel.least) * uv_per_count;
    for (std::size_t i = 0; i < mains_frequencies; ++i) {
        const auto [newest, before] = channel.tones[i];
        const double power = newest * newest + before * before - turn_[i] * newest * before;
        const double half_uv =
            2 * std::sqrt(std::max(0.0, power)) / static_cast<double>(counted_) * uv_per_count;
        if (turn_[i] != 0 && half_uv >= rules_.mains_uv &&
            2 * half_uv >= rules_.mains_share * height_uv) {
            return true;
        }
    }
    return false;
}

v1::ChannelWatchMemory ChannelWatch::memory() const {
    v1::ChannelWatchMemory memory;
    memory.set_next_sample(next_);
    memory.set_counted(counted_);
    memory.set_whole(whole_);
    memory.set_digested(digested_);
    for (const auto& channel : channels_) {
        auto& out = *memory.add_channels();
        out.set_least(channel.least);
        out.set_most(channel.most);
        out.set_first(channel.first);
        out.set_at_limit(channel.at_limit);
        if (turn_[0] != 0 && counted_ > 0) {
            for (const auto& tone : channel.tones) {
                out.add_mains(tone.newest);
                out.add_mains(tone.before);
            }
        }
        out.set_newest(channel.newest);
        out.set_anchor(channel.anchor);
        out.set_repeated(channel.repeated);
        out.set_repeats(channel.repeats);
        out.set_anchor_age_s(channel.anchor_age_s);
        out.set_faults(channel.faults);
        for (const auto since : channel.since_fault) {
            out.add_since_fault(since);
        }
    }
    return memory;
}

Result<void> ChannelWatch::load(const v1::ChannelWatchMemory& memory) {
    const auto fits = [&](const v1::ChannelWatchMemory::Channel& channel) {
        const bool has_tones = channel.mains_size() == 2 * static_cast<int>(mains_frequencies);
        return (has_tones || channel.mains().empty()) &&
               std::ranges::all_of(
                   channel.mains(),
                   [](double sum) { return std::isfinite(sum); }
               ) &&
               channel.faults() < 1U << channel_faults.size() &&
               channel.since_fault_size() == static_cast<int>(channel_faults.size());
    };
    if (memory.channels_size() != static_cast<int>(channels_.size()) ||
        memory.next_sample() > latest_sample || memory.counted() > memory.next_sample() ||
        memory.digested() > digest_samples || !std::ranges::all_of(memory.channels(), fits)) {
        return no_checkpoint();
    }
    skip_to(memory.next_sample());
    counted_ = memory.counted();
    whole_ = memory.whole();
    digested_ = memory.digested();
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        const auto& in = memory.channels(static_cast<int>(i));
        Channel channel{
            .least = in.least(),
            .most = in.most(),
            .first = in.first(),
            .at_limit = in.at_limit(),
            .newest = in.newest(),
            .anchor = in.anchor(),
            .repeated = in.repeated(),
            .repeats = in.repeats(),
            .anchor_age_s = in.anchor_age_s(),
            .faults = static_cast<std::uint8_t>(in.faults()),
        };
        for (int tone = 0; 2 * tone < in.mains_size(); ++tone) {
            channel.tones[static_cast<std::size_t>(tone)] = {
                .newest = in.mains(2 * tone),
                .before = in.mains(2 * tone + 1),
            };
        }
        for (int kind = 0; kind < in.since_fault_size(); ++kind) {
            channel.since_fault[static_cast<std::size_t>(kind)] =
                std::min(in.since_fault(kind), rules_.over_after_s);
        }
        channels_[i] = channel;
    }
    return {};
}

} // namespace vigil::signal
