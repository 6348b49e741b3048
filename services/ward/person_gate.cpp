#include "ward/person_gate.hpp"

#include "access/session.hpp"
#include "base/json_text.hpp"
#include "base/strict_json.hpp"

#include <utility>

namespace vigil::ward {

namespace {

bool may_act(const v1::StaffUser& user) {
    return !user.disabled() &&
           (user.role() == v1::StaffUser::CLINICIAN || user.role() == v1::StaffUser::ADMINISTRATOR);
}

http::Response too_often(std::string_view request_id) {
    auto response = http::problem_with_status(
        429,
        fail(
            ErrorCode::unauthenticated,
            "Too many wrong PINs; wait, or sign in elsewhere with the password."
        )
            .error(),
        request_id
    );
    response.headers = {{"Retry-After", "60"}};
    return response;
}

} // namespace

void PersonGate::admit(http::Request request, http::Reply reply, Members members, Then then) {
    const auto asked = json::FlatObject::read(request.body, members);
    if (!asked) {
        return reply(asked.error(), request.id);
    }
    const auto person = asked->text_or("person", "");
    const auto pin = asked->text_or("pin", "");
    if (!person || !pin) {
        return reply(person ? pin.error() : person.error(), request.id);
    }
    if (request.principal.station.empty()) {
        if (!person->empty() || !pin->empty()) {
            return reply(
                fail(
                    ErrorCode::invalid_argument,
                    "Only a station asks for a person and a PIN: you are signed in.",
                    "pin"
                )
                    .error(),
                request.id
            );
        }
        if (!request.principal.clinician) {
            return reply(
                fail(ErrorCode::forbidden, "Only a clinician may act.").error(),
                request.id
            );
        }
        return then(std::move(request), std::move(reply));
    }
    if (person->empty() || pin->empty()) {
        return reply(
            fail(ErrorCode::unauthenticated, "At a station an act needs a person and a PIN.", "pin")
                .error(),
            request.id
        );
    }
    check(std::move(request), *person, *pin, std::move(reply), std::move(then));
}

void PersonGate::check(
    http::Request request,
    const std::string& person,
    const std::string& pin,
    http::Reply reply,
    Then then
) {
    if (!hashes_.has_room()) {
        return reply(
            fail(ErrorCode::overloaded, "Too many PINs at once; try again.").error(),
            request.id
        );
    }
    const auto now = clock_.steady();
    if (!by_station_.take(request.principal.station, now)) {
        return reply(too_often(request.id));
    }
    if (!by_person_.take(person, now)) {
        by_station_.forgive(request.principal.station);
        return reply(too_often(request.id));
    }
    hashes_.post([this,
                  request = std::move(request),
                  person,
                  pin,
                  reply = std::move(reply),
                  then = std::move(then)]() mutable {
        const auto state = directory_.state();
        const auto user = state->users.find(person);
        const auto set = state->pins.find(person);
        const bool is_known = user != state->users.end() && !user->second.disabled() &&
                              set != state->pins.end() && !set->second.hash().empty();
        if (!access::verify_password(is_known ? set->second.hash() : std::string(), pin)) {
            log_.warning("pin_refused", {{"station", request.principal.station}});
            return reply(
                fail(ErrorCode::unauthenticated, "Person or PIN is wrong.", "pin").error(),
                request.id
            );
        }
        by_station_.forgive(request.principal.station);
        by_person_.forgive(person);
        if (!may_act(user->second)) {
            return reply(
                fail(ErrorCode::forbidden, "This person may only look.").error(),
                request.id
            );
        }
        request.principal.id = person;
        request.principal.clinician = true;
        request.principal.administrator = user->second.role() == v1::StaffUser::ADMINISTRATOR;
        then(std::move(request), std::move(reply));
    });
}

void PersonGate::list_people(const http::Request& /*request*/, http::Reply reply) {
    const auto state = directory_.state();
    JsonText answer;
    answer.open_object().key("people").open_array();
    for (const auto& [name, pin] : state->pins) {
        const auto user = state->users.find(name);
        if (!pin.hash().empty() && user != state->users.end() && may_act(user->second)) {
            answer.value(name);
        }
    }
    answer.close_array().close_object();
    reply(http::Response::json(std::move(answer).text()));
}

} // namespace vigil::ward
