// The ward service on one page: its routes.
#pragma once

#include "http/message.hpp"
#include "ward/administration.hpp"
#include "ward/alarm_desk.hpp"
#include "ward/device_desk.hpp"
#include "ward/live_feed.hpp"
#include "ward/mark_desk.hpp"
#include "ward/sign_in.hpp"

namespace vigil::ward {

/// Only what `vigil key` and the like need.
void add_administration_routes(http::Router& router, Administration& administration);

/// They outlive the router.
struct RouteParts {
    LiveFeed& feed;
    SignIn& sign_in;
    Administration& administration;
    AlarmDesk& alarm_desk;
    DeviceDesk& device_desk;
    MarkDesk& mark_desk;
};

void add_routes(http::Router& router, const RouteParts& parts);

} // namespace vigil::ward
