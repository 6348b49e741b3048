// Administration's limits of a patient's heart.
#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "signal/heart_rules.hpp"
#include "ward/administration.hpp"

#include <cmath>

namespace vigil::ward {

namespace {

constexpr double ms_per_s = 1'000;

signal::HeartLimits limits_of(const access::DirectoryState& directory, const std::string& patient) {
    const auto set = directory.limits.find(patient);
    if (set == directory.limits.end()) {
        return {};
    }
    return {
        .bradycardia_bpm = set->second.heart().bradycardia_bpm(),
        .tachycardia_bpm = set->second.heart().tachycardia_bpm(),
        .pause_s = set->second.heart().pause_s(),
    };
}

Error no_such_patient() {
    return fail(ErrorCode::not_found, "There is no patient with this id.", "id").error();
}

Result<signal::HeartLimits> asked_for(const std::string& body, signal::HeartLimits now) {
    const auto asked =
        json::FlatObject::read(body, {"bradycardia_bpm", "tachycardia_bpm", "pause_ms"});
    if (!asked) {
        return std::unexpected(asked.error());
    }
    const auto low = asked->number_or("bradycardia_bpm", std::llround(now.bradycardia_bpm));
    const auto high = asked->number_or("tachycardia_bpm", std::llround(now.tachycardia_bpm));
    const auto pause = asked->number_or("pause_ms", std::llround(now.pause_s * ms_per_s));
    for (const auto* number : {&low, &high, &pause}) {
        if (!*number) {
            return std::unexpected(number->error());
        }
    }
    const signal::HeartLimits limits{
        .bradycardia_bpm = static_cast<double>(*low),
        .tachycardia_bpm = static_cast<double>(*high),
        .pause_s = static_cast<double>(*pause) / ms_per_s,
    };
    if (const auto checked = signal::check(limits); !checked) {
        return std::unexpected(checked.error());
    }
    return limits;
}

} // namespace

void Administration::show_limits(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    const auto& patient = request.parameters.at("id");
    if (state->patient(patient) == nullptr) {
        return reply(no_such_patient(), request.id);
    }
    const auto limits = limits_of(*state, patient);
    JsonText answer;
    answer.open_object()
        .member("patient", patient)
        .member("bradycardia_bpm", std::llround(limits.bradycardia_bpm))
        .member("tachycardia_bpm", std::llround(limits.tachycardia_bpm))
        .member("pause_ms", std::llround(limits.pause_s * ms_per_s));
    if (const auto set = state->limits.find(patient); set != state->limits.end()) {
        answer.member("set_by", set->second.set_by())
            .member("set", to_rfc3339(from_us(set->second.set_us())));
    }
    answer.close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void Administration::put_limits(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    const auto& patient = request.parameters.at("id");
    if (state->patient(patient) == nullptr) {
        return reply(no_such_patient(), request.id);
    }
    const auto limits = asked_for(request.body, limits_of(*state, patient));
    if (!limits) {
        return reply(limits.error(), request.id);
    }
    const auto now_us = to_us(clock_.utc());
    v1::PatientLimits set;
    set.set_patient(patient);
    set.mutable_heart()->set_bradycardia_bpm(limits->bradycardia_bpm);
    set.mutable_heart()->set_tachycardia_bpm(limits->tachycardia_bpm);
    set.mutable_heart()->set_pause_s(limits->pause_s);
    set.set_set_by(request.principal.id);
    set.set_set_us(now_us);
    log_.info("limits_put", {{"by", request.principal.id}});
    append(
        {access::directory_entry(set, state->partitions, now_us, id())},
        {.status = 204, .content_type = "", .body = "", .headers = {}},
        request,
        std::move(reply)
    );
}

} // namespace vigil::ward
