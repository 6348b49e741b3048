#include "detector/routes.hpp"

#include "base/json_text.hpp"

#include <simdjson.h>

#include <cmath>
#include <memory>
#include <optional>

namespace vigil::detector {

namespace {

constexpr std::size_t window_samples = 178; // of the old contract
constexpr double most_uv = 1e6; // one volt: no electrode gives more, and the model stays finite

std::unexpected<Error> wrong(std::string detail, std::string field) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

Result<std::vector<float>> parse_values(const simdjson::dom::element& element) {
    simdjson::dom::array array;
    if (element.get(array) != simdjson::SUCCESS || array.size() != window_samples) {
        return wrong("eeg_data must be an array of 178 numbers.", "eeg_data");
    }
    std::vector<float> values;
    values.reserve(window_samples);
    for (const auto& item : array) {
        double value = 0;
        if (!item.is_number() || item.get(value) != simdjson::SUCCESS ||
            !(std::abs(value) <= most_uv)) {
            return wrong(
                "Every value must be a number of microvolts within one volt.",
                "eeg_data[" + std::to_string(values.size()) + "]"
            );
        }
        values.push_back(static_cast<float>(value));
    }
    return values;
}

} // namespace

Result<std::vector<float>> parse_predict(std::string_view json) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    const simdjson::padded_string padded(json);
    simdjson::dom::object object;
    if (parser.parse(padded).get(root) != simdjson::SUCCESS ||
        root.get(object) != simdjson::SUCCESS) {
        return wrong("The body must be a JSON object.", "");
    }
    std::optional<std::vector<float>> values;
    for (const auto& [name, element] : object) {
        if (name != "eeg_data") {
            return wrong("This member is not known.", std::string(name.substr(0, 64)));
        }
        if (values) {
            return wrong("This member occurs twice.", "eeg_data");
        }
        auto parsed = parse_values(element);
        if (!parsed) {
            return std::unexpected(parsed.error());
        }
        values = std::move(*parsed);
    }
    if (!values) {
        return wrong("eeg_data is missing.", "eeg_data");
    }
    return std::move(*values);
}

void add_routes(
    http::Router& router,
    Predictor& predictor,
    http::Access access,
    std::size_t slots
) {
    router.add(
        http::Verb::post,
        "/predict",
        {.access = access, .max_body = 16 << 10, .slots = slots, .sized = true},
        [&predictor](http::Request request, http::Reply reply) {
            auto window = parse_predict(request.body);
            if (!window) {
                reply(window.error(), request.id);
                return;
            }
            predictor.score(
                std::move(*window),
                [reply = std::move(reply),
                 id = std::move(request.id)](Result<float> score) mutable {
                    if (!score) {
                        reply(score.error(), id);
                        return;
                    }
                    JsonText body;
                    body.open_object()
                        .member("message", "Received")
                        .member("response", static_cast<double>(*score));
                    reply(http::Response::json(body.close_object().text()));
                }
            );
        }
    );
}

} // namespace vigil::detector
