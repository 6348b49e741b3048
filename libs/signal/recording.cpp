#include "signal/recording.hpp"

#include "signal/recording_parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace vigil::signal {
namespace {

constexpr std::size_t max_label = 32;

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

// A decimal number as digits * 10^-places, so that a rate stays exact.
struct Decimal {
    std::uint64_t digits = 0;
    std::uint64_t unit = 1; // 10^places
};

std::optional<Decimal> to_decimal(std::string_view text) {
    Decimal d;
    bool point = false;
    bool any = false;
    for (const char c : trimmed(text)) {
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || d.digits > 1'000'000'000'000 || d.unit > 1'000'000'000) {
            return std::nullopt;
        }
        any = true;
        d.digits = d.digits * 10 + static_cast<unsigned>(c - '0');
        d.unit *= point ? 10 : 1;
    }
    return any && d.digits != 0 ? std::optional(d) : std::nullopt;
}

std::optional<Rate> reduced(std::uint64_t numerator, std::uint64_t denominator) {
    const std::uint64_t common = std::gcd(numerator, denominator);
    numerator /= common;
    denominator /= common;
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    if (numerator > most || denominator > most) {
        return std::nullopt;
    }
    return Rate{static_cast<std::uint32_t>(numerator), static_cast<std::uint32_t>(denominator)};
}

} // namespace

Result<std::vector<std::int32_t>> Recording::read(std::uint64_t first, std::uint64_t count) const {
    const bool held = std::ranges::any_of(info_.segments, [&](const RecordingSegment& s) {
        return first >= s.first && count <= s.count && first - s.first <= s.count - count;
    });
    if (!held) {
        return fail(
            ErrorCode::invalid_argument,
            info_.name + " has no " + std::to_string(count) + " samples in one piece at " +
                std::to_string(first)
        );
    }
    std::vector<std::int32_t> out(info_.channels.size() * count);
    copy(first, count, out.data());
    return out;
}

void HeldRecording::copy(std::uint64_t first, std::uint64_t count, std::int32_t* out) const {
    for (std::size_t channel = 0; channel < info().channels.size(); ++channel) {
        const auto* from = samples_.data() + channel * info().samples + first;
        out = std::copy_n(from, count, out);
    }
}

std::unexpected<Error> bad_file(std::string detail) {
    return fail(ErrorCode::invalid_argument, std::move(detail));
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<std::int64_t> to_integer(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(value) : std::nullopt;
}

std::optional<double> to_number(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole =
        error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
    return whole ? std::optional(value) : std::nullopt;
}

std::optional<Rate> rate_of(std::uint64_t count, std::string_view seconds) {
    const auto d = to_decimal(seconds);
    if (!d || count == 0 || count > 1'000'000'000) {
        return std::nullopt;
    }
    return reduced(count * d->unit, d->digits);
}

std::optional<Rate> rate_from_hertz(std::string_view hertz) {
    const auto d = to_decimal(hertz);
    return d ? reduced(d->digits, d->unit) : std::nullopt;
}

void normalise(RecordingChannel& channel, std::size_t number) {
    std::string label(trimmed(channel.label).substr(0, max_label));
    std::ranges::replace_if(label, [](char c) { return c < ' ' || c > '~'; }, '?');
    channel.label = label.empty() ? "channel " + std::to_string(number) : label;

    struct Voltage {
        std::string_view name;
        double microvolts;
    };

    // 0xB5 is the micro sign of Latin-1; UTF-8 writes it, or the Greek letter, with two bytes.
    static constexpr std::array<Voltage, 9> voltages{{
        {"uV", 1},
        {"\xB5V", 1},
        {"\xC2\xB5V", 1},
        {"\xCE\xBCV", 1},
        {"mV", 1e3},
        {"V", 1e6},
        {"nV", 1e-3},
        {"uv", 1},
        {"mv", 1e3},
    }};
    const std::string_view unit = trimmed(channel.unit);
    const auto* found = std::ranges::find(voltages, unit, &Voltage::name);
    if (found != voltages.end()) {
        channel.scale *= found->microvolts;
        channel.offset *= found->microvolts;
        channel.unit = "uV";
        return;
    }
    std::string other(unit.substr(0, max_label));
    std::ranges::replace_if(other, [](char c) { return c <= ' ' || c > '~'; }, '_');
    channel.unit = other.empty() ? "1" : other; // UCUM's word for no unit
}

void make_labels_unique(std::vector<RecordingChannel>& channels) {
    std::set<std::string> used;
    for (RecordingChannel& channel : channels) {
        const std::string plain = channel.label;
        for (int copy = 2; !used.insert(channel.label).second; ++copy) {
            const std::string suffix = " (" + std::to_string(copy) + ")";
            channel.label = plain.substr(0, max_label - suffix.size()) + suffix;
        }
    }
}

std::optional<UtcTime>
utc_of(int year, unsigned month, unsigned day, int hour, int minute, double second) {
    using namespace std::chrono;
    const year_month_day date{
        std::chrono::year(year),
        std::chrono::month(month),
        std::chrono::day(day)
    };
    const bool valid = year >= 1 && year <= 9999 && date.ok() && hour >= 0 && hour < 24 &&
                       minute >= 0 && minute < 60 && second >= 0 && second < 61;
    if (!valid) {
        return std::nullopt;
    }
    return sys_days(date) + hours(hour) + minutes(minute) +
           microseconds(std::llround(second * 1e6));
}

Result<std::unique_ptr<Recording>> open_recording(
    std::string_view file_name,
    std::string bytes,
    const FileLoader& loader,
    const RecordingOptions& options
) {
    const std::string_view base = file_name.substr(file_name.find_last_of('/') + 1);
    const std::size_t dot = base.find_last_of('.');
    std::string name(base.substr(0, dot));
    const std::string ending = dot == std::string_view::npos ? "" : lower(base.substr(dot + 1));
    if (options.rate && (options.rate->numerator == 0 || options.rate->denominator == 0)) {
        return bad_file("a rate must be above zero");
    }
    if (ending == "edf") {
        return open_edf(std::move(name), std::move(bytes));
    }
    if (ending == "hea") {
        return open_wfdb(std::move(name), bytes, loader);
    }
    if (ending == "txt") {
        return open_text(std::move(name), bytes, options.rate.value_or(Rate{17361, 100}));
    }
    if (ending == "npy") {
        return open_npy(std::move(name), bytes, options.rate.value_or(Rate{256, 1}));
    }
    if (ending == "dat" || ending == "atr") {
        return bad_file(
            "open the .hea file of a WFDB record; " + std::string(base) + " is only its companion"
        );
    }
    return bad_file("recordings are .edf, .hea (WFDB), .txt or .npy; this is " + std::string(base));
}

} // namespace vigil::signal
