#include "heart_intake/routes.hpp"

namespace vigil::heart_intake {

void add_routes(http::Router& router, HeartIntake& service) {
    using enum http::Verb;
    const auto device_route = [](std::size_t max_body) {
        return http::RouteOptions{.access = http::Access::device, .max_body = max_body};
    };
    router.add(
        post,
        "/v1/health-auto-export",
        device_route(max_export_bytes),
        post_health_export(service)
    );
    router.add(post, "/v1/vitals", device_route(max_vitals_bytes), post_vitals(service));
    router.add(post, "/v1/beats", device_route(max_beats_bytes), post_beats(service));
}

} // namespace vigil::heart_intake
