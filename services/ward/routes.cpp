#include "ward/routes.hpp"

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
        {.access = access, .max_body = 8 << 10, .in_flight = 64},
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

void add_alarm_routes(http::Router& router, AlarmDesk& desk) {
    const auto route = routes_of(router, desk);
    const std::string settings = "/v1/patients/{id}/alarm-settings";
    route(Verb::get, settings, Access::staff, &AlarmDesk::show_settings);
    route(Verb::put, settings, Access::clinician, &AlarmDesk::put_settings);
    route(Verb::put, "/v1/patients/{id}/sign-offs", Access::clinician, &AlarmDesk::put_sign_off);
    route(Verb::post, "/v1/patients/{id}/acts", Access::clinician, &AlarmDesk::post_act);
    const std::string own_settings = "/v1/vigil/alarm-settings";
    route(Verb::get, own_settings, Access::staff, &AlarmDesk::show_settings);
    route(Verb::put, own_settings, Access::clinician, &AlarmDesk::put_settings);
    route(Verb::post, "/v1/vigil/acts", Access::clinician, &AlarmDesk::post_act);
}

void add_mark_routes(http::Router& router, MarkDesk& desk) {
    const auto route = routes_of(router, desk);
    route(Verb::post, "/v1/patients/{id}/marks", Access::clinician, &MarkDesk::post_mark);
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

void add_routes(http::Router& router, const RouteParts& parts) {
    auto& [feed, sign_in, administration, alarm_desk, device_desk, mark_desk] = parts;
    const auto route = [&](Verb verb, std::string pattern, Access access, http::Handler handler) {
        add_small(router, verb, std::move(pattern), access, std::move(handler));
    };

    router.add_websocket(
        "/v1/ward/live",
        {.access = Access::staff, .max_body = 256 << 10, .send_queue_bytes = 16 << 20},
        [&feed](const Request&) { return feed.open_page(); }
    );

    route(Verb::post, "/v1/sign-in", Access::open, [&](Request request, Reply reply) {
        sign_in.sign_in(request, std::move(reply));
    });
    route(Verb::post, "/v1/sign-out", Access::open, [&](Request request, Reply reply) {
        sign_in.sign_out(request, std::move(reply));
    });
    route(Verb::get, "/v1/me", Access::staff, [&](Request request, Reply reply) {
        sign_in.who_am_i(request, std::move(reply));
    });

    add_administration_routes(router, administration);
    add_alarm_routes(router, alarm_desk);
    add_device_routes(router, device_desk);
    add_mark_routes(router, mark_desk);

    route(Verb::get, "/signin", Access::open, [&](Request request, Reply reply) {
        if (request.query.contains("token")) {
            sign_in.use_link(request, std::move(reply));
        } else {
            serve_page(request, std::move(reply));
        }
    });
    route(Verb::get, "/administration", Access::open, serve_page);
    // A route of its own beside the fallback: POST / may be an old sender's.
    route(Verb::get, "/", Access::open, serve_page);
    router.fallback({.access = Access::open}, serve_page);
}

} // namespace vigil::ward
