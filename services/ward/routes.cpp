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

} // namespace

void add_administration_routes(http::Router& router, Administration& administration) {
    const auto route = [&](Verb verb,
                           std::string pattern,
                           void (Administration::*handler)(const Request&, Reply)) {
        add_small(
            router,
            verb,
            std::move(pattern),
            Access::administrator,
            [&administration, handler](Request request, Reply reply) {
                (administration.*handler)(request, std::move(reply));
            }
        );
    };
    route(Verb::post, "/v1/admin/keys", &Administration::add_key);
    route(Verb::get, "/v1/admin/keys", &Administration::list_keys);
    route(Verb::del, "/v1/admin/keys/{id}", &Administration::revoke_key);
    route(Verb::post, "/v1/admin/patients", &Administration::put_patient);
    route(Verb::post, "/v1/admin/users", &Administration::put_user);
    route(Verb::put, "/v1/patients/{id}/models", &Administration::put_models);
    add_small(
        router,
        Verb::get,
        "/v1/patients/{id}/models",
        Access::staff,
        [&administration](const Request& request, Reply reply) {
            administration.show_models(request, std::move(reply));
        }
    );
    route(Verb::post, "/v1/admin/promotions", &Administration::add_promotion);
    route(Verb::get, "/v1/admin/promotions", &Administration::list_promotions);
}

void add_alarm_routes(http::Router& router, AlarmDesk& desk) {
    const auto route = [&](Verb verb,
                           std::string pattern,
                           Access access,
                           void (AlarmDesk::*handler)(const Request&, Reply)) {
        add_small(
            router,
            verb,
            std::move(pattern),
            access,
            [&desk, handler](Request request, Reply reply) {
                (desk.*handler)(request, std::move(reply));
            }
        );
    };
    const std::string settings = "/v1/patients/{id}/alarm-settings";
    route(Verb::get, settings, Access::staff, &AlarmDesk::show_settings);
    route(Verb::put, settings, Access::clinician, &AlarmDesk::put_settings);
    route(Verb::put, "/v1/patients/{id}/sign-offs", Access::clinician, &AlarmDesk::put_sign_off);
    route(Verb::post, "/v1/patients/{id}/acts", Access::clinician, &AlarmDesk::post_act);
}

void add_routes(
    http::Router& router,
    LiveFeed& feed,
    SignIn& sign_in,
    Administration& administration,
    AlarmDesk& alarm_desk
) {
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

    route(Verb::get, "/signin", Access::open, [&](Request request, Reply reply) {
        if (request.query.contains("token")) {
            sign_in.use_link(request, std::move(reply));
        } else {
            serve_page(request, std::move(reply));
        }
    });
    // A route of its own beside the fallback: POST / may be an old sender's.
    route(Verb::get, "/", Access::open, serve_page);
    router.fallback({.access = Access::open}, serve_page);
}

} // namespace vigil::ward
