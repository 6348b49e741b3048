// The routes of heart_intake.
#pragma once

#include "heart_intake/vital_intake.hpp"
#include "http/message.hpp"

#include <string>

namespace vigil::heart_intake {

inline constexpr std::size_t default_slots = 1024;

/// `service` outlives the router; `slots` are those of each route.
void add_routes(http::Router& router, HeartIntake& service, std::size_t slots = default_slots);

/// The handler of the old heart-rate call, for eeg_intake's add_legacy_routes. A sender with a
/// device key writes its own patient, one without a key writes `patient_without_key`; where that is
/// empty it is refused.
http::Handler legacy_heart(HeartIntake& service, std::string patient_without_key);
http::Handler legacy_heart_chunk(HeartIntake& service, std::string patient_without_key);

struct LegacyOptions {
    bool open_heart = false;
    bool open_adds = false;
    std::string patient_without_key{}; // empty: a device key is needed
    std::size_t slots = 4096;          // of each old route
};

/// The old `POST /heartbeat_chunks/add`.
void add_legacy_routes(http::Router& router, HeartIntake& service, const LegacyOptions& options);
/// `POST /heartbeat` and `POST /`, where they are open and this service has a port of its own: on a
/// shared one eeg_intake adds them, since `POST /` is told apart by its body.
void add_own_legacy_routes(
    http::Router& router,
    HeartIntake& service,
    const LegacyOptions& options
);

http::Handler post_health_export(HeartIntake& service);
http::Handler post_vitals(HeartIntake& service);
http::Handler post_beats(HeartIntake& service);

} // namespace vigil::heart_intake
