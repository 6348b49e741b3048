// The routes of heart_intake.
#pragma once

#include "heart_intake/vital_intake.hpp"
#include "http/message.hpp"

#include <string>

namespace vigil::heart_intake {

/// `service` outlives the router.
void add_routes(http::Router& router, HeartIntake& service);

/// The handler of the old heart-rate call, for eeg_intake's add_legacy_routes. A sender with a
/// device key writes its own patient, one without a key writes `patient_without_key`; where that is
/// empty it is refused.
http::Handler legacy_heart(HeartIntake& service, std::string patient_without_key);
/// The same for records' old `POST /heartbeat_chunks/add`.
http::Handler legacy_heart_chunk(HeartIntake& service, std::string patient_without_key);

http::Handler post_health_export(HeartIntake& service);
http::Handler post_vitals(HeartIntake& service);
http::Handler post_beats(HeartIntake& service);

} // namespace vigil::heart_intake
