// Reads the headers of WFDB records. Used by wfdb_recording.cpp.
#include "signal/wfdb_header.hpp"

#include "signal/recording_parts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace vigil::signal {
namespace {

constexpr std::array<int, 6> formats{16, 24, 32, 61, 80, 212};

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> out;
    while (!(line = trimmed(line)).empty()) {
        const std::size_t end = line.find_first_of(" \t");
        out.push_back(line.substr(0, end));
        line.remove_prefix(std::min(line.size(), out.back().size()));
    }
    return out;
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trimmed(text.substr(0, end));
        if (!line.empty() && !line.starts_with('#')) {
            out.push_back(line);
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

// Up to `separator`; `text` keeps what follows it.
std::string_view cut(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view head = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return head;
}

// "hh:mm:ss" (hours and minutes may be missing) and "dd/mm/yyyy".
std::optional<UtcTime> start_time(std::string_view time, std::string_view date) {
    std::array<double, 3> clock{};
    std::size_t parts = 0;
    while (!time.empty() && parts < clock.size()) {
        clock[parts++] = to_number(cut(time, ':')).value_or(-1);
    }
    std::rotate(
        clock.begin(),
        clock.begin() + parts,
        clock.end()
    ); // the last given part is seconds
    const auto day = to_integer(cut(date, '/')).value_or(0);
    const auto month = to_integer(cut(date, '/')).value_or(0);
    const auto year = to_integer(date).value_or(0);
    const bool small = day > 0 && day < 32 && month > 0 && month < 13 && year > 0 && year < 10000 &&
                       clock[0] >= 0 && clock[0] < 24 && clock[1] >= 0 && clock[1] < 60;
    if (!small) {
        return std::nullopt;
    }
    return utc_of(
        static_cast<int>(year),
        static_cast<unsigned>(month),
        static_cast<unsigned>(day),
        static_cast<int>(clock[0]),
        static_cast<int>(clock[1]),
        clock[2]
    );
}

Result<WfdbHeader> read_record_line(std::string_view line) {
    const auto field = words(line);
    WfdbHeader h;
    if (field[0].contains('/')) {
        return fail(
            ErrorCode::unprocessable,
            "WFDB: records of several segments are not supported"
        );
    }
    const auto signals = field.size() < 2 ? std::nullopt : to_integer(field[1]);
    if (!signals || *signals < 1 || *signals > static_cast<std::int64_t>(max_recording_channels)) {
        return bad_file("WFDB: the number of signals is missing or not 1 to 256");
    }
    h.signals.resize(static_cast<std::size_t>(*signals));
    if (field.size() > 2) {
        std::string_view frequency = field[2];
        const auto rate = rate_from_hertz(cut(frequency, '/'));
        if (!rate) {
            return bad_file("WFDB: the sampling frequency is not a positive number");
        }
        h.frame_rate = *rate;
    }
    if (field.size() > 3) {
        const auto frames = to_integer(field[3]);
        if (!frames || *frames < 0) {
            return bad_file("WFDB: the number of samples is not a whole number");
        }
        h.frames = static_cast<std::uint64_t>(*frames);
    }
    if (field.size() > 5) {
        h.start = start_time(field[4], field[5]);
    }
    return h;
}

// "212x2:1+24": format, samples in a frame, skew, byte offset.
Result<void> read_format(std::string_view field, WfdbSignal& s) {
    const std::size_t plus = field.find('+');
    if (plus != std::string_view::npos) {
        const auto prolog = to_integer(field.substr(plus + 1));
        if (!prolog || *prolog < 0) {
            return bad_file("WFDB: the byte offset of a signal file is not a whole number");
        }
        s.prolog = static_cast<std::size_t>(*prolog);
        field = field.substr(0, plus);
    }
    if (const std::size_t colon = field.find(':'); colon != std::string_view::npos) {
        if (to_integer(field.substr(colon + 1)) != 0) {
            return fail(
                ErrorCode::unprocessable,
                "WFDB: signals that are skewed against each other are not supported"
            );
        }
        field = field.substr(0, colon);
    }
    const auto format = to_integer(cut(field, 'x'));
    if (!format || std::ranges::find(formats, *format) == formats.end()) {
        return fail(
            ErrorCode::unprocessable,
            "WFDB: signal formats are 16, 24, 32, 61, 80 and 212; this is another"
        );
    }
    s.format = static_cast<int>(*format);
    const auto per_frame = field.empty() ? 1 : to_integer(field).value_or(0);
    if (per_frame < 1 || per_frame > 10'000) {
        return bad_file("WFDB: the number of samples in a frame is not 1 to 10,000");
    }
    s.per_frame = static_cast<std::size_t>(per_frame);
    return {};
}

// "200(1024)/mV": units of the converter in one physical unit, the value of zero, the unit. 0 or
// nothing: 200 a mV.
Result<void> read_gain(std::string_view field, double adc_zero, RecordingChannel& channel) {
    std::string_view number = field.substr(0, field.find('/'));
    channel.unit = field.contains('/') ? std::string(field.substr(field.find('/') + 1)) : "mV";
    double baseline = adc_zero;
    if (const std::size_t open = number.find('('); open != std::string_view::npos) {
        const auto given = number.ends_with(')')
                               ? to_number(number.substr(open + 1, number.size() - open - 2))
                               : std::nullopt;
        if (!given) {
            return bad_file("WFDB: the baseline of a signal is not a number");
        }
        baseline = *given;
        number = number.substr(0, open);
    }
    const auto gain = number.empty() ? 0.0 : to_number(number);
    if (!gain || *gain < 0 || (*gain != 0 && *gain < 1e-9) || std::fabs(baseline) > 1e10) {
        return bad_file("WFDB: the gain of a signal is not a positive number");
    }
    channel.scale = 1 / (*gain == 0 ? 200 : *gain);
    channel.offset = -baseline * channel.scale;
    return {};
}

Result<WfdbSignal> read_signal_line(std::string_view line, std::size_t number) {
    const auto field = words(line);
    if (field.size() < 2) {
        return bad_file(
            "WFDB: the line of signal " + std::to_string(number) + " has no file and format"
        );
    }
    WfdbSignal s;
    s.file = field[0];
    // a name without a folder: a header may not reach for other files
    if (s.file.find_first_of("/\\") != std::string::npos || s.file == "-" ||
        s.file.starts_with("..")) {
        return bad_file(
            "WFDB: the signal file of signal " + std::to_string(number) +
            " must lie beside the header"
        );
    }
    if (auto read = read_format(field[1], s); !read) {
        return std::unexpected(read.error());
    }
    const auto adc_zero = field.size() > 4 ? to_number(field[4]).value_or(0) : 0;
    if (auto read = read_gain(field.size() > 2 ? field[2] : "", adc_zero, s.channel); !read) {
        return std::unexpected(read.error());
    }
    if (field.size() > 8) {
        s.channel.label = std::string(field[8].data(), line.data() + line.size());
    }
    return s;
}

} // namespace

Result<WfdbHeader> read_wfdb_header(std::string_view text) {
    const auto line = lines(text);
    if (line.empty()) {
        return bad_file("WFDB: the header is empty");
    }
    auto header = read_record_line(line[0]);
    if (!header) {
        return header;
    }
    if (line.size() < 1 + header->signals.size()) {
        return bad_file(
            "WFDB: the header announces " + std::to_string(header->signals.size()) +
            " signals and describes fewer"
        );
    }
    for (std::size_t i = 0; i < header->signals.size(); ++i) {
        auto signal = read_signal_line(line[1 + i], i + 1);
        if (!signal) {
            return std::unexpected(signal.error());
        }
        header->signals[i] = *std::move(signal);
    }
    return header;
}

} // namespace vigil::signal
