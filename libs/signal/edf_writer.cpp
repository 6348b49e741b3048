#include "signal/edf_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>

namespace vigil::signal {

namespace {

constexpr std::int32_t lowest = -32768;
constexpr std::int32_t highest = 32767;
constexpr std::size_t number_bytes = 8;
constexpr std::size_t stamp_bytes = 48; // onset, duration and separators of one list

/// Left-justified, printable ASCII, exactly `width` bytes.
std::string field(std::string_view text, std::size_t width) {
    std::string out(text.substr(0, width));
    std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
    out.resize(width, ' ');
    return out;
}

/// The most exact text of a number that has eight letters; empty where none has.
std::string number(double value) {
    for (int digits = 7; digits >= 0; --digits) {
        auto text = std::format("{:.{}f}", value, digits);
        if (text.size() <= number_bytes) {
            return text;
        }
    }
    return {};
}

/// A time as lists of annotations have it: microseconds, without zeros at the end.
std::string seconds(double value) {
    auto text = std::format("{:.6f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) {
        text.pop_back();
    }
    return text;
}

std::string list_of(const EdfNote& note) {
    auto text = note.text.substr(0, max_edf_note_bytes);
    std::ranges::replace_if(text, [](char c) { return c >= 0 && c < ' '; }, ' ');
    const auto sign = note.onset_s < 0 ? "" : "+";
    const auto duration = note.duration_s > 0 ? "\x15" + seconds(note.duration_s) : std::string{};
    return sign + seconds(note.onset_s) + duration + "\x14" + text + "\x14" + '\0';
}

/// No name, no sex, no date of birth: a code only.
std::string identities(const EdfPlan& plan) {
    constexpr std::array
        months{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    const auto day = std::chrono::floor<std::chrono::days>(plan.start);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(plan.start - day)};
    const auto d = static_cast<unsigned>(date.day());
    const auto m = static_cast<unsigned>(date.month());
    const auto y = static_cast<int>(date.year());
    auto code = plan.patient.empty() ? std::string("X") : plan.patient;
    std::ranges::replace(code, ' ', '_');
    return field(code + " X X X" + (plan.synthetic ? " SYNTHETIC" : ""), 80) +
           field(
               std::format(
                   "Startdate {:02}-{}-{} X X Vigil{}",
                   d,
                   months[m - 1],
                   y,
                   plan.synthetic ? " SYNTHETIC" : ""
               ),
               80
           ) +
           std::format("{:02}.{:02}.{:02}", d, m, y % 100) +
           std::format(
               "{:02}.{:02}.{:02}",
               time.hours().count(),
               time.minutes().count(),
               time.seconds().count()
           );
}

/// One field of all signals, then the next field; the annotations are the last signal.
Result<std::string> signal_headers(const EdfPlan& plan, std::size_t samples, std::size_t notes) {
    std::array<std::string, 10> columns;
    const auto add = [&](std::array<std::string, 10> texts) {
        constexpr std::array<std::size_t, 10> widths{16, 80, 8, 8, 8, 8, 8, 80, 8, 32};
        for (std::size_t i = 0; i < columns.size(); ++i) {
            columns[i] += field(texts[i], widths[i]);
        }
    };
    for (const auto& channel : plan.channels) {
        const auto low = number(lowest * channel.scale + channel.offset);
        const auto high = number(highest * channel.scale + channel.offset);
        if (low.empty() || high.empty() || low == high) {
            return fail(
                ErrorCode::invalid_argument,
                "the scale of channel " + channel.label + " cannot be written as EDF",
                "channels"
            );
        }
        add(
            {channel.label,
             "",
             channel.unit,
             low,
             high,
             std::to_string(lowest),
             std::to_string(highest),
             "",
             std::to_string(samples),
             ""}
        );
    }
    add(
        {"EDF Annotations",
         "",
         "",
         "-1",
         "1",
         std::to_string(lowest),
         std::to_string(highest),
         "",
         std::to_string(notes / 2),
         ""}
    );
    std::string all;
    for (const auto& column : columns) {
        all += column;
    }
    return all;
}

} // namespace

std::size_t edf_samples_per_record(Rate rate) {
    return static_cast<std::size_t>(std::max(1LL, std::llround(rate.hertz())));
}

double EdfWriter::record_seconds() const {
    return static_cast<double>(samples_) * plan_.rate.denominator / plan_.rate.numerator;
}

std::size_t EdfWriter::file_bytes() const {
    return header_.size() + plan_.records * (2 * samples_ * plan_.channels.size() + note_bytes_);
}

Result<EdfWriter> EdfWriter::open(EdfPlan plan) {
    const auto wrong = [](std::string detail, std::string name) {
        return fail(ErrorCode::invalid_argument, std::move(detail), std::move(name));
    };
    if (plan.channels.empty() || plan.channels.size() > max_recording_channels) {
        return wrong("1 to 256 channels", "channels");
    }
    if (plan.records == 0 || plan.rate.numerator == 0 || plan.rate.denominator == 0) {
        return wrong("there is nothing to write", "records");
    }
    EdfWriter writer(std::move(plan));
    const auto& made = writer.plan_;
    writer.samples_ = edf_samples_per_record(made.rate);
    const auto each = (made.notes.size() + made.records - 1) / made.records;
    std::size_t longest = 0;
    for (const auto& note : made.notes) {
        longest = std::max(longest, list_of(note).size());
    }
    writer.note_bytes_ = (stamp_bytes + each * longest + 1) / 2 * 2;
    auto signals = signal_headers(made, writer.samples_, writer.note_bytes_);
    if (!signals) {
        return std::unexpected(std::move(signals.error()));
    }
    const auto count = made.channels.size() + 1;
    writer.header_ =
        field("0", 8) + identities(made) + field(std::to_string(256 * (count + 1)), 8) +
        field(made.discontinuous ? "EDF+D" : "EDF+C", 44) + field(std::to_string(made.records), 8) +
        field(number(writer.record_seconds()), 8) + field(std::to_string(count), 4) + *signals;
    return writer;
}

std::string EdfWriter::notes_of(std::size_t record, double onset_s) const {
    auto lists = list_of({.onset_s = onset_s, .duration_s = 0, .text = {}});
    const auto each = (plan_.notes.size() + plan_.records - 1) / plan_.records;
    for (auto note = record * each; note < std::min((record + 1) * each, plan_.notes.size());
         ++note) {
        lists += list_of(plan_.notes[note]);
    }
    lists.resize(note_bytes_, '\0');
    return lists;
}

Result<std::string> EdfWriter::record(double onset_s, std::span<const std::int32_t> values) {
    if (values.size() != samples_ * plan_.channels.size()) {
        return fail(ErrorCode::invalid_argument, "a record has another number of samples");
    }
    if (written_ == plan_.records) {
        return fail(ErrorCode::invalid_argument, "the file has all its records");
    }
    std::string bytes;
    bytes.reserve(2 * values.size() + note_bytes_);
    for (const auto value : values) {
        if (value < lowest || value > highest) {
            return fail(ErrorCode::invalid_argument, "a sample does not fit in 16 bits");
        }
        bytes += static_cast<char>(value & 0xff);
        bytes += static_cast<char>((value >> 8) & 0xff);
    }
    return bytes + notes_of(written_++, onset_s);
}

} // namespace vigil::signal
