#include "records/legacy_answers.hpp"

#include "base/json_text.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <format>
#include <map>

namespace vigil::records {

namespace {

std::chrono::sys_seconds whole_seconds(std::int64_t us) {
    return std::chrono::floor<std::chrono::seconds>(from_us(us));
}

std::uint32_t number_of(const access::DirectoryState& directory, const std::string& patient) {
    const auto* known = directory.patient(patient);
    return known == nullptr ? 0 : known->number();
}

std::string list_text(const std::vector<std::int32_t>& samples) {
    std::string text = "[";
    for (const auto sample : samples) {
        if (text.size() > 1) {
            text += ", ";
        }
        text += std::to_string(sample);
    }
    return text += ']';
}

} // namespace

http::Response last_eeg_answer(
    const access::DirectoryState& directory,
    const std::vector<store::NewestWindow>& windows
) {
    std::map<std::uint32_t, const store::NewestWindow*> by_number;
    for (const auto& window : windows) {
        if (const auto number = number_of(directory, window.patient);
            number != 0 && !window.samples.empty()) {
            by_number[number] = &window;
        }
    }
    JsonText json;
    json.open_array();
    for (const auto& [number, window] : by_number) {
        json.open_object().member("fk_user", number).member("eeg_data", list_text(window->samples));
        const double score = window->score_q16 ? *window->score_q16 / 65536.0 : -1.0;
        json.member("epilepsy_prediction_probability", std::format("{:.8f}", score));
        // The C locale's names of days and months, as RFC 9110 section 5.6.7 has them.
        json.member(
            "register_timestamp",
            std::format("{:%a, %d %b %Y %H:%M:%S} GMT", whole_seconds(window->start_us))
        );
        json.close_object();
    }
    json.close_array();
    return http::Response::json(std::move(json).text());
}

http::Response last_heart_answer(
    const access::DirectoryState& directory,
    const std::vector<store::VitalRow>& rates
) {
    std::map<std::string, std::vector<const store::VitalRow*>> by_number;
    for (const auto& row : rates) {
        if (const auto number = number_of(directory, row.patient); number != 0) {
            by_number[std::to_string(number)].push_back(&row);
        }
    }
    JsonText json;
    json.open_object();
    for (const auto& [number, rows] : by_number) {
        json.key(number).open_object().key("heartbeat_values").open_array();
        for (const auto* row : rows) {
            json.value(static_cast<std::int64_t>(std::clamp(row->vital.value(), 0.0, 1000.0)));
        }
        json.close_array().key("register_timestamps").open_array();
        for (const auto* row : rows) {
            json.value(
                std::format("{:%Y-%m-%d %H:%M:%S}", whole_seconds(row->vital.start_time_us()))
            );
        }
        json.close_array().close_object();
    }
    json.close_object();
    return http::Response::json(std::move(json).text());
}

} // namespace vigil::records
