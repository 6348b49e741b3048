// The ward service on one page: its routes.
#pragma once

#include "http/message.hpp"
#include "ward/administration.hpp"
#include "ward/alarm_desk.hpp"
#include "ward/device_desk.hpp"
#include "ward/live_feed.hpp"
#include "ward/mark_desk.hpp"
#include "ward/person_gate.hpp"
#include "ward/push_desk.hpp"
#include "ward/second_way.hpp"
#include "ward/sign_in.hpp"
#include "ward/sizing_board.hpp"
#include "ward/station_desk.hpp"
#include "ward/video_desk.hpp"

namespace vigil::ward {

/// Only what `vigil key` and the like need.
void add_administration_routes(http::Router& router, Administration& administration);
/// Likewise `vigil station` and `vigil pin`.
void add_station_routes(http::Router& router, StationDesk& stations);

/// They outlive the router.
struct RouteParts {
    LiveFeed& feed;
    SignIn& sign_in;
    Administration& administration;
    AlarmDesk& alarm_desk;
    DeviceDesk& device_desk;
    MarkDesk& mark_desk;
    StationDesk& stations;
    PersonGate& persons;
    SizingBoard& sizing;
    PushDesk& push_desk;
    VideoDesk& video_desk;
    SecondWay* second_way = nullptr; // none is set up: its routes answer 404
};

void add_routes(http::Router& router, const RouteParts& parts);

} // namespace vigil::ward
