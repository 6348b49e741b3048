#include "ward/mark_requests.hpp"

#include "base/strict_json.hpp"
#include "ward/read_id.hpp"

#include <algorithm>
#include <cctype>
#include <format>

namespace vigil::ward {

namespace {

std::unexpected<Error> wrong(std::string detail, std::string field) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

/// A word of the API as protobuf names it.
std::string upper(std::string word) {
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::toupper(c); });
    return word;
}

bool is_focal(v1::Mark::SeizureType type) {
    return type >= v1::Mark::FOCAL && type < v1::Mark::GENERALIZED;
}

/// A word of an enumeration; what was not said stays unspecified.
template <class Enum>
Result<Enum>
one_of(const json::FlatObject& asked, const char* name, bool (*parse)(const std::string&, Enum*)) {
    const auto text = asked.text_or(name, {});
    if (!text) {
        return std::unexpected(text.error());
    }
    auto value = static_cast<Enum>(0);
    if (!text->empty() && (!parse(upper(*text), &value) || value == static_cast<Enum>(0))) {
        return wrong(std::format("\"{}\" has no such value; the API lists them.", name), name);
    }
    return value;
}

Result<void> read_words(const json::FlatObject& asked, v1::Mark& mark) {
    const auto kind = one_of<v1::Mark::Kind>(asked, "kind", [](const auto& text, auto* out) {
        return v1::Mark::Kind_Parse(text, out);
    });
    const auto type = one_of<v1::Mark::SeizureType>(asked, "type", [](const auto& text, auto* out) {
        return v1::Mark::SeizureType_Parse(text, out);
    });
    const auto awareness =
        one_of<v1::Mark::Awareness>(asked, "awareness", [](const auto& text, auto* out) {
            return v1::Mark::Awareness_Parse(text, out);
        });
    const auto verdict =
        one_of<v1::Mark::Verdict>(asked, "verdict", [](const auto& text, auto* out) {
            return v1::Mark::Verdict_Parse(text, out);
        });
    if (!kind || !type || !awareness || !verdict) {
        return std::unexpected(
            !kind        ? kind.error()
            : !type      ? type.error()
            : !awareness ? awareness.error()
                         : verdict.error()
        );
    }
    mark.set_kind(*kind);
    mark.set_type(*type);
    mark.set_awareness(*awareness);
    mark.set_verdict(*verdict);
    return {};
}

Result<void> read_rest(const json::FlatObject& asked, v1::Mark& mark) {
    auto event = read_id(asked, "event");
    auto withdraws = read_id(asked, "withdraws");
    auto text = asked.text_or("text", {});
    const auto from_us = asked.number_or("from_us", 0);
    const auto until_us = asked.number_or("until_us", 0);
    for (const auto* id : {&event, &withdraws, &text}) {
        if (!*id) {
            return std::unexpected(id->error());
        }
    }
    if (!from_us || !until_us) {
        return std::unexpected(!from_us ? from_us.error() : until_us.error());
    }
    if (text->size() > longest_mark_text) {
        return wrong(std::format("A text has at most {} bytes.", longest_mark_text), "text");
    }
    mark.set_event(*std::move(event));
    mark.set_withdraws(*std::move(withdraws));
    mark.set_text(*std::move(text));
    mark.set_from_us(*from_us);
    mark.set_until_us(*until_us);
    return {};
}

Result<void> check_annotation(const v1::Mark& mark, std::int64_t now_us) {
    if (mark.from_us() <= 0 || mark.from_us() > now_us + latest_mark_us) {
        return wrong("A moment that has been is needed.", "from_us");
    }
    if (mark.until_us() != 0 &&
        (mark.until_us() < mark.from_us() || mark.until_us() > mark.from_us() + longest_mark_us ||
         mark.until_us() > now_us + latest_mark_us)) {
        return wrong("The end lies after the beginning, by a day at most.", "until_us");
    }
    if (mark.awareness() != v1::Mark::AWARENESS_UNSPECIFIED && !is_focal(mark.type())) {
        return wrong("Awareness is said of focal seizures.", "awareness");
    }
    if (mark.text().empty() && mark.type() == v1::Mark::SEIZURE_TYPE_UNSPECIFIED) {
        return wrong("A type or a text is needed.", "text");
    }
    return {};
}

/// What a kind does not need must not be there: it would look as if it counted.
Result<void> check(const v1::Mark& mark, bool is_confirmed, std::int64_t now_us) {
    const bool is_annotation = mark.kind() == v1::Mark::ANNOTATION;
    const bool is_verdict = mark.kind() == v1::Mark::VERDICT;
    const bool is_withdrawn = mark.kind() == v1::Mark::WITHDRAWN;
    if (!is_annotation && (mark.from_us() != 0 || mark.until_us() != 0)) {
        return wrong("Only an annotation has a time of its own.", "from_us");
    }
    if (!is_annotation && (mark.type() != v1::Mark::SEIZURE_TYPE_UNSPECIFIED ||
                           mark.awareness() != v1::Mark::AWARENESS_UNSPECIFIED)) {
        return wrong("Only an annotation has a type.", "type");
    }
    if (is_verdict != !mark.event().empty()) {
        return wrong("A verdict, and nothing else, is of an event.", "event");
    }
    if (is_verdict != (mark.verdict() != v1::Mark::VERDICT_UNSPECIFIED)) {
        return wrong("A verdict is seizure, no_seizure or unsure.", "verdict");
    }
    if (is_withdrawn != !mark.withdraws().empty()) {
        return wrong("What is taken back is needed, and only there.", "withdraws");
    }
    switch (mark.kind()) {
        case v1::Mark::ANNOTATION:
            return check_annotation(mark, now_us);
        case v1::Mark::MANUAL_ALARM:
            if (!is_confirmed) {
                return wrong("A manual alarm calls people: say it twice.", "confirm");
            }
            return {};
        case v1::Mark::VERDICT:
        case v1::Mark::ALL_CLEAR:
        case v1::Mark::WITHDRAWN:
            return {};
        default:
            return wrong(
                "\"kind\" is annotation, verdict, manual_alarm, all_clear or withdrawn.",
                "kind"
            );
    }
}

} // namespace

Result<v1::Mark> read_mark(std::string body, std::int64_t now_us) {
    const auto asked = json::FlatObject::read(std::move(body), mark_members);
    if (!asked) {
        return std::unexpected(asked.error());
    }
    const auto is_confirmed = asked->flag_or("confirm", false);
    if (!is_confirmed) {
        return std::unexpected(is_confirmed.error());
    }
    v1::Mark mark;
    return read_words(*asked, mark)
        .and_then([&] { return read_rest(*asked, mark); })
        .and_then([&] { return check(mark, *is_confirmed, now_us); })
        .transform([&] { return mark; });
}

} // namespace vigil::ward
