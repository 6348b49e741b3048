#include "alarm/bounds.hpp"

#include "alarm/conditions.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

namespace vigil::alarm {

namespace {

// source  2 minutes, and what follows a minute without acknowledgement: issue 5 of the project. The
//         rest is Vigil's own. For comparison: Philips V24 reminds of what was acknowledged after 2
//         or 3 min (page 5-5), Mindray's BeneVision N1 after 1 to 10 min (operator's manual, 7-5),
//         also of what is off.
constexpr std::array time_table{
    TimeRow{
        "late_after_s",
        120,
        30,
        600,
        &v1::AlarmSettings::late_after_s,
        &v1::AlarmSettings::set_late_after_s
    },
    TimeRow{
        "unanswered_high_after_s",
        60,
        15,
        300,
        &v1::AlarmSettings::unanswered_high_after_s,
        &v1::AlarmSettings::set_unanswered_high_after_s
    },
    TimeRow{
        "unanswered_medium_after_s",
        180,
        30,
        900,
        &v1::AlarmSettings::unanswered_medium_after_s,
        &v1::AlarmSettings::set_unanswered_medium_after_s
    },
    TimeRow{
        "remind_acknowledged_after_s",
        600,
        60,
        1800,
        &v1::AlarmSettings::remind_acknowledged_after_s,
        &v1::AlarmSettings::set_remind_acknowledged_after_s
    },
    TimeRow{
        "remind_off_after_s",
        600,
        60,
        3600,
        &v1::AlarmSettings::remind_off_after_s,
        &v1::AlarmSettings::set_remind_off_after_s
    },
};

std::unexpected<Error> wrong(std::string detail, std::string_view field) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::string(field));
}

Result<void> check_name(std::string_view text, std::string_view field) {
    if (text.empty() || text.size() > longest_name) {
        return wrong(std::format("1 to {} bytes are needed", longest_name), field);
    }
    return {};
}

Result<void> check_reason(std::string_view text) {
    if (text.size() > longest_reason) {
        return wrong(std::format("a reason has at most {} bytes", longest_reason), "reason");
    }
    return {};
}

// Each comparison is written so that what is not a number is refused.
Result<void> check_limit(Condition condition, double value, std::string_view field) {
    const auto& limit = *row_of(condition)->limit;
    if (!(value >= limit.least && value <= limit.most)) {
        return wrong(
            std::format("a limit lies between {} and {} {}", limit.least, limit.most, limit.unit),
            field
        );
    }
    return {};
}

/// source  libs/signal/heart_rules.hpp, which has to take them
Result<void> check(const v1::HeartLimits& limits) {
    constexpr double least_apart_bpm = 10;
    for (const auto& checked :
         {check_limit(v1::Alarm::TACHYCARDIA, limits.tachycardia_bpm(), "tachycardia_bpm"),
          check_limit(v1::Alarm::BRADYCARDIA, limits.bradycardia_bpm(), "bradycardia_bpm"),
          check_limit(v1::Alarm::PAUSE, limits.pause_s(), "pause_s")}) {
        if (!checked) {
            return checked;
        }
    }
    if (!(limits.tachycardia_bpm() - limits.bradycardia_bpm() >= least_apart_bpm)) {
        return wrong("the limits of the rate are at least 10 a minute apart", "tachycardia_bpm");
    }
    if (!(limits.pause_s() > 60 / limits.bradycardia_bpm())) {
        return wrong("a pause is longer than an interval at the lower limit", "pause_s");
    }
    return {};
}

Result<void> check_sign_offs(const v1::AlarmSettings& settings) {
    if (settings.sign_offs_size() > static_cast<int>(most_sign_offs)) {
        return wrong(std::format("at most {} sign-offs", most_sign_offs), "sign_offs");
    }
    for (const auto& sign_off : settings.sign_offs()) {
        for (const auto* text : {&sign_off.model(), &sign_off.model_version(), &sign_off.user()}) {
            if (auto checked = check_name(*text, "sign_offs"); !checked) {
                return checked;
            }
        }
    }
    return {};
}

/// Ahead of the entry, and by at most so much.
Result<void> check_until(const v1::Act& act, std::int64_t at_us, std::int64_t longest_us) {
    if (!is_time(act.until_us()) || act.until_us() <= at_us ||
        act.until_us() - at_us > longest_us) {
        return wrong(
            std::format("an end at most {} s ahead is needed", longest_us / 1'000'000),
            "until_us"
        );
    }
    return {};
}

Result<void> check_conditions(const v1::Act& act) {
    const auto count = static_cast<std::size_t>(act.conditions_size());
    if (count == 0 || count > conditions().size()) {
        return wrong("conditions are needed", "conditions");
    }
    for (const int condition : act.conditions()) {
        if (row_of(static_cast<Condition>(condition)) == nullptr) {
            return wrong("there is no such condition", "conditions");
        }
    }
    return {};
}

Result<void> check_kind(const v1::Act& act, std::int64_t at_us) {
    constexpr std::size_t id_bytes = 16;
    switch (act.kind()) {
        case v1::Act::ACKNOWLEDGE:
            if (act.alarm().size() != id_bytes) {
                return wrong("an alarm's id has 16 bytes", "alarm");
            }
            if (act.revision() == 0) {
                return wrong("the revision that was seen is needed", "revision");
            }
            return {};
        case v1::Act::AUDIO_PAUSE:
            return check_until(act, at_us, longest_audio_pause_us);
        case v1::Act::AUDIO_RESUME:
            return {};
        case v1::Act::ALARM_OFF:
            if (act.reason().empty()) {
                return wrong("a reason is needed", "reason");
            }
            if (auto checked = check_until(act, at_us, longest_off_us); !checked) {
                return checked;
            }
            return check_conditions(act);
        case v1::Act::ALARM_BACK:
            return check_conditions(act);
        case v1::Act::STREAM_ENDED:
            if (auto checked = check_name(act.device(), "device"); !checked) {
                return checked;
            }
            return check_name(act.stream(), "stream");
        default:
            return wrong("there is no such act", "kind");
    }
}

} // namespace

std::span<const TimeRow> times() {
    return time_table;
}

v1::AlarmSettings default_settings() {
    v1::AlarmSettings settings;
    auto& limits = *settings.mutable_limits();
    limits.set_tachycardia_bpm(row_of(v1::Alarm::TACHYCARDIA)->limit->by_default);
    limits.set_bradycardia_bpm(row_of(v1::Alarm::BRADYCARDIA)->limit->by_default);
    limits.set_pause_s(row_of(v1::Alarm::PAUSE)->limit->by_default);
    for (const auto& row : time_table) {
        (settings.*row.write)(row.by_default_s);
    }
    return settings;
}

Result<void> check(const v1::AlarmSettings& settings) {
    if (settings.role() != v1::StaffUser::CLINICIAN &&
        settings.role() != v1::StaffUser::ADMINISTRATOR) {
        return fail(ErrorCode::forbidden, "only clinicians and administrators set alarms", "role");
    }
    if (auto checked = check_name(settings.user(), "user"); !checked) {
        return checked;
    }
    if (auto checked = check_reason(settings.reason()); !checked) {
        return checked;
    }
    for (const auto& row : time_table) {
        const auto seconds = (settings.*row.read)();
        if (seconds != 0 && (seconds < row.least_s || seconds > row.most_s)) {
            return wrong(std::format("{} to {} s", row.least_s, row.most_s), row.name);
        }
    }
    if (settings.has_limits()) {
        if (auto checked = check(settings.limits()); !checked) {
            return checked;
        }
    }
    return check_sign_offs(settings);
}

Result<void> check(const v1::Act& act, std::int64_t at_us) {
    if (act.role() != v1::StaffUser::CLINICIAN) {
        return fail(ErrorCode::forbidden, "only clinicians act on alarms", "role");
    }
    if (auto checked = check_name(act.user(), "user"); !checked) {
        return checked;
    }
    if (auto checked = check_reason(act.reason()); !checked) {
        return checked;
    }
    return check_kind(act, at_us);
}

v1::AlarmSettings merged(const v1::AlarmSettings& in_force, const v1::AlarmSettings& next) {
    auto settings = next;
    if (!next.has_limits()) {
        *settings.mutable_limits() = in_force.limits();
    }
    for (const auto& row : time_table) {
        if ((next.*row.read)() == 0) {
            (settings.*row.write)((in_force.*row.read)());
        }
    }
    return settings;
}

std::string difference(const v1::AlarmSettings& before, const v1::AlarmSettings& after) {
    std::string text;
    const auto say = [&text](const std::string& what) {
        text += (text.empty() ? "" : "; ") + what;
    };
    const auto compare = [&say](std::string_view name, auto was, auto is, std::string_view unit) {
        if (was != is) {
            say(std::format("{} {} -> {} {}", name, was, is, unit));
        }
    };
    if (before.switched_on() != after.switched_on()) {
        say(after.switched_on() ? "switched on" : "switched off");
    }
    const auto& was = before.limits();
    const auto& is = after.limits();
    compare("tachycardia", was.tachycardia_bpm(), is.tachycardia_bpm(), "/min");
    compare("bradycardia", was.bradycardia_bpm(), is.bradycardia_bpm(), "/min");
    compare("pause", was.pause_s(), is.pause_s(), "s");
    for (const auto& row : time_table) {
        compare(row.name, (before.*row.read)(), (after.*row.read)(), "s");
    }
    const auto only_in = [&say](const auto& here, const auto& there, std::string_view word) {
        for (const auto& sign_off : here.sign_offs()) {
            if (!is_signed_off(there, sign_off.model(), sign_off.model_version())) {
                say(std::format("{} {} {}", sign_off.model(), sign_off.model_version(), word));
            }
        }
    };
    only_in(after, before, "signed off");
    only_in(before, after, "no longer signed off");
    return text;
}

bool is_signed_off(
    const v1::AlarmSettings& settings,
    std::string_view model,
    std::string_view model_version
) {
    return std::ranges::any_of(settings.sign_offs(), [&](const auto& sign_off) {
        return sign_off.model() == model && sign_off.model_version() == model_version;
    });
}

} // namespace vigil::alarm
