#include "eeg_intake/routes.hpp"

#include "eeg_intake/legacy_window.hpp"

namespace vigil::eeg_intake {

namespace {

http::RouteOptions device_route(std::size_t max_body, std::size_t slots) {
    return {.access = http::Access::device, .max_body = max_body, .slots = slots, .sized = true};
}

/// An iPhone's export of a day comes on the same path as a window, so that the larger limit holds
/// for both.
constexpr std::size_t max_root_body_bytes = 16 << 20;

constexpr std::size_t max_added_body_bytes = 16 << 10; // one window

http::RouteOptions legacy_route(std::size_t max_body, std::size_t slots) {
    return {.access = http::Access::open, .max_body = max_body, .slots = slots, .sized = true};
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

void add_routes(http::Router& router, EegIntake& service, std::size_t slots) {
    using enum http::Verb;
    router.add(post, "/v1/eeg/blocks", device_route(max_body_bytes, slots), post_blocks(service));
    router.add(post, "/v1/eeg/streams/end", device_route(4 << 10, slots), post_stream_end(service));
    router.add(post, "/v1/events/button", device_route(1 << 10, slots), post_button(service));
    router.add_websocket(
        "/v1/eeg/stream",
        {.access = http::Access::device, .max_body = max_data_bytes + (64 << 10)},
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
    auto adding = legacy_route(max_added_body_bytes, options.slots);
    adding.access = options.open_adds ? http::Access::open : http::Access::device;
    router.add(post, "/eeg_chunks/add", adding, post_legacy_chunk(service, options));
    http::Handler eeg;
    if (options.open_eeg) {
        eeg = post_legacy_window(service, options);
        router.add(post, "/eeg", legacy_route(max_legacy_body_bytes, options.slots), eeg);
    }
    if (options.open_heart) {
        router.add(post, "/heartbeat", legacy_route(max_root_body_bytes, options.slots), heart);
    } else {
        heart = nullptr;
    }
    if (options.open_eeg || options.open_heart) {
        router.add(
            post,
            "/",
            legacy_route(max_root_body_bytes, options.slots),
            post_root(std::move(eeg), std::move(heart))
        );
    }
}

} // namespace vigil::eeg_intake
