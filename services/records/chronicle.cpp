#include "records/chronicle.hpp"

#include "base/random.hpp"
#include "vigil/v1/mark.pb.h"

#include <format>

namespace vigil::records {

namespace {

using Kind = store::ChronicleRow::Kind;

store::ChronicleRow row_of(const v1::Alarm& alarm) {
    return {
        .kind = Kind::alarm,
        .id = alarm.id(),
        .patient = alarm.patient(),
        .at_us = alarm.raised_us(),
        .revision = alarm.revision(),
        .body = alarm.SerializeAsString(),
    };
}

store::ChronicleRow row_of(const v1::AlarmNotice& notice) {
    return {
        .kind = Kind::past_event,
        .id = notice.id(),
        .patient = notice.patient(),
        .at_us = notice.onset_us(),
        .revision = 1,
        .body = notice.SerializeAsString(),
    };
}

/// A change of a heart has no id: there is one of its kind at a time.
store::ChronicleRow row_of(const v1::HeartChange& change) {
    const auto source = change.patient() + '\0' + change.device() + '\0' + change.stream();
    const auto what = std::format(
        "heart/{}/{}/{}",
        static_cast<int>(change.state()),
        static_cast<int>(change.kind()),
        change.at_us()
    );
    return {
        .kind = Kind::heart,
        .id = derived_id(source, what),
        .patient = change.patient(),
        .at_us = change.at_us(),
        .revision = 1,
        .body = change.SerializeAsString(),
    };
}

} // namespace

std::vector<store::ChronicleRow> chronicle_of(const v1::Step& step) {
    std::vector<store::ChronicleRow> rows;
    for (const auto& output : step.alarms()) {
        if (output.has_alarm()) {
            rows.push_back(row_of(output.alarm()));
        } else if (output.notice().kind() == v1::AlarmNotice::LISTED) {
            rows.push_back(row_of(output.notice()));
        }
    }
    for (const auto& change : step.heart()) {
        if (change.settled()) {
            rows.push_back(row_of(change));
        }
    }
    return rows;
}

std::optional<store::ChronicleRow> mark_row(const v1::Entry& entry) {
    v1::Mark mark;
    if (!mark.ParseFromString(entry.payload())) {
        return std::nullopt;
    }
    return store::ChronicleRow{
        .kind = Kind::mark,
        .id = entry.id(),
        .patient = entry.patient(),
        .at_us = mark.from_us() != 0 ? mark.from_us() : mark.time_us(),
        .revision = 1,
        .body = entry.payload(),
    };
}

} // namespace vigil::records
