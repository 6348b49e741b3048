#include "ward/routes.hpp"

#include "ward/pages.hpp"

namespace vigil::ward {

void add_routes(http::Router& router, LiveFeed& feed, SignIn& sign_in, Administration& administration) {
    using http::Access;
    using http::Request;
    using http::Reply;
    using http::Verb;
    const auto route = [&router](Verb verb, std::string pattern, Access access, auto handler) {
        router.add(verb, std::move(pattern), {.access = access, .max_body = 8 << 10, .in_flight = 64}, std::move(handler));
    };

    router.add_websocket("/v1/ward/live", {.access = Access::staff, .max_body = 256 << 10, .send_queue_bytes = 16 << 20}, [&feed](const Request&) {
        return feed.open_page();
    });

    route(Verb::post, "/v1/sign-in", Access::open, [&](Request request, Reply reply) { sign_in.sign_in(request, std::move(reply)); });
    route(Verb::post, "/v1/sign-out", Access::open, [&](Request request, Reply reply) { sign_in.sign_out(request, std::move(reply)); });
    route(Verb::get, "/v1/me", Access::staff, [&](Request request, Reply reply) { sign_in.who_am_i(request, std::move(reply)); });

    route(Verb::post, "/v1/admin/keys", Access::administrator, [&](Request request, Reply reply) { administration.add_key(request, std::move(reply)); });
    route(Verb::get, "/v1/admin/keys", Access::administrator, [&](Request request, Reply reply) { administration.list_keys(request, std::move(reply)); });
    route(Verb::del, "/v1/admin/keys/{id}", Access::administrator, [&](Request request, Reply reply) { administration.revoke_key(request, std::move(reply)); });
    route(Verb::post, "/v1/admin/patients", Access::administrator, [&](Request request, Reply reply) { administration.put_patient(request, std::move(reply)); });
    route(Verb::post, "/v1/admin/users", Access::administrator, [&](Request request, Reply reply) { administration.put_user(request, std::move(reply)); });

    route(Verb::get, "/signin", Access::open, [&](Request request, Reply reply) {
        if (request.query.contains("token")) {
            sign_in.use_link(request, std::move(reply));
        } else {
            serve_page(request, std::move(reply));
        }
    });
    router.fallback({.access = Access::open}, serve_page);
}

}  // namespace vigil::ward
