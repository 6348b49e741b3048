#include "heart_intake/routes.hpp"

namespace vigil::heart_intake {

namespace {

constexpr std::size_t max_added_bytes = 8 << 20;

} // namespace

void add_routes(http::Router& router, HeartIntake& service, std::size_t slots) {
    using enum http::Verb;
    const auto device_route = [slots](std::size_t max_body) {
        return http::RouteOptions{
            .access = http::Access::device,
            .max_body = max_body,
            .slots = slots,
            .sized = true
        };
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

void add_legacy_routes(http::Router& router, HeartIntake& service, const LegacyOptions& options) {
    router.add(
        http::Verb::post,
        "/heartbeat_chunks/add",
        {.access = options.open_adds ? http::Access::open : http::Access::device,
         .max_body = max_added_bytes,
         .slots = options.slots,
         .sized = true},
        legacy_heart_chunk(service, options.patient_without_key)
    );
}

} // namespace vigil::heart_intake
