// NumPy arrays [channels][samples] of float32 or int16, microvolts. Used through open_recording().
#include "signal/recording_parts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace vigil::signal {
namespace {

constexpr double sample_limit = (1 << 23) - 1;

struct Array {
    std::string_view type;
    std::size_t channels = 1;
    std::size_t samples = 0;
    std::string_view data;
};

// The text behind 'key': in the header's Python dictionary.
std::string_view behind(std::string_view header, std::string_view key) {
    const std::size_t at = header.find(key);
    if (at == std::string_view::npos) {
        return {};
    }
    return trimmed(header.substr(at + key.size()));
}

Result<void> read_shape(std::string_view text, Array& array) {
    const std::size_t end = text.find(')');
    if (!text.starts_with('(') || end == std::string_view::npos) {
        return bad_file("npy: the header has no shape");
    }
    std::vector<std::size_t> sizes;
    std::string_view inside = trimmed(text.substr(1, end - 1));
    while (!inside.empty()) {
        const std::size_t comma = inside.find(',');
        const auto size = to_integer(inside.substr(0, comma));
        if (!size || *size < 1 || *size > (std::int64_t{1} << 40) || sizes.size() == 2) {
            return bad_file("npy: the shape must be (channels, samples) or (samples,)");
        }
        sizes.push_back(static_cast<std::size_t>(*size));
        inside = comma == std::string_view::npos ? "" : trimmed(inside.substr(comma + 1));
    }
    if (sizes.empty()) {
        return bad_file("npy: the shape must be (channels, samples) or (samples,)");
    }
    array.channels = sizes.size() == 2 ? sizes[0] : 1;
    array.samples = sizes.back();
    if (array.channels > max_recording_channels) {
        return bad_file(
            "npy: the shape has " + std::to_string(array.channels) +
            " channels; channels come first, at most 256"
        );
    }
    return {};
}

Result<Array> read_array(std::string_view bytes) {
    if (bytes.size() < 12 || !bytes.starts_with("\x93NUMPY")) {
        return bad_file("npy: the file does not begin with NumPy's mark");
    }
    const auto byte = [bytes](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]));
    };
    const std::size_t major = byte(6);
    if (major < 1 || major > 3) {
        return bad_file("npy: format versions 1 to 3 are known; this is " + std::to_string(major));
    }
    const std::size_t begin = major == 1 ? 10 : 12;
    const std::size_t length =
        byte(8) | (byte(9) << 8) | (major == 1 ? 0 : (byte(10) << 16) | (byte(11) << 24));
    if (length > bytes.size() - begin) {
        return bad_file("npy: the file ends within its header");
    }
    const std::string_view header = bytes.substr(begin, length);
    Array array;
    array.type = behind(header, "'descr':");
    array.type = array.type.substr(0, std::min<std::size_t>(array.type.size(), 5));
    if (array.type != "'<f4'" && array.type != "'<i2'") {
        return bad_file("npy: the values must be little-endian float32 or int16");
    }
    if (!behind(header, "'fortran_order':").starts_with("False")) {
        return bad_file("npy: the array must be in C order");
    }
    if (auto read = read_shape(behind(header, "'shape':"), array); !read) {
        return std::unexpected(read.error());
    }
    array.data = bytes.substr(begin + length);
    const std::size_t width = array.type == "'<f4'" ? 4 : 2;
    const std::size_t count = array.data.size() / width;
    if (array.data.size() % width != 0 || array.samples > count ||
        array.samples * array.channels != count) {
        return bad_file("npy: the file's length does not match its shape");
    }
    return array;
}

// Steps that recordings are known to come in: whole microvolts, and CHB-MIT's 12 bits over
// -800..800 uV, which lie half a step off zero.
struct Step {
    double scale;
    double offset;
};

constexpr std::array<Step, 2> known_steps{{{1, 0}, {1600.0 / 4095, 800.0 / 4095}}};
constexpr Step coarse{0.1, 0};

bool quantise(
    const std::vector<float>& values,
    Step step,
    bool exact,
    std::vector<std::int32_t>& out
) {
    out.clear();
    for (const float value : values) {
        const double place = (static_cast<double>(value) - step.offset) / step.scale;
        const double whole = std::nearbyint(place);
        // float32 has 24 bits of mantissa
        if (std::fabs(whole) > sample_limit ||
            (exact && std::fabs(place - whole) > 1e-3 + std::fabs(place) * 0x1p-22)) {
            return false;
        }
        out.push_back(static_cast<std::int32_t>(whole));
    }
    return true;
}

Result<Step>
to_samples(std::string_view data, RecordingInfo& info, std::vector<std::int32_t>& out) {
    std::vector<float> values(data.size() / 4);
    std::memcpy(values.data(), data.data(), values.size() * 4);
    if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) {
        return bad_file("npy: the array has values that are not finite");
    }
    out.reserve(values.size());
    for (const Step step : known_steps) {
        if (quantise(values, step, true, out)) {
            return step;
        }
    }
    if (!quantise(values, coarse, false, out)) {
        return bad_file("npy: the array has values beyond 838 mV");
    }
    info.notes.emplace_back(
        "the values are not steps of a known converter; they were rounded to 0.1 uV"
    );
    return coarse;
}

} // namespace

Result<std::unique_ptr<Recording>> open_npy(std::string name, std::string_view bytes, Rate rate) {
    const auto array = read_array(bytes);
    if (!array) {
        return std::unexpected(array.error());
    }
    RecordingInfo info{.name = std::move(name), .rate = rate, .samples = array->samples};
    std::vector<std::int32_t> samples;
    Step step{1, 0};
    if (array->type == "'<f4'") {
        const auto found = to_samples(array->data, info, samples);
        if (!found) {
            return std::unexpected(found.error());
        }
        step = *found;
    } else {
        std::vector<std::int16_t> values(array->data.size() / 2);
        std::memcpy(values.data(), array->data.data(), array->data.size());
        samples.assign(values.begin(), values.end());
    }
    for (std::size_t channel = 1; channel <= array->channels; ++channel) {
        info.channels.push_back(
            {.label = "channel " + std::to_string(channel),
             .unit = "uV",
             .scale = step.scale,
             .offset = step.offset}
        );
    }
    info.segments.push_back({0, info.samples});
    return std::make_unique<HeldRecording>(std::move(info), std::move(samples));
}

} // namespace vigil::signal
