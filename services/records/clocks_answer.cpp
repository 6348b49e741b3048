#include "records/clocks_answer.hpp"

#include "base/json_text.hpp"

#include <string_view>

namespace vigil::records {

namespace {

constexpr double per_million = 1e6;

std::string_view word_of(v1::ClockCourse::Data data) {
    switch (data) {
        case v1::ClockCourse::EEG:
            return "eeg";
        case v1::ClockCourse::BEATS:
            return "beats";
        default:
            return "values";
    }
}

} // namespace

http::Response
clocks_answer(const std::string& patient, const std::vector<CorrectedClock>& clocks) {
    JsonText json;
    json.open_object().member("patient", patient).key("clocks").open_array();
    for (const auto& clock : clocks) {
        json.open_object().member("device", clock.device).member("data", word_of(clock.data));
        json.member("grows_ppm", clock.slope * per_million).key("corrections").open_array();
        for (const auto& [device_us, by_us] : clock.corrections) {
            json.open_object().member("device_us", device_us).member("by_us", by_us).close_object();
        }
        json.close_array().close_object();
    }
    json.close_array().close_object();
    return http::Response::json(std::move(json).text());
}

} // namespace vigil::records
