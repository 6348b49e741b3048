#include "ward/alarm_requests.hpp"

#include "alarm/bounds.hpp"
#include "alarm/conditions.hpp"
#include "base/strict_json.hpp"
#include "ward/read_id.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <limits>
#include <utility>

namespace vigil::ward {

namespace {

/// A whole number that fits; `otherwise` where it is not there.
Result<std::uint32_t>
number(const json::FlatObject& asked, const std::string& name, std::uint32_t otherwise) {
    const auto read = asked.number_or(name, otherwise);
    if (!read) {
        return std::unexpected(read.error());
    }
    if (*read < 0 || *read > std::numeric_limits<std::int32_t>::max()) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("\"{}\" is a whole number from 0 on.", name),
            name
        );
    }
    return static_cast<std::uint32_t>(*read);
}

Result<void> read_limits(const json::FlatObject& asked, v1::HeartLimits& limits) {
    const auto low = number(
        asked,
        "bradycardia_bpm",
        static_cast<std::uint32_t>(std::lround(limits.bradycardia_bpm()))
    );
    const auto high = number(
        asked,
        "tachycardia_bpm",
        static_cast<std::uint32_t>(std::lround(limits.tachycardia_bpm()))
    );
    const auto pause = number(
        asked,
        "pause_ms",
        static_cast<std::uint32_t>(std::lround(limits.pause_s() * ms_per_s))
    );
    for (const auto* read : {&low, &high, &pause}) {
        if (!*read) {
            return std::unexpected(read->error());
        }
    }
    limits.set_bradycardia_bpm(*low);
    limits.set_tachycardia_bpm(*high);
    limits.set_pause_s(*pause / ms_per_s);
    return {};
}

Result<v1::Act::Kind> kind_of(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, v1::Act::Kind>, 6> kinds{{
        {"acknowledge", v1::Act::ACKNOWLEDGE},
        {"audio_pause", v1::Act::AUDIO_PAUSE},
        {"audio_resume", v1::Act::AUDIO_RESUME},
        {"alarm_off", v1::Act::ALARM_OFF},
        {"alarm_back", v1::Act::ALARM_BACK},
        {"stream_ended", v1::Act::STREAM_ENDED},
    }};
    const auto* const found =
        std::ranges::find(kinds, word, &std::pair<std::string_view, v1::Act::Kind>::first);
    if (found == kinds.end()) {
        return fail(
            ErrorCode::invalid_argument,
            "\"kind\" is acknowledge, audio_pause, audio_resume, alarm_off, alarm_back or "
            "stream_ended.",
            "kind"
        );
    }
    return found->second;
}

Result<void> read_condition(const std::string& word, v1::Act& act) {
    if (word.empty()) {
        return {};
    }
    const auto rows = alarm::conditions();
    const auto found = std::ranges::find(rows, word, &alarm::ConditionRow::name);
    if (found == rows.end()) {
        return fail(
            ErrorCode::invalid_argument,
            "There is no such condition; docs/alarms.md lists them.",
            "condition"
        );
    }
    act.add_conditions(found->id);
    return {};
}

} // namespace

Result<void> read_settings(std::string body, v1::AlarmSettings& settings) {
    const auto asked = json::FlatObject::read(
        std::move(body),
        {"switched_on",
         "bradycardia_bpm",
         "tachycardia_bpm",
         "pause_ms",
         "late_after_s",
         "unanswered_high_after_s",
         "unanswered_medium_after_s",
         "remind_acknowledged_after_s",
         "remind_off_after_s",
         "reason"}
    );
    if (!asked) {
        return std::unexpected(asked.error());
    }
    const auto is_on = asked->flag_or("switched_on", settings.switched_on());
    if (!is_on) {
        return std::unexpected(is_on.error());
    }
    settings.set_switched_on(*is_on);
    const auto reason = asked->text_or("reason", "");
    if (!reason) {
        return std::unexpected(reason.error());
    }
    settings.set_reason(*reason);
    for (const auto& row : alarm::times()) {
        const auto seconds = number(*asked, std::string(row.name), (settings.*row.read)());
        if (!seconds) {
            return std::unexpected(seconds.error());
        }
        (settings.*row.write)(*seconds);
    }
    return read_limits(*asked, *settings.mutable_limits());
}

Result<v1::Act> read_act(std::string body, std::int64_t now_us) {
    const auto asked = json::FlatObject::read(std::move(body), act_members);
    if (!asked) {
        return std::unexpected(asked.error());
    }
    v1::Act act;
    const auto word = asked->text("kind");
    const auto kind = word ? kind_of(*word) : std::unexpected(word.error());
    if (!kind) {
        return std::unexpected(kind.error());
    }
    act.set_kind(*kind);
    const auto id = read_id(*asked, "alarm");
    const auto condition = asked->text_or("condition", "");
    const auto reason = asked->text_or("reason", "");
    const auto device = asked->text_or("device", "");
    const auto stream = asked->text_or("stream", "");
    for (const auto* text : {&id, &condition, &reason, &device, &stream}) {
        if (!*text) {
            return std::unexpected(text->error());
        }
    }
    act.set_alarm(*id);
    act.set_reason(*reason);
    act.set_device(*device);
    act.set_stream(*stream);
    if (auto read = read_condition(*condition, act); !read) {
        return std::unexpected(read.error());
    }
    const auto revision = number(*asked, "revision", 0);
    const auto for_s = number(*asked, "for_s", 0);
    for (const auto* read : {&revision, &for_s}) {
        if (!*read) {
            return std::unexpected(read->error());
        }
    }
    act.set_revision(*revision);
    if (*for_s != 0) {
        act.set_until_us(now_us + static_cast<std::int64_t>(*for_s) * 1'000'000);
    }
    return act;
}

} // namespace vigil::ward
