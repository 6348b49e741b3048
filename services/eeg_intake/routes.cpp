#include "eeg_intake/routes.hpp"

#include "eeg_intake/legacy_window.hpp"

namespace vigil::eeg_intake {

namespace {

/// Many senders post at the same moment each second; the bodies together are bounded by the server.
constexpr std::size_t max_posts_in_flight = 1024;

http::RouteOptions device_route(std::size_t max_body) {
    return {.access = http::Access::device, .max_body = max_body, .in_flight = max_posts_in_flight};
}

/// An iPhone's export of a day comes on the same path as a window, so that the larger limit holds
/// for both.
constexpr std::size_t max_root_body_bytes = 16 << 20;

http::RouteOptions legacy_route(std::size_t max_body) {
    return {.access = http::Access::open, .max_body = max_body, .in_flight = max_waiting_answers};
}

http::Handler post_root(http::Handler eeg, http::Handler heart) {
    return [eeg = std::move(eeg),
            heart = std::move(heart)](http::Request request, http::Reply reply) {
        const auto call = legacy_call(request.body);
        const auto& handler = call == LegacyCall::heart ? heart : eeg;
        if (call == LegacyCall::unknown) {
            return reply(
                fail(ErrorCode::invalid_argument, "the body has neither eeg_data nor data").error(),
                request.id
            );
        }
        if (!handler) {
            return reply(
                fail(ErrorCode::not_found, "this old call is not open here").error(),
                request.id
            );
        }
        handler(std::move(request), std::move(reply));
    };
}

} // namespace

void add_routes(http::Router& router, EegIntake& service) {
    using enum http::Verb;
    router.add(post, "/v1/eeg/blocks", device_route(max_body_bytes), post_blocks(service));
    router.add(post, "/v1/eeg/streams/end", device_route(4 << 10), post_stream_end(service));
    router.add(post, "/v1/events/button", device_route(1 << 10), post_button(service));
    router.add_websocket(
        "/v1/eeg/stream",
        device_route(max_data_bytes + (64 << 10)),
        stream_blocks(service)
    );
}

void add_legacy_routes(
    http::Router& router,
    EegIntake& service,
    LegacyOptions options,
    http::Handler heart
) {
    using enum http::Verb;
    http::Handler eeg;
    if (options.open_eeg) {
        eeg = post_legacy_window(service, options);
        router.add(post, "/eeg", legacy_route(max_legacy_body_bytes), eeg);
    }
    if (options.open_heart) {
        router.add(post, "/heartbeat", legacy_route(max_root_body_bytes), heart);
    } else {
        heart = nullptr;
    }
    if (options.open_eeg || options.open_heart) {
        router.add(
            post,
            "/",
            legacy_route(max_root_body_bytes),
            post_root(std::move(eeg), std::move(heart))
        );
    }
}

} // namespace vigil::eeg_intake
