#include "ward/alarm_desk.hpp"

#include "alarm/bounds.hpp"
#include "alarm/conditions.hpp"
#include "base/json_text.hpp"
#include "base/strict_json.hpp"

#include <boost/algorithm/hex.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

namespace vigil::ward {

namespace {

constexpr double ms_per_s = 1'000;

v1::StaffUser::Role role_of(const http::Principal& principal) {
    return principal.clinician       ? v1::StaffUser::CLINICIAN
           : principal.administrator ? v1::StaffUser::ADMINISTRATOR
                                     : v1::StaffUser::VIEWER;
}

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

std::optional<std::string> bytes_of(const std::string& hexadecimal) {
    std::string bytes;
    try {
        boost::algorithm::unhex(hexadecimal, std::back_inserter(bytes));
    } catch (const boost::algorithm::hex_decode_error&) {
        return std::nullopt;
    }
    return bytes;
}

Result<v1::Act> read_act(std::string body, std::int64_t now_us) {
    const auto asked = json::FlatObject::read(
        std::move(body),
        {"kind", "alarm", "revision", "condition", "reason", "for_s", "device", "stream"}
    );
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
    const auto alarm = asked->text_or("alarm", "");
    const auto condition = asked->text_or("condition", "");
    const auto reason = asked->text_or("reason", "");
    const auto device = asked->text_or("device", "");
    const auto stream = asked->text_or("stream", "");
    for (const auto* text : {&alarm, &condition, &reason, &device, &stream}) {
        if (!*text) {
            return std::unexpected(text->error());
        }
    }
    const auto id = bytes_of(*alarm);
    if (!id) {
        return fail(
            ErrorCode::invalid_argument,
            "An alarm's id has 32 hexadecimal digits.",
            "alarm"
        );
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

/// The page and scripts know no microseconds.
Error in_words_of_the_route(Error error) {
    if (error.field == "until_us") {
        error.field = "for_s";
    } else if (error.field == "conditions") {
        error.field = "condition";
    } else if (error.field == "pause_s") {
        error.field = "pause_ms";
    }
    return error;
}

} // namespace

Result<v1::AlarmSettings> AlarmDesk::in_force(const http::Request& request) const {
    const auto state = directory_.state();
    const auto& patient = request.parameters.at("id");
    if (state->patient(patient) == nullptr) {
        return fail(ErrorCode::not_found, "There is no patient with this id.", "id");
    }
    const auto set = state->alarm_settings.find(patient);
    auto settings = set == state->alarm_settings.end()
                        ? alarm::default_settings()
                        : alarm::merged(alarm::default_settings(), set->second);
    settings.set_patient(patient);
    return settings;
}

void AlarmDesk::append(
    v1::Entry entry,
    http::Response success,
    const http::Request& request,
    http::Reply reply
) {
    entry.set_trace_id(std::string(request.trace.bytes()));
    journal_.append(
        {.entries = {std::move(entry)}, .fences = {}},
        [success = std::move(success),
         request_id = request.id,
         reply = std::move(reply)](Result<journal::Appended> done) mutable {
            if (done) {
                reply(std::move(success));
            } else {
                reply(done.error(), request_id);
            }
        }
    );
}

void AlarmDesk::append(
    v1::AlarmSettings settings,
    const http::Request& request,
    http::Reply reply
) {
    const auto now_us = to_us(clock_.utc());
    settings.set_user(request.principal.id);
    settings.set_role(role_of(request.principal));
    settings.set_time_us(now_us);
    if (const auto checked = alarm::check(settings); !checked) {
        return reply(in_words_of_the_route(checked.error()), request.id);
    }
    log_.info("alarm_settings_put", {{"by", request.principal.id}});
    append(
        access::directory_entry(
            settings,
            directory_.state()->partitions,
            now_us,
            random_id(random_)
        ),
        {.status = 204, .content_type = "", .body = "", .headers = {}},
        request,
        std::move(reply)
    );
}

void AlarmDesk::show_settings(const http::Request& request, http::Reply reply) {
    const auto settings = in_force(request);
    if (!settings) {
        return reply(settings.error(), request.id);
    }
    const auto& limits = settings->limits();
    JsonText answer;
    answer.open_object()
        .member("patient", settings->patient())
        .member("switched_on", settings->switched_on())
        .member("bradycardia_bpm", std::lround(limits.bradycardia_bpm()))
        .member("tachycardia_bpm", std::lround(limits.tachycardia_bpm()))
        .member("pause_ms", std::lround(limits.pause_s() * ms_per_s));
    for (const auto& row : alarm::times()) {
        answer.member(row.name, (*settings.*row.read)());
    }
    answer.key("sign_offs").open_array();
    for (const auto& sign_off : settings->sign_offs()) {
        answer.open_object()
            .member("model", sign_off.model())
            .member("model_version", sign_off.model_version())
            .member("by", sign_off.user())
            .member("time", to_rfc3339(from_us(sign_off.time_us())))
            .close_object();
    }
    answer.close_array();
    if (!settings->user().empty()) {
        answer.member("set_by", settings->user())
            .member("set", to_rfc3339(from_us(settings->time_us())))
            .member("reason", settings->reason());
    }
    answer.close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void AlarmDesk::put_settings(const http::Request& request, http::Reply reply) {
    auto settings = in_force(request);
    if (!settings) {
        return reply(settings.error(), request.id);
    }
    if (const auto read = read_settings(request.body, *settings); !read) {
        return reply(read.error(), request.id);
    }
    append(*std::move(settings), request, std::move(reply));
}

void AlarmDesk::put_sign_off(const http::Request& request, http::Reply reply) {
    auto settings = in_force(request);
    if (!settings) {
        return reply(settings.error(), request.id);
    }
    const auto asked =
        json::FlatObject::read(request.body, {"model", "model_version", "signed_off"});
    if (!asked) {
        return reply(asked.error(), request.id);
    }
    const auto model = asked->text("model");
    const auto version = asked->text("model_version");
    const auto is_signed_off = asked->flag_or("signed_off", true);
    for (const auto* text : {&model, &version}) {
        if (!*text) {
            return reply(text->error(), request.id);
        }
    }
    if (!is_signed_off) {
        return reply(is_signed_off.error(), request.id);
    }
    auto& sign_offs = *settings->mutable_sign_offs();
    const auto others = std::ranges::remove_if(sign_offs, [&](const auto& one) {
        return one.model() == *model && one.model_version() == *version;
    });
    sign_offs.erase(others.begin(), others.end());
    if (*is_signed_off) {
        auto& made = *settings->add_sign_offs();
        made.set_model(*model);
        made.set_model_version(*version);
        made.set_user(request.principal.id);
        made.set_time_us(to_us(clock_.utc()));
    }
    append(*std::move(settings), request, std::move(reply));
}

void AlarmDesk::post_act(const http::Request& request, http::Reply reply) {
    if (const auto known = in_force(request); !known) {
        return reply(known.error(), request.id);
    }
    const auto now_us = to_us(clock_.utc());
    auto act = read_act(request.body, now_us);
    if (!act) {
        return reply(act.error(), request.id);
    }
    const auto& patient = request.parameters.at("id");
    act->set_patient(patient);
    act->set_user(request.principal.id);
    act->set_role(role_of(request.principal));
    act->set_time_us(now_us);
    if (const auto checked = alarm::check(*act, now_us); !checked) {
        return reply(in_words_of_the_route(checked.error()), request.id);
    }
    v1::Entry entry;
    entry.set_id(random_id(random_));
    entry.set_type(v1::ACT);
    entry.set_schema_version(1);
    entry.set_source("ward");
    entry.set_patient(patient);
    entry.set_partition(journal::partition_of(patient, directory_.state()->partitions));
    entry.set_receipt_time_us(now_us);
    act->SerializeToString(entry.mutable_payload());
    log_.info(
        "alarm_act",
        {{"by", request.principal.id}, {"kind", v1::Act::Kind_Name(act->kind())}}
    );
    JsonText answer;
    answer.open_object().member("id", to_hex(entry.id())).close_object();
    append(
        std::move(entry),
        http::Response::json(std::move(answer).text(), 202),
        request,
        std::move(reply)
    );
}

} // namespace vigil::ward
