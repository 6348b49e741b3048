#include "detect/model_card.hpp"

#include "detect/onnx_scorer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <format>
#include <fstream>
#include <iterator>
#include <tuple>

using namespace vigil;
using namespace vigil::detect;

namespace {

/// A card with everything that this program reads and little else.
std::string small_card() {
    return R"({"card": 1, "name": "m", "version": "1.0.0", "kind": "network", "file": "m.onnx",
"sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "licence": "l", "origin": {},
"signal": {"kinds": ["scalp"], "references": ["average"], "note": "n"},
"input": {"name": "in", "unit": "uV", "type": "float32", "layout": "[n][s]", "samples": 512,
"rate": {"numerator": 256, "denominator": 1, "tolerance_hz": 0.5, "other_rates": "resampled"},
"normalisation": "none", "band": {"low_hz": 0.5, "high_hz": 70, "note": "n"},
"filters": {"band_pass_hz": null, "notch_hz": null}},
"output": {"name": "out", "range": [0, 1], "meaning": "m"}, "architecture": "a", "age_group": "g",
"training": null, "figures": {}, "calibration": null,
"event_level": {"scalp": "none measured", "intracranial": "none measured"}, "limits": []})";
}

std::string with(std::string_view old_text, std::string_view new_text) {
    auto card = small_card();
    const auto place = card.find(old_text);
    REQUIRE(place != std::string::npos);
    REQUIRE(card.find(old_text, place + 1) == std::string::npos);
    return card.replace(place, old_text.size(), new_text);
}

struct Wrong {
    std::string_view old_text;
    std::string_view new_text;
    std::string_view field;
};

void require_refused(std::span<const Wrong> cases) {
    for (const auto& [old_text, new_text, field] : cases) {
        CAPTURE(old_text, new_text);
        const auto card = parse_card(with(old_text, new_text));
        REQUIRE_FALSE(card.has_value());
        CHECK(card.error().code == ErrorCode::invalid_argument);
        CHECK(card.error().field == field);
        CHECK(card.error().detail.starts_with("The model's card is wrong: "));
        CHECK(card.error().detail.contains(field));
        CHECK(card.error().detail.ends_with('.'));
    }
}

} // namespace

TEST_CASE("the card of window-178 is read") {
    const auto card = parse_card(window_178_card());
    REQUIRE(card.has_value());
    CHECK(card->name == "window-178");
    CHECK(card->kind == ModelCard::Kind::network);
    CHECK(card->sha256 == sha256_hex(window_178_onnx()));
    CHECK(card->samples == 178);
    CHECK(card->rate_numerator == 17361);
    CHECK(card->rate_denominator == 100);
    CHECK(card->rate_tolerance_hz == 0.1);
    CHECK(card->other_rates == ModelCard::OtherRates::resampled);
    CHECK(card->band == Band{.low_hz = 0.53, .high_hz = 40});
    CHECK_FALSE(card->band_pass.has_value());
    CHECK(card->notch == ModelCard::Notch::none);
    CHECK(card->signal_kinds.has(SignalKind::intracranial));
    CHECK_FALSE(card->signal_kinds.has(SignalKind::scalp));
    CHECK(card->references.has(Reference::average));
    CHECK_FALSE(card->references.has(Reference::bipolar));
    CHECK(card->false_alarms_of.empty());
}

TEST_CASE("filters and other rates are read") {
    const auto pass = parse_card(with(R"("band_pass_hz": null)", R"("band_pass_hz": [0.5, 70])"));
    REQUIRE(pass.has_value());
    CHECK(pass->band_pass == Band{.low_hz = 0.5, .high_hz = 70});

    using enum ModelCard::Notch;
    for (const auto& [text, notch] :
         {std::pair{"50", hz_50}, {"60", hz_60}, {"\"mains\"", mains}}) {
        const auto card =
            parse_card(with(R"("notch_hz": null)", std::string(R"("notch_hz": )") + text));
        REQUIRE(card.has_value());
        CHECK(card->notch == notch);
    }
    using enum ModelCard::OtherRates;
    for (const auto& [text, other] :
         {std::pair{"\"refused\"", refused},
          {"\"downsampled\"", downsampled},
          {"\"higher_even\"", higher_even}}) {
        const auto card = parse_card(with(R"("resampled")", text));
        REQUIRE(card.has_value());
        CHECK(card->other_rates == other);
    }
}

TEST_CASE("what only some models have may be there, and is of its type") {
    const auto card = [](std::string_view input, std::string_view output, std::string_view end) {
        auto text =
            with(R"("notch_hz": null}})", R"("notch_hz": null})" + std::string(input) + "}");
        text.replace(
            text.find(R"("meaning": "m"})"),
            15,
            R"("meaning": "m")" + std::string(output) + "}"
        );
        text.replace(text.rfind('}'), 1, std::string(end) + "}");
        return parse_card(text);
    };
    CHECK(card("", "", "").has_value());
    CHECK(card(R"(, "spectrogram": {"bins": 2}, "warming_up_s": 300)", "", "").has_value());
    CHECK(card("", R"(, "classes": 4, "seizure_class": 0)", "").has_value());
    CHECK(card("", "", R"(, "rules": {"ratio": 2}, "live": null)").has_value());
    CHECK(card(R"(, "spectrogram": 3)", "", "").error().field == "input.spectrogram");
    CHECK(card(R"(, "warming_up_s": 0)", "", "").error().field == "input.warming_up_s");
    CHECK(card("", R"(, "classes": "four")", "").error().field == "output.classes");
    CHECK(card("", "", R"(, "rule": {})").error().field == "rule");
}

TEST_CASE("every card of this project is read") {
    for (const auto& [folder, name, kind] :
         {std::tuple{"window_178", "window-178", ModelCard::Kind::network},
          {"line_length", "line-length", ModelCard::Kind::algorithm},
          {"sladky_2022", "sladky-2022", ModelCard::Kind::network}}) {
        std::ifstream in(std::string(VIGIL_SOURCE_DIR "/models/") + folder + "/card.json");
        const std::string text(std::istreambuf_iterator<char>(in), {});
        const auto card = parse_card(text);
        INFO(folder << ": " << (card ? "" : card.error().detail));
        REQUIRE(card.has_value());
        CHECK(card->name == name);
        CHECK(card->kind == kind);
    }
}

TEST_CASE("an algorithm has neither file nor digest") {
    auto text = with(R"("network", "file": "m.onnx")", R"("algorithm", "file": null)");
    const std::string digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    CHECK(parse_card(text).error().field == "sha256");
    text.replace(text.find('"' + digest + '"'), digest.size() + 2, "null");
    const auto card = parse_card(text);
    REQUIRE(card.has_value());
    CHECK(card->kind == ModelCard::Kind::algorithm);
    CHECK(card->sha256.empty());
}

TEST_CASE("what is no JSON, or is another version of a card, is refused") {
    for (const auto* text : {"", "no JSON", "[]", "{", R"({"card": 1)", "null"}) {
        CAPTURE(text);
        const auto card = parse_card(text);
        REQUIRE_FALSE(card.has_value());
        CHECK(card.error().code == ErrorCode::invalid_argument);
        CHECK_FALSE(card.error().field.empty());
    }
    CHECK(parse_card(small_card() + "{}").error().field == "card");
    CHECK(parse_card("{}").error().detail == "The model's card is wrong: card is missing.");
    const auto newer = parse_card(with(R"("card": 1)", R"("card": 2)"));
    CHECK(
        newer.error().detail == "The model's card is wrong: card must be 1, the only version read."
    );
}

TEST_CASE("each member of a card is there once, known and of its type") {
    require_refused(std::array<Wrong, 12>{{
        {R"("name": "m", )", "", "name"},
        {R"("name": "m")", R"("name": "")", "name"},
        {R"("name": "m")", R"("name": 5)", "name"},
        {R"("limits": [])", R"("accuracy": 1)", "accuracy"},
        {R"("licence": "l")", R"("card": 1)", "card"},
        {R"("kind": "network")", R"("kind": "oracle")", "kind"},
        {R"("file": "m.onnx")", R"("file": null)", "file"},
        {R"("m.onnx")", R"("")", "file"},
        {R"("0123456789abcdef0)", R"("g123456789abcdef0)", "sha256"},
        {R"("0123456789abcdef0)", R"("123456789abcdef0)", "sha256"},
        {R"("0123456789abcdef0)", R"("00123456789abcdef0)", "sha256"},
        {R"("meaning": "m")", R"("meaning": "")", "output.meaning"},
    }});
}

TEST_CASE("signals and filters of a card lie in their range") {
    require_refused(std::array<Wrong, 14>{{
        {R"(["scalp"])", R"(["cortex"])", "signal.kinds[0]"},
        {R"(["scalp"])", R"([])", "signal.kinds"},
        {R"(["scalp"])", R"("scalp")", "signal.kinds"},
        {R"(["average"])", R"(["average", "unknown"])", "signal.references[1]"},
        {R"("low_hz": 0.5)", R"("low_hz": 70)", "input.band"},
        {R"("low_hz": 0.5)", R"("low_hz": -1)", "input.band.low_hz"},
        {R"("high_hz": 70)", R"("high_hz": 10001)", "input.band.high_hz"},
        {R"("band_pass_hz": null)", R"("band_pass_hz": [1])", "input.filters.band_pass_hz"},
        {R"("band_pass_hz": null)", R"("band_pass_hz": [9, 1])", "input.filters.band_pass_hz"},
        {R"("band_pass_hz": null)", R"("band_pass_hz": [1, 2, 3])", "input.filters.band_pass_hz"},
        {R"("notch_hz": null)", R"("notch_hz": 55)", "input.filters.notch_hz"},
        {R"("notch_hz": null)", R"("notch_hz": "none")", "input.filters.notch_hz"},
        {R"("scalp": "none measured")", R"("scalp": "some")", "event_level.scalp"},
        {R"("scalp": "none measured")", R"("scalp": 0)", "event_level.scalp"},
    }});
}

namespace {

/// The small card with figures on scalp recordings.
std::string measured(
    std::string_view line_length,
    std::string_view figures = R"("detected": 30, "false_alarms": 12)"
) {
    return with(
        R"("scalp": "none measured")",
        std::format(
            R"("scalp": {{"data": "d", "patients": 20, "hours": 48, {}, "seizures": 40,
"false_alarms_per_day": {{"value": 6, "interval_95": [3.1, 10.5]}}, "median_latency_s": 7.5,
"threshold": "t", "line_length": {}}})",
            figures,
            line_length
        )
    );
}

} // namespace

TEST_CASE("a card says where its model did not beat line-length") {
    struct Baseline {
        int detected;
        int false_alarms;
        bool is_beaten;
    };

    for (const auto& [detected, false_alarms, is_beaten] :
         {Baseline{29, 12, true},
          Baseline{30, 13, true},
          Baseline{29, 13, true},
          Baseline{30, 12, false},
          Baseline{31, 99, false},
          Baseline{10, 11, false}}) {
        CAPTURE(detected, false_alarms);
        const auto card = parse_card(measured(
            std::format(R"({{"detected": {}, "false_alarms": {}}})", detected, false_alarms)
        ));
        REQUIRE(card.has_value());
        CHECK(card->false_alarms_of.has(SignalKind::scalp));
        CHECK(card->line_length_unbeaten_on.has(SignalKind::scalp) != is_beaten);
        CHECK_FALSE(card->line_length_unbeaten_on.has(SignalKind::intracranial));
    }
}

TEST_CASE("only line-length's own card has figures without line-length beside them") {
    const auto refused = parse_card(measured("null"));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().field == "event_level");
    auto own = measured("null");
    const std::string name = R"("name": "m")";
    own.replace(own.find(name), name.size(), R"("name": "line-length")");
    const auto card = parse_card(own);
    REQUIRE(card.has_value());
    CHECK(card->false_alarms_of.has(SignalKind::scalp));
    CHECK(card->line_length_unbeaten_on.empty());
    for (const auto& [line_length, figures] : std::array<std::array<std::string_view, 2>, 4>{{
             {R"({"detected": 3})", R"("detected": 3, "false_alarms": 1)"},
             {R"({"detected": -3, "false_alarms": 1})", R"("detected": 3, "false_alarms": 1)"},
             {"null", R"("detected": 3)"},
             {"null", R"("detected": 3, "false_alarms": 1.5)"},
         }}) {
        CAPTURE(line_length, figures);
        CHECK_FALSE(parse_card(measured(line_length, figures)).has_value());
    }
}

TEST_CASE("lengths and rates of a card lie in their range") {
    require_refused(std::array<Wrong, 11>{{
        {R"("unit": "uV")", R"("unit": "mV")", "input.unit"},
        {R"("float32")", R"("float64")", "input.type"},
        {R"("samples": 512)", R"("samples": 0)", "input.samples"},
        {R"("samples": 512)", R"("samples": 1000001)", "input.samples"},
        {R"("samples": 512)", R"("samples": 1.5)", "input.samples"},
        {R"("numerator": 256)", R"("numerator": 0)", "input.rate.numerator"},
        {R"("denominator": 1)", R"("denominator": 0)", "input.rate.denominator"},
        {R"("tolerance_hz": 0.5)", R"("tolerance_hz": 256)", "input.rate.tolerance_hz"},
        {R"("tolerance_hz": 0.5)", R"("tolerance_hz": -0.1)", "input.rate.tolerance_hz"},
        {R"("resampled")", R"("guessed")", "input.rate.other_rates"},
        {R"([0, 1])", R"([0, 100])", "output.range[1]"},
    }});
}
