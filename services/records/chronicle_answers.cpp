#include "records/chronicle_answers.hpp"

#include "alarm/conditions.hpp"
#include "base/json_text.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "vigil/v1/alarm.pb.h"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/mark.pb.h"

#include <algorithm>
#include <cctype>

namespace vigil::records {

namespace {

constexpr std::size_t id_bytes = 16;

/// A protobuf name as the API writes words.
std::string word(std::string name) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

void time_member(JsonText& json, std::string_view name, std::int64_t us) {
    json.key(name);
    if (us == 0) {
        json.null();
    } else {
        json.value(to_rfc3339(from_us(us)));
    }
}

/// As docs/alarms.md names it.
std::string_view name_of(v1::Alarm::Condition condition) {
    const auto* const row = alarm::row_of(condition);
    return row == nullptr ? "unknown" : row->name;
}

/// An event's or a mark's id as hexadecimal digits, else a source's own name.
void source_members(JsonText& json, v1::Alarm::Condition condition, const std::string& source) {
    const auto* const row = alarm::row_of(condition);
    const bool is_id = row != nullptr && source.size() >= id_bytes &&
                       (row->group == alarm::Group::seizure || row->group == alarm::Group::manual ||
                        row->group == alarm::Group::button);
    if (!is_id) {
        json.member("source", source);
        return;
    }
    const bool is_event = row->group == alarm::Group::seizure;
    json.member(is_event ? "event" : "mark", to_hex(source.substr(0, id_bytes)));
    if (is_event) {
        json.member("prolonged", source.size() > id_bytes);
    }
}

void alarm_object(JsonText& json, const v1::Alarm& alarm) {
    json.open_object().member("id", to_hex(alarm.id())).member("revision", alarm.revision());
    json.member("state", word(v1::Alarm::State_Name(alarm.state())));
    json.member("priority", word(v1::Alarm::Priority_Name(alarm.priority())));
    json.member("condition", name_of(alarm.condition())).member("device", alarm.device());
    time_member(json, "raised", alarm.raised_us());
    time_member(json, "changed", alarm.at_us());
    time_member(json, "onset", alarm.onset_us());
    json.member("unanswered", alarm.unanswered());
    if (!alarm.acknowledged_by().empty()) {
        json.member("acknowledged_by", alarm.acknowledged_by());
        time_member(json, "acknowledged", alarm.acknowledged_us());
    }
    json.key("causes").open_array();
    for (const auto& cause : alarm.causes()) {
        json.open_object().member("condition", name_of(cause.condition()));
        source_members(json, cause.condition(), cause.source());
        json.member("value", cause.value()).member("limit", cause.limit()).close_object();
    }
    json.close_array().close_object();
}

void past_event_object(JsonText& json, const v1::AlarmNotice& notice) {
    const auto condition =
        notice.conditions().empty() ? v1::Alarm::CONDITION_UNSPECIFIED : notice.conditions(0);
    json.open_object()
        .member("id", to_hex(notice.id()))
        .member("condition", name_of(static_cast<v1::Alarm::Condition>(condition)));
    source_members(json, static_cast<v1::Alarm::Condition>(condition), notice.source());
    time_member(json, "onset", notice.onset_us());
    time_member(json, "known", notice.at_us());
    json.member("reason", notice.reason()).close_object();
}

void heart_object(JsonText& json, const v1::HeartChange& change) {
    json.open_object().member("state", word(v1::HeartChange::State_Name(change.state())));
    json.member("kind", word(v1::HeartChange::Kind_Name(change.kind())));
    time_member(json, "time", change.at_us());
    json.member("device", change.device()).member("stream", change.stream());
    json.member("value", change.value()).member("limit", change.limit()).close_object();
}

void mark_object(JsonText& json, const std::string& id, const v1::Mark& mark) {
    json.open_object().member("id", to_hex(id));
    json.member("kind", word(v1::Mark::Kind_Name(mark.kind()))).member("by", mark.user());
    time_member(json, "said", mark.time_us());
    time_member(json, "from", mark.from_us());
    time_member(json, "until", mark.until_us());
    if (mark.type() != v1::Mark::SEIZURE_TYPE_UNSPECIFIED) {
        json.member("type", word(v1::Mark::SeizureType_Name(mark.type())));
    }
    if (mark.awareness() != v1::Mark::AWARENESS_UNSPECIFIED) {
        json.member("awareness", word(v1::Mark::Awareness_Name(mark.awareness())));
    }
    if (!mark.event().empty()) {
        json.member("event", to_hex(mark.event()));
    }
    if (mark.verdict() != v1::Mark::VERDICT_UNSPECIFIED) {
        json.member("verdict", word(v1::Mark::Verdict_Name(mark.verdict())));
    }
    if (!mark.withdraws().empty()) {
        json.member("withdraws", to_hex(mark.withdraws()));
    }
    json.member("device", mark.device()).member("text", mark.text()).close_object();
}

template <class Message, class Object>
http::Response answer(
    const std::string& patient,
    std::string_view name,
    const ChroniclePage& page,
    Object object
) {
    JsonText json;
    json.open_object().member("patient", patient).key(name).open_array();
    for (const auto& row : page.rows) {
        Message message;
        if (message.ParseFromString(row.body)) {
            object(json, row, message);
        }
    }
    json.close_array();
    if (page.next_us) {
        json.member("cursor", std::to_string(*page.next_us));
    }
    json.close_object();
    return http::Response::json(std::move(json).text());
}

void interval_member(
    JsonText& json,
    std::string_view name,
    const std::optional<evaluate::Estimate>& estimate
) {
    json.key(name);
    if (!estimate) {
        json.null();
        return;
    }
    json.open_object().member("estimate", estimate->value);
    json.member("low", estimate->interval.low).member("high", estimate->interval.high);
    json.close_object();
}

} // namespace

http::Response alarms_answer(const std::string& patient, const ChroniclePage& page) {
    return answer<v1::Alarm>(patient, "alarms", page, [](auto& json, const auto&, const auto& one) {
        alarm_object(json, one);
    });
}

http::Response past_events_answer(const std::string& patient, const ChroniclePage& page) {
    return answer<v1::AlarmNotice>(
        patient,
        "past_events",
        page,
        [](auto& json, const auto&, const auto& one) { past_event_object(json, one); }
    );
}

http::Response heart_answer(const std::string& patient, const ChroniclePage& page) {
    return answer<v1::HeartChange>(
        patient,
        "changes",
        page,
        [](auto& json, const auto&, const auto& one) { heart_object(json, one); }
    );
}

http::Response marks_answer(const std::string& patient, const ChroniclePage& page) {
    return answer<v1::Mark>(
        patient,
        "marks",
        page,
        [](auto& json, const auto& row, const auto& one) { mark_object(json, row.id, one); }
    );
}

http::Response figures_answer(
    const std::string& patient,
    store::TimeRange time,
    const evaluate::WardFigures& figures
) {
    JsonText json;
    json.open_object().member("patient", patient);
    time_member(json, "from", time.from_us);
    time_member(json, "until", time.until_us);
    json.member("recorded_hours", figures.recorded_hours);
    json.key("events").open_object().member("true", figures.true_events);
    json.member("false", figures.false_events).member("unsure", figures.unsure_events);
    json.member("unmarked", figures.unmarked_events).close_object();
    json.member("seizures", figures.seizures).member("detected", figures.detected);
    interval_member(json, "false_alarms_per_24_h", figures.false_alarms_per_24_h);
    interval_member(json, "sensitivity", figures.sensitivity);
    json.key("alarms_per_day").open_array();
    for (const auto& [day, count] : figures.alarms_per_day) {
        json.open_object().member("day", to_rfc3339(from_us(day)).substr(0, 10));
        json.member("high", count.high).member("medium", count.medium).member("low", count.low);
        json.close_object();
    }
    json.close_array().close_object();
    return http::Response::json(std::move(json).text());
}

} // namespace vigil::records
