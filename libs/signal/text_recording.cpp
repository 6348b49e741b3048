// One value a line, microvolts: the files of the University of Bonn. Used through open_recording().
#include "signal/recording_parts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace vigil::signal {
namespace {

constexpr int max_places = 6;
constexpr std::int64_t sample_limit = (1 << 23) - 1;

// Digits behind the point; -1 where the text is not a plain decimal number.
int decimal_places(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    const std::size_t point = text.find('.');
    const auto digits = [](std::string_view part) {
        return std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    };
    if (point == std::string_view::npos) {
        return !text.empty() && digits(text) ? 0 : -1;
    }
    const std::string_view behind = text.substr(point + 1);
    const bool number = text.size() > 1 && digits(text.substr(0, point)) && digits(behind);
    return number && behind.size() <= max_places ? static_cast<int>(behind.size()) : -1;
}

} // namespace

Result<std::unique_ptr<Recording>> open_text(std::string name, std::string_view bytes, Rate rate) {
    std::vector<double> values;
    int places = 0;
    for (std::size_t number = 1; !bytes.empty(); ++number) {
        const std::size_t end = bytes.find('\n');
        const std::string_view line = trimmed(bytes.substr(0, end));
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
        if (line.empty()) {
            if (trimmed(bytes).empty()) {
                break;
            }
            return bad_file("text: line " + std::to_string(number) + " is empty");
        }
        const int behind = decimal_places(line);
        const auto value = behind < 0 ? std::nullopt : to_number(line);
        if (!value) {
            return bad_file(
                "text: line " + std::to_string(number) + " is not a plain decimal number"
            );
        }
        places = std::max(places, behind);
        values.push_back(*value);
    }
    if (values.empty()) {
        return bad_file("text: the file has no values");
    }
    const double per_unit = std::pow(10, places);
    std::vector<std::int32_t> samples;
    samples.reserve(values.size());
    for (const double value : values) {
        const double scaled = value * per_unit;
        if (std::fabs(scaled) > sample_limit) {
            return bad_file("text: a value does not fit in 24 bits with so many digits");
        }
        samples.push_back(static_cast<std::int32_t>(std::lround(scaled)));
    }
    RecordingInfo info{.name = std::move(name), .rate = rate, .samples = samples.size()};
    info.channels.push_back({.label = "EEG", .unit = "uV", .scale = 1 / per_unit, .offset = 0});
    info.segments.push_back({0, info.samples});
    return std::make_unique<HeldRecording>(std::move(info), std::move(samples));
}

} // namespace vigil::signal
