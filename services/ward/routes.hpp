// The ward service on one page: its routes.
#pragma once

#include "http/message.hpp"
#include "ward/administration.hpp"
#include "ward/alarm_desk.hpp"
#include "ward/live_feed.hpp"
#include "ward/sign_in.hpp"

namespace vigil::ward {

/// Only what `vigil key` and the like need.
void add_administration_routes(http::Router& router, Administration& administration);

/// The parts outlive the router.
void add_routes(
    http::Router& router,
    LiveFeed& feed,
    SignIn& sign_in,
    Administration& administration,
    AlarmDesk& alarm_desk
);

} // namespace vigil::ward
