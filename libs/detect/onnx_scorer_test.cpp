#include "detect/onnx_scorer.hpp"

#include "detect/bonn_files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <simdjson.h>

#include <algorithm>
#include <numeric>

using namespace vigil;
using namespace vigil::detect;

namespace {

std::string card_with(std::string_view old_text, std::string_view new_text) {
    std::string card(window_178_card());
    const auto place = card.find(old_text);
    REQUIRE(place != std::string::npos);
    return card.replace(place, old_text.size(), new_text);
}

void require_refused(std::string_view onnx, const std::string& card) {
    const auto scorer = OnnxScorer::load(onnx, card);
    REQUIRE_FALSE(scorer.has_value());
    CHECK(scorer.error().code == ErrorCode::invalid_argument);
    CHECK_FALSE(scorer.error().detail.empty());
}

} // namespace

TEST_CASE("the embedded model is the one that its card describes") {
    const auto scorer = window_178();
    REQUIRE(scorer.has_value());
    CHECK((*scorer)->card().name == "window-178");
    CHECK((*scorer)->card().samples == 178);
    CHECK((*scorer)->card().rate_numerator == 17361);
    CHECK((*scorer)->card().rate_denominator == 100);
}

TEST_CASE("a truncated model, another digest and another shape are refused") {
    const auto onnx = window_178_onnx();
    const std::string card(window_178_card());
    require_refused(onnx.substr(0, onnx.size() / 2), card);
    require_refused({}, card);
    require_refused(onnx, "{}");
    require_refused(onnx, "no JSON");
    require_refused(onnx, card_with(R"("samples": 178)", R"("samples": 179)"));
    require_refused(onnx, card_with(R"("unit": "uV")", R"("unit": "mV")"));
    require_refused(onnx, card_with(R"("name": "window_uv")", R"("name": "other")"));
    // what the file itself takes is said, so that a reader sees which of the two lies
    const auto lying = OnnxScorer::load(onnx, card_with(R"("samples": 178)", R"("samples": 179)"));
    REQUIRE_FALSE(lying.has_value());
    CHECK(lying.error().detail.contains("it takes window_uv [any][178]"));
    // A file that is damaged and whose card agrees with the damage is still no model.
    const auto half = onnx.substr(0, onnx.size() / 2);
    require_refused(half, card_with(sha256_hex(onnx), sha256_hex(half)));
}

TEST_CASE("a part of a window is refused, and no window gives no score") {
    const auto scorer = window_178();
    REQUIRE(scorer.has_value());
    const std::vector<float> part(177);
    const auto refused = (*scorer)->score(part);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::invalid_argument);
    CHECK((*scorer)->score({}).value().empty());
}

TEST_CASE("scores agree with those of the training program within 1e-5") {
    const auto scorer = window_178();
    REQUIRE(scorer.has_value());
    simdjson::dom::parser parser;
    const auto reference =
        parser.load(VIGIL_SOURCE_DIR "/models/window_178/reference_scores.json").get_object();
    REQUIRE(reference.error() == simdjson::SUCCESS);
    std::size_t compared = 0;
    for (const auto& [name, expected] : reference.value_unsafe()) {
        const auto recording = bonn_recording_uv(std::string(name));
        if (recording.empty()) {
            SKIP("VIGIL_DATA names no Bonn recordings");
        }
        const auto scores = (*scorer)->score(std::span(recording).first(23 * 178));
        REQUIRE(scores.has_value());
        REQUIRE(scores->size() == 23);
        std::size_t window = 0;
        for (const double value : expected.get_array()) {
            CHECK_THAT((*scores)[window], Catch::Matchers::WithinAbs(value, 1e-5));
            ++window;
            ++compared;
        }
        const auto mean = std::reduce(scores->begin(), scores->end()) / 23;
        if (name.starts_with("setE")) {
            CHECK(mean > 0.8F);
        } else {
            CHECK(mean < 0.2F);
        }
    }
    CHECK(compared == 20 * 23);
}

TEST_CASE("a window's score does not depend on its batch nor on the electrode's offset") {
    const auto scorer = window_178();
    REQUIRE(scorer.has_value());
    constexpr std::size_t windows = 150; // more than one run of the scorer
    std::vector<float> all(windows * 178);
    std::uint32_t state = 1;
    for (auto& value : all) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 16U) / 100.0F - 300.0F;
    }
    const auto together = (*scorer)->score(all).value();
    for (const std::size_t window :
         {std::size_t{0}, std::size_t{63}, std::size_t{64}, windows - 1}) {
        std::vector<float> one(
            all.begin() + static_cast<std::ptrdiff_t>(window * 178),
            all.begin() + static_cast<std::ptrdiff_t>(window * 178 + 178)
        );
        CHECK_THAT(
            (*scorer)->score(one).value()[0],
            Catch::Matchers::WithinAbs(together[window], 1e-5)
        );
        std::ranges::for_each(one, [](float& value) { value += 250.0F; });
        CHECK_THAT(
            (*scorer)->score(one).value()[0],
            Catch::Matchers::WithinAbs(together[window], 1e-3)
        );
    }
}
