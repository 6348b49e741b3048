// What the routes of alarms, past events, hearts, marks and figures answer, as JSON.
#pragma once

#include "evaluate/ward_figures.hpp"
#include "http/message.hpp"
#include "records/queries.hpp"

#include <string>

namespace vigil::records {

using ChroniclePage = TimePage<store::ChronicleRow>;

[[nodiscard]] http::Response alarms_answer(const std::string& patient, const ChroniclePage& page);
[[nodiscard]] http::Response
past_events_answer(const std::string& patient, const ChroniclePage& page);
[[nodiscard]] http::Response heart_answer(const std::string& patient, const ChroniclePage& page);
[[nodiscard]] http::Response marks_answer(const std::string& patient, const ChroniclePage& page);
[[nodiscard]] http::Response figures_answer(
    const std::string& patient,
    store::TimeRange time,
    const evaluate::WardFigures& figures
);

} // namespace vigil::records
