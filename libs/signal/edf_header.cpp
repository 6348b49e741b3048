// Reads the headers and annotation lists of EDF files. Used by edf_recording.cpp.
#include "signal/edf_header.hpp"

#include "signal/recording_parts.hpp"

#include <cmath>

namespace vigil::signal {
namespace {

constexpr std::size_t fixed_header = 256;
constexpr std::size_t signal_header = 256;
constexpr double latest_onset_s = 1e9; // 31 years: later onsets are damage

// The signals' part of the header holds one field of all signals, then the next field.
class SignalFields {
public:
    SignalFields(std::string_view bytes, std::size_t count) : bytes_(bytes), count_(count) {}

    std::vector<std::string_view> next(std::size_t width) {
        std::vector<std::string_view> out;
        for (std::size_t i = 0; i < count_; ++i) {
            out.push_back(trimmed(bytes_.substr(position_, width)));
            position_ += width;
        }
        return out;
    }

private:
    std::string_view bytes_;
    std::size_t count_;
    std::size_t position_ = fixed_header;
};

std::optional<UtcTime> start_time(std::string_view date, std::string_view time) {
    const auto part = [](std::string_view text, std::size_t i) {
        return to_integer(text.substr(3 * i, 2)).value_or(-1);
    };
    const auto year = part(date, 2);
    const auto month = part(date, 1);
    const auto day = part(date, 0);
    if (year < 0 || month < 0 || day < 0) {
        return std::nullopt;
    }
    // 85 to 99 are 1985 to 1999 (EDF+, section 2.1.3)
    return utc_of(
        static_cast<int>(year + (year >= 85 ? 1900 : 2000)),
        static_cast<unsigned>(month),
        static_cast<unsigned>(day),
        static_cast<int>(part(time, 0)),
        static_cast<int>(part(time, 1)),
        static_cast<double>(part(time, 2))
    );
}

Result<EdfSignal> read_scale(
    EdfSignal signal,
    std::string_view unit,
    std::string_view physical_low,
    std::string_view physical_high,
    std::string_view digital_low,
    std::string_view digital_high
) {
    const auto p0 = to_number(physical_low);
    const auto p1 = to_number(physical_high);
    const auto d0 = to_integer(digital_low);
    const auto d1 = to_integer(digital_high);
    const auto in_range = [](std::int64_t d) { return d >= -32768 && d <= 32767; };
    if (!p0 || !p1 || !d0 || !d1 || !in_range(*d0) || !in_range(*d1)) {
        return bad_file(
            "EDF: the ranges of signal " + signal.label + " are not numbers, or not of 16 bits"
        );
    }
    if (*d0 >= *d1 || *p0 == *p1) {
        return bad_file("EDF: the range of signal " + signal.label + " is empty");
    }
    signal.channel.unit = unit;
    signal.channel.scale = (*p1 - *p0) / static_cast<double>(*d1 - *d0);
    signal.channel.offset = *p0 - static_cast<double>(*d0) * signal.channel.scale;
    if (!std::isfinite(signal.channel.scale) || !std::isfinite(signal.channel.offset)) {
        return bad_file("EDF: the ranges of signal " + signal.label + " are too large");
    }
    return signal;
}

Result<void> read_signals(EdfHeader& h, std::string_view bytes, std::size_t count) {
    SignalFields fields(bytes, count);
    const auto labels = fields.next(16);
    fields.next(80); // transducers
    const auto units = fields.next(8);
    const auto physical_low = fields.next(8);
    const auto physical_high = fields.next(8);
    const auto digital_low = fields.next(8);
    const auto digital_high = fields.next(8);
    fields.next(80); // prefilters
    const auto samples = fields.next(8);
    for (std::size_t i = 0; i < count; ++i) {
        EdfSignal signal;
        signal.label = labels[i];
        signal.channel.label = labels[i];
        signal.annotations = labels[i] == "EDF Annotations";
        const auto per_record = to_integer(samples[i]);
        // 61,440 bytes is the standard's own limit for a record; files exceed it, so ours is only
        // against overflow
        if (!per_record || *per_record < 1 || *per_record > 1'000'000) {
            return bad_file(
                "EDF: signal " + signal.label + " has no sensible number of samples in a record"
            );
        }
        signal.samples = static_cast<std::size_t>(*per_record);
        signal.byte_offset = h.record_bytes;
        h.record_bytes += 2 * signal.samples;
        if (!signal.annotations) {
            auto scaled = read_scale(
                std::move(signal),
                units[i],
                physical_low[i],
                physical_high[i],
                digital_low[i],
                digital_high[i]
            );
            if (!scaled) {
                return std::unexpected(scaled.error());
            }
            signal = *std::move(scaled);
        }
        h.signals.push_back(std::move(signal));
    }
    return {};
}

Result<void> count_records(EdfHeader& h, std::string_view bytes, std::string_view field) {
    const auto records = to_integer(field);
    if (!records || *records < -1 || *records == 0) {
        return bad_file("EDF: the number of records is missing or zero");
    }
    const std::size_t present = (bytes.size() - h.header_bytes) / h.record_bytes;
    h.records = *records == -1 ? present
                               : static_cast<std::size_t>(*records); // -1: written while recording
    if (h.records == 0 || h.records > present) {
        return bad_file(
            "EDF: the file is cut short: it holds " + std::to_string(present) + " of " +
            std::to_string(h.records) + " records"
        );
    }
    if (h.header_bytes + h.records * h.record_bytes != bytes.size()) {
        h.notes.emplace_back("the file is longer than its header says; the rest was not read");
    }
    return {};
}

// Whether a word stands in a text, in any case; what is no letter separates words.
bool has_word(std::string_view text, std::string_view word) {
    std::string run;
    for (const char c : text) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        if (lower >= 'a' && lower <= 'z') {
            run += lower;
        } else if (run == word) {
            return true;
        } else {
            run.clear();
        }
    }
    return run == word;
}

// One time-stamped annotations list: onset [0x15 duration] 0x14 {text 0x14}.
void read_list(std::string_view list, EdfRecordNotes& out) {
    const std::size_t first_end = list.find('\x14');
    if (first_end == std::string_view::npos) {
        return;
    }
    const std::string_view stamp = list.substr(0, first_end);
    const std::size_t split = stamp.find('\x15');
    const auto onset = to_number(stamp.substr(0, split));
    const auto duration =
        split == std::string_view::npos ? 0.0 : to_number(stamp.substr(split + 1)).value_or(0);
    if (!onset || std::fabs(*onset) > latest_onset_s) {
        return;
    }
    std::string_view rest = list.substr(first_end + 1);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\x14');
        const std::string_view text = rest.substr(0, end);
        if (!text.empty()) {
            out.annotations.push_back({*onset, duration, std::string(text)});
        } else if (!out.onset_s) {
            out.onset_s = *onset; // the first list of a record has an empty text and keeps its time
        }
        if (end == std::string_view::npos) {
            break;
        }
        rest.remove_prefix(end + 1);
    }
}

} // namespace

Result<EdfHeader> read_edf_header(std::string_view bytes) {
    if (bytes.size() < fixed_header || trimmed(bytes.substr(0, 8)) != "0") {
        return bad_file("EDF: the file does not begin with an EDF header");
    }
    EdfHeader h;
    const auto count = to_integer(bytes.substr(252, 4));
    if (!count || *count < 1 || *count > 2 * static_cast<std::int64_t>(max_recording_channels)) {
        return bad_file("EDF: the number of signals is missing or not 1 to 512");
    }
    h.header_bytes = fixed_header + static_cast<std::size_t>(*count) * signal_header;
    if (to_integer(bytes.substr(184, 8)) != static_cast<std::int64_t>(h.header_bytes) ||
        bytes.size() < h.header_bytes) {
        return bad_file(
            "EDF: the header's length does not match its number of signals, or the file ends in it"
        );
    }
    h.duration = bytes.substr(244, 8);
    h.plus = bytes.substr(192, 4) == "EDF+";
    h.discontinuous = bytes.substr(192, 5) == "EDF+D";
    h.synthetic =
        has_word(bytes.substr(8, 80), "synthetic") || has_word(bytes.substr(88, 80), "synthetic");
    h.start = start_time(bytes.substr(168, 8), bytes.substr(176, 8));
    if (auto read = read_signals(h, bytes, static_cast<std::size_t>(*count)); !read) {
        return std::unexpected(read.error());
    }
    if (auto read = count_records(h, bytes, bytes.substr(236, 8)); !read) {
        return std::unexpected(read.error());
    }
    return h;
}

EdfRecordNotes read_edf_notes(const EdfHeader& h, std::string_view bytes, std::size_t record) {
    EdfRecordNotes out;
    for (const EdfSignal& signal : h.signals) {
        if (!signal.annotations) {
            continue;
        }
        std::string_view lists = bytes.substr(
            h.header_bytes + record * h.record_bytes + signal.byte_offset,
            2 * signal.samples
        );
        while (!lists.empty()) {
            const std::size_t end = lists.find('\0');
            read_list(lists.substr(0, end), out);
            lists.remove_prefix(end == std::string_view::npos ? lists.size() : end + 1);
        }
    }
    return out;
}

} // namespace vigil::signal
