// The routes of eeg_intake.
#pragma once

#include "eeg_intake/eeg_intake.hpp"
#include "eeg_intake/local_time.hpp"
#include "http/message.hpp"

#include <chrono>
#include <set>
#include <string>

namespace vigil::eeg_intake {

/// Which old calls are open, and to whom.
struct LegacyOptions {
    bool open_eeg = false;
    bool open_heart = false;
    bool open_adds = false;
    std::set<std::string> senders; // ids or numbers of patients that may be written without a key
    LocalZone zone;
    std::chrono::milliseconds wait{2'000};   // for the detection of the window
    std::size_t slots = max_waiting_answers; // of each old route
};

/// Many senders post at the same moment each second; the bodies together are bounded by the server.
inline constexpr std::size_t default_slots = 1024;

/// `service` outlives the router; `slots` are those of each route.
void add_routes(http::Router& router, EegIntake& service, std::size_t slots = default_slots);

/// The old calls: `POST /eeg`, `POST /heartbeat` and `POST /`, as far as they are open, and `POST
/// /eeg_chunks/add`, which takes a device key too. `heart` answers the heart rates.
void add_legacy_routes(
    http::Router& router,
    EegIntake& service,
    LegacyOptions options,
    http::Handler heart
);

http::Handler post_blocks(EegIntake& service);
http::Handler post_stream_end(EegIntake& service);
http::Handler post_button(EegIntake& service);
http::WebSocketHandler stream_blocks(EegIntake& service);
http::Handler post_legacy_window(EegIntake& service, const LegacyOptions& options);
/// Of the options it uses the senders and the zone.
http::Handler post_legacy_chunk(EegIntake& service, const LegacyOptions& options);

} // namespace vigil::eeg_intake
