#include "heart_intake/vital_answer.hpp"

#include "base/json_text.hpp"

#include <format>

namespace vigil::heart_intake {

http::Response vital_answer(const VitalOutcome& outcome, bool counts, std::string_view request_id) {
    if (!outcome.refused.empty() && outcome.accepted + outcome.duplicates == 0) {
        const auto& first = outcome.refused.front();
        const auto others = outcome.refused.size() - 1;
        return http::problem(
            fail(
                ErrorCode::invalid_argument,
                others == 0
                    ? first.detail
                    : std::format("{}; {} more values are refused too", first.detail, others),
                first.field
            )
                .error(),
            request_id
        );
    }
    const bool partial = !outcome.refused.empty();
    JsonText json;
    json.open_object()
        .member("status", partial ? "partial" : "success")
        .member("message", partial ? "Completed, some values were refused" : "Completed");
    if (counts || partial) {
        json.member("accepted", outcome.accepted)
            .member("duplicates", outcome.duplicates)
            .member("skipped", outcome.skipped);
    }
    if (partial) {
        json.key("refused").open_array();
        for (const auto& point : outcome.refused) {
            json.open_object()
                .member("index", point.index)
                .member("field", point.field)
                .member("detail", point.detail)
                .close_object();
        }
        json.close_array();
    }
    json.close_object();
    return http::Response::json(std::move(json).text(), partial ? 207 : 200);
}

} // namespace vigil::heart_intake
