#include "evaluate/hed_score.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <format>
#include <ranges>

namespace vigil::evaluate {

namespace {

constexpr std::string_view not_available = "n/a";

std::string_view trimmed(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\r' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (const auto part : std::views::split(text, separator)) {
        parts.push_back(trimmed(std::string_view(part)));
    }
    return parts;
}

std::optional<double> to_number(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

/// A time in seconds within a year from the start.
std::optional<double> to_seconds(std::string_view text) {
    const auto value = to_number(text);
    return value && *value >= 0 && *value <= longest_recording_s ? value : std::nullopt;
}

std::unexpected<Error> wrong(std::size_t line, std::string_view what) {
    return fail(ErrorCode::invalid_argument, std::format("line {}: {}", line, what));
}

/// Where each column stands; npos: it is not there.
struct Columns {
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
    std::size_t onset = npos;
    std::size_t duration = npos;
    std::size_t type = npos;
    std::size_t confidence = npos;
    std::size_t channels = npos;
    std::size_t recording_duration = npos;
};

Result<Columns> columns_of(std::string_view line) {
    const auto names = split(line, '\t');
    const auto place = [&names](std::string_view name) {
        const auto at = std::ranges::find(names, name);
        return at == names.end() ? Columns::npos : static_cast<std::size_t>(at - names.begin());
    };
    Columns columns{
        .onset = place("onset"),
        .duration = place("duration"),
        .type = place("eventType"),
        .confidence = place("confidence"),
        .channels = place("channels"),
        .recording_duration = place("recordingDuration"),
    };
    if (columns.type == Columns::npos) {
        columns.type = place("trial_type");
    }
    if (columns.onset == Columns::npos || columns.duration == Columns::npos ||
        columns.type == Columns::npos) {
        return wrong(1, "the columns onset, duration and eventType must be named, tab separated");
    }
    return columns;
}

/// One line's mark, and the recording's length where the line says it.
Result<void> read_line(
    const std::vector<std::string_view>& cells,
    const Columns& columns,
    std::size_t number,
    EventFile& file
) {
    const auto cell = [&cells](std::size_t column) {
        return column < cells.size() && cells[column] != not_available ? cells[column]
                                                                       : std::string_view{};
    };
    Mark mark{.type = std::string(cell(columns.type))};
    const auto onset = to_seconds(cell(columns.onset));
    const auto duration = to_seconds(cell(columns.duration));
    if (mark.type.starts_with("sz") && (!onset || !duration)) {
        return wrong(number, "a seizure needs an onset and a duration in seconds, 0 to a year");
    }
    mark.onset_s = onset.value_or(0);
    mark.duration_s = duration.value_or(0);
    if (const auto text = cell(columns.confidence); !text.empty()) {
        mark.confidence = to_number(text);
        if (!mark.confidence || *mark.confidence < 0 || *mark.confidence > 1) {
            return wrong(number, "a confidence lies between 0 and 1, or is n/a");
        }
    }
    if (const auto text = cell(columns.channels); !text.empty()) {
        for (const auto name : split(text, ',')) {
            mark.channels.emplace_back(name);
        }
    }
    if (const auto text = cell(columns.recording_duration); !text.empty()) {
        const auto length = to_seconds(text);
        if (!length || *length == 0) {
            return wrong(number, "recordingDuration must be seconds, above 0 and up to a year");
        }
        if (file.recording_duration_s && file.recording_duration_s != length) {
            return wrong(number, "recordingDuration differs from an earlier line's");
        }
        file.recording_duration_s = length;
    }
    file.marks.push_back(std::move(mark));
    return {};
}

/// What follows `key` in "Seizure Start Time: 2996 seconds" or "Seizure 2 Start Time: ...".
std::optional<std::string_view> seizure_time(std::string_view line, std::string_view key) {
    const auto colon = line.find(':');
    if (!line.starts_with("Seizure") || colon == std::string_view::npos ||
        !trimmed(line.substr(0, colon)).ends_with(key)) {
        return std::nullopt;
    }
    auto value = trimmed(line.substr(colon + 1));
    constexpr std::string_view unit = "seconds";
    if (value.ends_with(unit)) {
        value.remove_suffix(unit.size());
    }
    return trimmed(value);
}

using Listed = std::map<std::string, std::vector<Event>, std::less<>>;

/// The file that a summary is at.
struct Summary {
    std::string file;
    std::vector<Event> seizures;
    std::optional<double> onset_s;
    std::optional<double> announced;
    Listed listed;

    /// Ends the file's part.
    Result<void> close(std::size_t line) {
        if (file.empty()) {
            return {};
        }
        if (onset_s || announced != static_cast<double>(seizures.size())) {
            return wrong(
                line,
                std::format("{} has {} seizures, not as announced", file, seizures.size())
            );
        }
        const auto [at, first] = listed.emplace(file, seizures);
        if (!first && at->second != seizures) {
            return wrong(line, std::format("{} is listed twice with other seizures", file));
        }
        file.clear();
        seizures.clear();
        announced.reset();
        return {};
    }

    Result<void> read(std::string_view line, std::size_t number) {
        constexpr std::string_view name = "File Name:";
        constexpr std::string_view count = "Number of Seizures in File:";
        if (line.starts_with(name)) {
            if (auto closed = close(number); !closed) {
                return closed;
            }
            file = trimmed(line.substr(name.size()));
        } else if (line.starts_with(count)) {
            announced = to_number(trimmed(line.substr(count.size())));
        } else if (const auto onset = seizure_time(line, "Start Time")) {
            if (file.empty() || onset_s || !(onset_s = to_seconds(*onset))) {
                return wrong(number, "this is no start of a seizure in seconds within a file");
            }
        } else if (const auto end = seizure_time(line, "End Time")) {
            const auto end_s = to_seconds(*end);
            if (!onset_s || !end_s || *end_s <= *onset_s) {
                return wrong(number, "a seizure's end in seconds must follow its start");
            }
            seizures.push_back({.onset_s = *onset_s, .end_s = *end_s});
            onset_s.reset();
        }
        return {};
    }
};

} // namespace

Result<EventFile> read_hed_score(std::string_view table) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (table.starts_with(byte_order_mark)) {
        table.remove_prefix(byte_order_mark.size());
    }
    EventFile file;
    std::optional<Columns> columns;
    std::size_t number = 0;
    for (const auto part : std::views::split(table, '\n')) {
        const std::string_view line(part);
        ++number;
        if (!columns) {
            auto found = columns_of(line);
            if (!found) {
                return std::unexpected(found.error());
            }
            columns = *found;
        } else if (!trimmed(line).empty()) {
            if (file.marks.size() == most_marks) {
                return fail(
                    ErrorCode::too_large,
                    std::format("there are more than {} events", most_marks)
                );
            }
            if (auto read = read_line(split(line, '\t'), *columns, number, file); !read) {
                return std::unexpected(read.error());
            }
        }
    }
    if (!columns) {
        return wrong(1, "the file is empty");
    }
    return file;
}

std::vector<Event> seizures_of(const EventFile& file) {
    std::vector<Event> events;
    for (const auto& mark : file.marks) {
        if (mark.type.starts_with("sz")) {
            events.push_back({.onset_s = mark.onset_s, .end_s = mark.onset_s + mark.duration_s});
        }
    }
    return events;
}

std::string
hed_score_text(std::span<const Mark> marks, double duration_s, std::optional<UtcTime> start) {
    using namespace std::chrono;
    const auto time = std::format(
        "{:%F %T}",
        floor<seconds>(start.value_or(UtcTime{sys_days{2000y / January / 1}}))
    );
    std::string text =
        "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n";
    const std::vector<Mark> background{{.duration_s = duration_s, .type = "bckg"}};
    for (const auto& mark : marks.empty() ? std::span(background) : marks) {
        std::string channels;
        for (const auto& channel : mark.channels) {
            channels += channels.empty() ? "" : ",";
            // a label may hold what separates columns and channels
            std::ranges::replace_copy_if(
                channel,
                std::back_inserter(channels),
                [](char c) { return c == ',' || c == '\t' || c == '\n'; },
                ' '
            );
        }
        text += std::format(
            "{:.2f}\t{:.2f}\t{}\t{}\t{}\t{}\t{:.2f}\n",
            mark.onset_s,
            mark.duration_s,
            mark.type,
            mark.confidence ? std::format("{:.2f}", *mark.confidence) : not_available,
            channels.empty() ? std::string(not_available) : channels,
            time,
            duration_s
        );
    }
    return text;
}

Result<Listed> read_chb_summary(std::string_view text) {
    Summary summary;
    std::size_t number = 0;
    for (const auto part : std::views::split(text, '\n')) {
        if (auto read = summary.read(trimmed(std::string_view(part)), ++number); !read) {
            return std::unexpected(read.error());
        }
    }
    if (auto closed = summary.close(number); !closed) {
        return std::unexpected(closed.error());
    }
    if (summary.listed.empty()) {
        return fail(ErrorCode::invalid_argument, "no file is listed; lines begin with File Name:");
    }
    return std::move(summary.listed);
}

} // namespace vigil::evaluate
