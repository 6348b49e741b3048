#include "ward/alarm_desk.hpp"

#include "alarm/bounds.hpp"
#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "ward/alarm_requests.hpp"
#include "ward/append_entries.hpp"
#include "ward/make_entry.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vigil::ward {

namespace {

/// Empty: Vigil itself.
std::string patient_of(const http::Request& request) {
    const auto named = request.parameters.find("id");
    return named == request.parameters.end() ? std::string{} : named->second;
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
    const auto patient = patient_of(request);
    if (!patient.empty() && state->patient(patient) == nullptr) {
        return fail(ErrorCode::not_found, "There is no patient with this id.", "id");
    }
    const auto set = state->alarm_settings.find(patient);
    auto settings = set == state->alarm_settings.end()
                        ? alarm::default_settings()
                        : alarm::merged(alarm::default_settings(), set->second);
    settings.set_patient(patient);
    return settings;
}

void AlarmDesk::set(v1::AlarmSettings settings, const http::Request& request, http::Reply reply) {
    const auto now_us = to_us(clock_.utc());
    settings.set_user(request.principal.id);
    settings.set_role(role_of(request.principal));
    settings.set_time_us(now_us);
    if (const auto checked = alarm::check(settings); !checked) {
        return reply(in_words_of_the_route(checked.error()), request.id);
    }
    log_.info("alarm_settings_put", {{"by", request.principal.id}});
    append_entries(
        journal_,
        {access::directory_entry(
            settings,
            directory_.state()->partitions,
            now_us,
            random_id(random_)
        )},
        no_content(),
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
    set(*std::move(settings), request, std::move(reply));
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
    set(*std::move(settings), request, std::move(reply));
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
    const auto patient = patient_of(request);
    act->set_patient(patient);
    act->set_user(request.principal.id);
    act->set_role(role_of(request.principal));
    act->set_time_us(now_us);
    if (const auto checked = alarm::check(*act, now_us); !checked) {
        return reply(in_words_of_the_route(checked.error()), request.id);
    }
    auto entry = make_entry(
        {.type = v1::ACT,
         .patient = patient,
         .source = source_of(request.principal.station),
         .at_us = now_us},
        *act,
        directory_,
        random_
    );
    if (act->kind() == v1::Act::ALARM_OFF || act->kind() == v1::Act::ALARM_BACK) {
        entry.set_key(access::off_key(*act));
    }
    log_.info(
        "alarm_act",
        {{"by", request.principal.id}, {"kind", v1::Act::Kind_Name(act->kind())}}
    );
    append_act(journal_, std::move(entry), request, std::move(reply));
}

} // namespace vigil::ward
