#include "records/edf_notes.hpp"

#include "base/time.hpp"
#include "vigil/v1/detection.pb.h"

#include <algorithm>
#include <cctype>
#include <format>
#include <iterator>
#include <optional>
#include <string>

namespace vigil::records {

namespace {

/// Where something lies in the record.
struct Span {
    std::int64_t from_us = 0;
    std::int64_t until_us = 0;

    [[nodiscard]] bool touches(store::TimeRange time) const {
        return from_us < time.until_us && (until_us > time.from_us || from_us >= time.from_us);
    }
};

signal::EdfNote note_at(Span span, std::int64_t start_us, std::string text) {
    return {
        .onset_s = static_cast<double>(span.from_us - start_us) / 1e6,
        .duration_s =
            static_cast<double>(std::max<std::int64_t>(0, span.until_us - span.from_us)) / 1e6,
        .text = std::move(text)
    };
}

bool stands(const v1::Event& event) {
    return !event.shadow() &&
           (event.state() == v1::Event::ONGOING || event.state() == v1::Event::ENDED);
}

/// FOCAL_CLONIC as "focal clonic".
std::string words_of(std::string name) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
        return c == '_' ? ' ' : static_cast<char>(std::tolower(c));
    });
    return name;
}

std::string kind_of(const v1::Mark& mark) {
    switch (mark.kind()) {
        case v1::Mark::ANNOTATION:
            if (mark.type() == v1::Mark::SEIZURE_TYPE_UNSPECIFIED) {
                return "Remark";
            }
            return "Seizure, " + words_of(v1::Mark::SeizureType_Name(mark.type())) +
                   (mark.awareness() == v1::Mark::AWARENESS_UNSPECIFIED
                        ? ""
                        : ", " + words_of(v1::Mark::Awareness_Name(mark.awareness())));
        case v1::Mark::VERDICT:
            return "Verdict on this event: " + words_of(v1::Mark::Verdict_Name(mark.verdict()));
        case v1::Mark::MANUAL_ALARM:
            return "Manual alarm";
        case v1::Mark::ALL_CLEAR:
            return "All clear";
        case v1::Mark::BUTTON:
            return "Event button pressed";
        default:
            return words_of(v1::Mark::Kind_Name(mark.kind()));
    }
}

std::string text_of(const v1::Mark& mark) {
    const auto& by = mark.user().empty() ? mark.device() : mark.user();
    auto text = std::format("{} ({}, {})", kind_of(mark), by, to_rfc3339(from_us(mark.time_us())));
    return mark.text().empty() ? text : text + ": " + mark.text();
}

/// None for a verdict on an event that is not among `events`.
std::optional<Span> span_of(const v1::Mark& mark, std::span<const store::EventRow> events) {
    if (mark.kind() == v1::Mark::VERDICT) {
        const auto found = std::ranges::find_if(events, [&](const store::EventRow& row) {
            return stands(row.event) && row.event.id() == mark.event();
        });
        if (found == events.end()) {
            return std::nullopt;
        }
        return Span{
            .from_us = found->event.span().onset_us(),
            .until_us = found->event.span().end_us()
        };
    }
    const auto from_us = mark.from_us() != 0 ? mark.from_us() : mark.time_us();
    return Span{.from_us = from_us, .until_us = std::max(from_us, mark.until_us())};
}

/// How many bytes of a text fit, without parting a letter of several bytes.
std::size_t fitting(std::string_view text, std::size_t most) {
    if (text.size() <= most) {
        return text.size();
    }
    const auto is_inside = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
    };
    auto end = most;
    while (end > 0 && is_inside(end)) {
        --end;
    }
    return end == 0 ? most : end; // no UTF-8 at all
}

void add_pieces(std::vector<signal::EdfNote>& notes, const signal::EdfNote& note) {
    constexpr std::string_view goes_on = " ...";
    constexpr auto most = signal::max_edf_note_bytes - 2 * goes_on.size();
    std::string_view rest = note.text;
    bool is_first = true;
    do {
        const auto bytes = fitting(rest, most);
        auto piece = note;
        piece.text = (is_first ? "" : "... ") + std::string(rest.substr(0, bytes));
        rest.remove_prefix(bytes);
        if (!rest.empty()) {
            piece.text += goes_on;
        }
        notes.push_back(std::move(piece));
        is_first = false;
    } while (!rest.empty());
}

} // namespace

std::vector<signal::EdfNote>
event_notes(std::span<const store::EventRow> events, std::int64_t start_us, store::TimeRange time) {
    std::vector<signal::EdfNote> notes;
    for (const auto& row : events) {
        const auto& event = row.event;
        const Span span{.from_us = event.span().onset_us(), .until_us = event.span().end_us()};
        if (!stands(event) || !span.touches(time)) {
            continue;
        }
        notes.push_back(note_at(
            span,
            start_us,
            std::format(
                "Detected by {} {}: peak score {:.2f}{}",
                event.model(),
                event.model_version(),
                event.span().peak_q16() / 65536.0,
                event.standing() == v1::Detection::ACTIVE ? "" : ", not validated for this signal"
            )
        ));
    }
    return notes;
}

std::vector<signal::EdfNote> mark_notes(
    std::span<const v1::Mark> marks,
    std::span<const store::EventRow> events,
    std::int64_t start_us,
    store::TimeRange time
) {
    std::vector<signal::EdfNote> notes;
    for (const auto& mark : marks) {
        const auto span = span_of(mark, events);
        if (span && span->touches(time)) {
            add_pieces(notes, note_at(*span, start_us, text_of(mark)));
        }
    }
    return notes;
}

} // namespace vigil::records
