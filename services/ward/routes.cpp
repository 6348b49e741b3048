#include "ward/routes.hpp"

#include "base/json_text.hpp"
#include "ward/alarm_requests.hpp"
#include "ward/mark_requests.hpp"
#include "ward/pages.hpp"

namespace vigil::ward {

namespace {

using http::Access;
using http::Reply;
using http::Request;
using http::Verb;

/// A route of small requests that people make, not devices.
void add_small(
    http::Router& router,
    Verb verb,
    std::string pattern,
    Access access,
    http::Handler handler
) {
    router.add(
        verb,
        std::move(pattern),
        {.access = access, .max_body = 8 << 10, .slots = 64},
        std::move(handler)
    );
}

/// Adds small routes that one desk answers, each with a member function.
template <class Desk>
auto routes_of(http::Router& router, Desk& desk) {
    return [&router, &desk](
               Verb verb,
               std::string pattern,
               Access access,
               void (Desk::*handler)(const Request&, Reply)
           ) {
        add_small(
            router,
            verb,
            std::move(pattern),
            access,
            [&desk, handler](const Request& request, Reply reply) {
                (desk.*handler)(request, std::move(reply));
            }
        );
    };
}

/// Likewise acts: at a station each brings a person's PIN.
template <class Desk>
auto acts_of(http::Router& router, PersonGate& persons, Desk& desk) {
    return [&router, &persons, &desk](
               std::string pattern,
               PersonGate::Members members,
               void (Desk::*handler)(const Request&, Reply)
           ) {
        add_small(
            router,
            Verb::post,
            std::move(pattern),
            Access::staff, // a station is staff that may only look: the gate asks who acts
            [&persons, &desk, members, handler](Request request, Reply reply) {
                persons.admit(
                    std::move(request),
                    std::move(reply),
                    members,
                    [&desk, handler](const Request& of_person, Reply answer) {
                        (desk.*handler)(of_person, std::move(answer));
                    }
                );
            }
        );
    };
}

} // namespace

void add_administration_routes(http::Router& router, Administration& administration) {
    const auto route = routes_of(router, administration);
    constexpr auto administrator = Access::administrator;
    route(Verb::post, "/v1/admin/keys", administrator, &Administration::add_key);
    route(Verb::get, "/v1/admin/keys", administrator, &Administration::list_keys);
    route(Verb::del, "/v1/admin/keys/{id}", administrator, &Administration::revoke_key);
    route(Verb::post, "/v1/admin/patients", administrator, &Administration::put_patient);
    route(Verb::post, "/v1/admin/users", administrator, &Administration::put_user);
    route(Verb::get, "/v1/admin/users", administrator, &Administration::list_users);
    route(Verb::get, "/v1/admin/clock", administrator, &Administration::show_clock);
    route(Verb::put, "/v1/patients/{id}/models", administrator, &Administration::put_models);
    route(Verb::get, "/v1/patients/{id}/models", Access::staff, &Administration::show_models);
    route(Verb::post, "/v1/admin/promotions", administrator, &Administration::add_promotion);
    route(Verb::get, "/v1/admin/promotions", administrator, &Administration::list_promotions);
}

void add_station_routes(http::Router& router, StationDesk& stations) {
    const auto route = routes_of(router, stations);
    constexpr auto administrator = Access::administrator;
    route(Verb::post, "/v1/admin/stations", administrator, &StationDesk::add_station);
    route(Verb::get, "/v1/admin/stations", administrator, &StationDesk::list_stations);
    route(Verb::del, "/v1/admin/stations/{id}", administrator, &StationDesk::revoke_station);
    route(Verb::put, "/v1/admin/pins", administrator, &StationDesk::put_pin);
}

void add_alarm_routes(http::Router& router, AlarmDesk& desk, PersonGate& persons) {
    const auto route = routes_of(router, desk);
    const auto act = acts_of(router, persons, desk);
    const std::string settings = "/v1/patients/{id}/alarm-settings";
    route(Verb::get, settings, Access::staff, &AlarmDesk::show_settings);
    route(Verb::put, settings, Access::clinician, &AlarmDesk::put_settings);
    route(Verb::put, "/v1/patients/{id}/sign-offs", Access::clinician, &AlarmDesk::put_sign_off);
    act("/v1/patients/{id}/acts", act_members, &AlarmDesk::post_act);
    const std::string own_settings = "/v1/vigil/alarm-settings";
    route(Verb::get, own_settings, Access::staff, &AlarmDesk::show_settings);
    route(Verb::put, own_settings, Access::clinician, &AlarmDesk::put_settings);
    act("/v1/vigil/acts", act_members, &AlarmDesk::post_act);
}

void add_mark_routes(http::Router& router, MarkDesk& desk, PersonGate& persons) {
    const auto act = acts_of(router, persons, desk);
    act("/v1/patients/{id}/mark", mark_members, &MarkDesk::post_mark);
}

void add_device_routes(http::Router& router, DeviceDesk& desk) {
    const auto route = routes_of(router, desk);
    route(Verb::get, "/v1/devices", Access::staff, &DeviceDesk::list);
    route(Verb::put, "/v1/devices/{id}", Access::administrator, &DeviceDesk::put_device);
    const std::string assignments = "/v1/devices/{id}/assignments";
    route(Verb::post, assignments, Access::clinician, &DeviceDesk::assign);
    const std::string end = "/v1/devices/{id}/assignments/end";
    route(Verb::post, end, Access::clinician, &DeviceDesk::end_assignment);
    const std::string identity = "/v1/patients/{id}/identity";
    route(Verb::get, identity, Access::staff, &DeviceDesk::show_identity);
    route(Verb::put, identity, Access::clinician, &DeviceDesk::put_identity);
    route(Verb::del, identity, Access::administrator, &DeviceDesk::erase_identity);
}

void add_call_routes(http::Router& router, SecondWay* calls) {
    const auto route = [&](Verb verb,
                           std::string pattern,
                           Access access,
                           void (SecondWay::*handler)(const Request&, Reply)) {
        add_small(
            router,
            verb,
            std::move(pattern),
            access,
            [calls, handler](Request request, Reply reply) {
                if (calls == nullptr) {
                    return reply(
                        fail(
                            ErrorCode::not_found,
                            "No second way is set up: vigil serve --second-way FILE."
                        )
                            .error(),
                        request.id
                    );
                }
                (calls->*handler)(request, std::move(reply));
            }
        );
    };
    route(Verb::get, "/v1/calls", Access::staff, &SecondWay::list);
    route(Verb::post, "/v1/admin/calls/test", Access::administrator, &SecondWay::try_out);
}

void add_push_routes(http::Router& router, PushDesk& desk) {
    const auto route = routes_of(router, desk);
    route(Verb::get, "/v1/me/pushes", Access::staff, &PushDesk::list);
    route(Verb::post, "/v1/me/pushes", Access::staff, &PushDesk::add);
    route(Verb::del, "/v1/me/pushes/{id}", Access::staff, &PushDesk::remove);
}

void add_video_routes(http::Router& router, VideoDesk& desk) {
    const auto route = routes_of(router, desk);
    const std::string link = "/v1/patients/{id}/video-link";
    route(Verb::get, link, Access::staff, &VideoDesk::show);
    route(Verb::put, link, Access::administrator, &VideoDesk::put);
}

void add_routes(http::Router& router, const RouteParts& parts) {
    const auto route = [&](Verb verb, std::string pattern, Access access, http::Handler handler) {
        add_small(router, verb, std::move(pattern), access, std::move(handler));
    };
    auto& sign_in = parts.sign_in;
    auto& stations = parts.stations;

    router.add_websocket(
        "/v1/ward/live",
        {.access = Access::staff, .max_body = 256 << 10, .send_queue_bytes = 16 << 20},
        [&feed = parts.feed](const Request& request) { return feed.open_page(request.principal); }
    );

    route(
        Verb::get,
        "/v1/ward/chain",
        Access::open, // that Vigil watches, or not, and nothing else: for pages before sign-in
        [&feed = parts.feed](const Request& /*request*/, Reply reply) {
            JsonText answer;
            answer.open_object().member("chain_us", feed.chain_us()).close_object();
            reply(http::Response::json(std::move(answer).text()));
        }
    );

    route(Verb::post, "/v1/sign-in", Access::open, [&sign_in](Request request, Reply reply) {
        sign_in.sign_in(request, std::move(reply));
    });
    route(Verb::post, "/v1/sign-out", Access::open, [&sign_in](Request request, Reply reply) {
        sign_in.sign_out(request, std::move(reply));
    });
    route(Verb::get, "/v1/me", Access::staff, [&sign_in](Request request, Reply reply) {
        sign_in.who_am_i(request, std::move(reply));
    });
    route(Verb::put, "/v1/me/pin", Access::staff, [&stations](Request request, Reply reply) {
        stations.put_own_pin(request, std::move(reply));
    });
    route(
        Verb::get,
        "/v1/station/people",
        Access::staff,
        [&persons = parts.persons](Request request, Reply reply) {
            persons.list_people(request, std::move(reply));
        }
    );

    route(
        Verb::get,
        "/v1/admin/clock/devices",
        Access::administrator,
        [&feed = parts.feed](const Request& /*request*/, Reply reply) {
            reply(http::Response::json(as_json(feed.device_clocks())));
        }
    );

    route(
        Verb::get,
        "/v1/admin/sizing",
        Access::administrator,
        [&sizing = parts.sizing](const Request& /*request*/, Reply reply) {
            reply(http::Response::json(sizing.answer()));
        }
    );

    add_call_routes(router, parts.second_way);
    add_push_routes(router, parts.push_desk);
    add_video_routes(router, parts.video_desk);
    add_administration_routes(router, parts.administration);
    add_station_routes(router, stations);
    add_alarm_routes(router, parts.alarm_desk, parts.persons);
    add_mark_routes(router, parts.mark_desk, parts.persons);
    add_device_routes(router, parts.device_desk);

    route(Verb::get, "/signin", Access::open, [&sign_in, &stations](Request request, Reply reply) {
        if (request.query.contains("token")) {
            sign_in.use_link(request, std::move(reply));
        } else if (request.query.contains("station")) {
            stations.enroll(request, std::move(reply));
        } else {
            serve_page(request, std::move(reply));
        }
    });
    route(Verb::get, "/administration", Access::open, serve_page);
    route(Verb::get, "/handover", Access::open, serve_page);
    // A route of its own beside the fallback: POST / may be an old sender's.
    route(Verb::get, "/", Access::open, serve_page);
    router.fallback({.access = Access::open}, serve_page);
}

} // namespace vigil::ward
