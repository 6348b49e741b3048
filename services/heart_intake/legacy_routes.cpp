// The old heart calls on a port of heart_intake's own. api/openapi/eeg_intake.yaml describes them,
// for that port and for a shared one.
#include "heart_intake/routes.hpp"

namespace vigil::heart_intake {

void add_own_legacy_routes(
    http::Router& router,
    HeartIntake& service,
    const LegacyOptions& options
) {
    if (!options.open_heart) {
        return;
    }
    const http::RouteOptions open{
        .access = http::Access::open,
        .max_body = max_export_bytes,
        .slots = options.slots,
        .sized = true
    };
    for (const char* const path : {"/heartbeat", "/"}) {
        router
            .add(http::Verb::post, path, open, legacy_heart(service, options.patient_without_key));
    }
}

} // namespace vigil::heart_intake
