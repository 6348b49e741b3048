#include "detect/shadow.hpp"

#include "detect/onnx_scorer.hpp"
#include "detect/window_shape.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <numbers>

using namespace vigil;
using namespace vigil::detect;

namespace {

/// A model for bipolar scalp channels at 256 Hz, with figures.
ModelCard card() {
    ModelCard made;
    made.name = "m";
    made.samples = 512;
    made.rate_numerator = 256;
    made.signal_kinds.add(SignalKind::scalp);
    made.references.add(Reference::bipolar);
    made.references.add(Reference::average);
    made.rate_tolerance_hz = 0.5;
    made.band = {.low_hz = 0.5, .high_hz = 70};
    made.false_alarms_of.add(SignalKind::scalp);
    return made;
}

StreamSignal stream(std::uint32_t rate = 256, std::uint32_t denominator = 1) {
    return {
        .kind = SignalKind::scalp,
        .reference = Reference::bipolar,
        .rate_numerator = rate,
        .rate_denominator = denominator
    };
}

} // namespace

TEST_CASE("a model may be active on the signal that its card names and has false alarms for") {
    CHECK(reason_for_shadow(card(), stream()) == std::nullopt);
    auto other = stream();
    other.reference = Reference::average;
    CHECK(reason_for_shadow(card(), other) == std::nullopt);
}

TEST_CASE("a model without false alarms on the kind of signal is a shadow") {
    auto unmeasured = card();
    unmeasured.false_alarms_of = {};
    unmeasured.false_alarms_of.add(SignalKind::intracranial);
    CHECK(
        reason_for_shadow(unmeasured, stream()) ==
        "False alarms of m were never measured on scalp recordings."
    );
}

TEST_CASE("a model that did not beat line-length on the kind of signal is a shadow there") {
    auto unbeaten = card();
    unbeaten.line_length_unbeaten_on.add(SignalKind::intracranial);
    CHECK(doubts_of(unbeaten, stream()).empty());
    unbeaten.line_length_unbeaten_on.add(SignalKind::scalp);
    const auto doubts = doubts_of(unbeaten, stream());
    REQUIRE(doubts.size() == 1);
    CHECK(doubts[0].doubt == Doubt::line_length_unbeaten);
    CHECK(
        doubts[0].sentence ==
        "On scalp recordings m did not beat line-length: it has to detect more without more false "
        "alarms, or as much with fewer."
    );
}

TEST_CASE("another kind of signal, or an unknown one, makes a shadow") {
    auto inside = stream();
    inside.kind = SignalKind::intracranial;
    auto measured = card();
    measured.false_alarms_of.add(SignalKind::intracranial);
    CHECK(
        reason_for_shadow(measured, inside) ==
        "m was made from scalp seizures, and the stream is intracranial."
    );
    auto unknown = stream();
    unknown.kind = SignalKind::unknown;
    CHECK(
        reason_for_shadow(card(), unknown) ==
        "Nobody has said whether the stream is scalp or intracranial, and m was made from scalp "
        "seizures."
    );
}

TEST_CASE("another reference, or an unknown one, makes a shadow") {
    auto other = stream();
    other.reference = Reference::common;
    CHECK(
        reason_for_shadow(card(), other) ==
        "m wants the reference average or bipolar, and the stream's is common."
    );
    other.reference = Reference::unknown;
    CHECK(
        reason_for_shadow(card(), other) ==
        "Nobody has said what the stream's channels are measured against, and m wants the "
        "reference average or bipolar."
    );
}

TEST_CASE("a rate within the tolerance is the model's, whatever becomes of other rates") {
    auto strict = card();
    strict.other_rates = ModelCard::OtherRates::refused;
    CHECK(reason_for_shadow(strict, stream(2565, 10)) == std::nullopt);
    CHECK(reason_for_shadow(strict, stream(2555, 10)) == std::nullopt);
    CHECK(
        reason_for_shadow(strict, stream(2566, 10)) ==
        "m wants 256 Hz, and the stream has 256.6 Hz."
    );
    CHECK(reason_for_shadow(strict, stream(2554, 10)).has_value());
    CHECK(reason_for_shadow(strict, stream(512)).has_value());
}

TEST_CASE("a model that is only sampled down takes no lower rate") {
    auto down = card();
    down.other_rates = ModelCard::OtherRates::downsampled;
    CHECK(reason_for_shadow(down, stream(512)) == std::nullopt);
    CHECK(
        reason_for_shadow(down, stream(250)) == "m wants 256 Hz or more, and the stream has 250 Hz."
    );
}

TEST_CASE("a model that reads higher rates as they are takes whole and even ones alone") {
    auto higher = card();
    higher.other_rates = ModelCard::OtherRates::higher_even;
    CHECK(reason_for_shadow(higher, stream(512)) == std::nullopt);
    CHECK(reason_for_shadow(higher, stream(1024, 2)) == std::nullopt);
    CHECK(
        reason_for_shadow(higher, stream(513)) ==
        "m wants 256 Hz or a higher rate that is whole and even, and the stream has 513 Hz."
    );
    CHECK(reason_for_shadow(higher, stream(250)).has_value());
    CHECK(reason_for_shadow(higher, stream(5150, 20)).has_value());
    CHECK(reason_for_shadow(higher, stream(4'294'967'295, 2'147'483'648)).has_value());
}

TEST_CASE("a resampled stream must carry the card's band") {
    CHECK(reason_for_shadow(card(), stream(210)) == std::nullopt);
    CHECK(
        reason_for_shadow(card(), stream(209)) ==
        "m was made from a band up to 70 Hz, which a stream carries from 210 Hz on, and the stream "
        "has 209 Hz."
    );
}

TEST_CASE("a stream whose rate is not known makes a shadow") {
    CHECK(reason_for_shadow(card(), stream(0)) == "The stream's rate is not known.");
    CHECK(reason_for_shadow(card(), stream(256, 0)) == "The stream's rate is not known.");
}

TEST_CASE("every reason is told at once") {
    const StreamSignal other{
        .kind = SignalKind::intracranial,
        .reference = Reference::common,
        .rate_numerator = 100,
        .rate_denominator = 1
    };
    const auto reasons = reason_for_shadow(card(), other).value();
    for (const auto* part :
         {"the stream is intracranial.", "is common.", "has 100 Hz.", "never measured"}) {
        CHECK(reasons.contains(part));
    }
}

TEST_CASE("up to a third of a stream's rate the window's filter keeps amplitudes within 1 %") {
    const auto window_card = parse_card(window_178_card()).value();
    for (const std::uint32_t rate : {120U, 128U, 150U, 200U, 256U, 500U}) {
        const auto shape = WindowShape::make(window_card, rate, 1).value();
        const double hertz = std::min(rate / 3.0, window_card.band.high_hz);
        // the quadrature sum of two phases is the amplitude at every sample
        std::vector<float> sine(shape.needed());
        std::vector<float> cosine(shape.needed());
        for (std::size_t i = 0; i < sine.size(); ++i) {
            const double angle = 2.0 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
            sine[i] = static_cast<float>(std::sin(angle));
            cosine[i] = static_cast<float>(std::cos(angle));
        }
        std::vector<float> sine_out(178);
        std::vector<float> cosine_out(178);
        shape.read(sine, sine_out);
        shape.read(cosine, cosine_out);
        for (std::size_t i = 0; i < sine_out.size(); ++i) {
            CAPTURE(rate, i);
            CHECK_THAT(
                std::hypot(sine_out[i], cosine_out[i]),
                Catch::Matchers::WithinAbs(1.0, 0.01)
            );
        }
    }
}

TEST_CASE("window-178 is a shadow everywhere: nobody has measured its false alarms") {
    const auto window_card = parse_card(window_178_card()).value();
    const StreamSignal like_bonn{
        .kind = SignalKind::intracranial,
        .reference = Reference::average,
        .rate_numerator = 17361,
        .rate_denominator = 100
    };
    CHECK(
        reason_for_shadow(window_card, like_bonn) ==
        "False alarms of window-178 were never measured on intracranial recordings."
    );
    auto scalp = like_bonn;
    scalp.kind = SignalKind::scalp;
    CHECK(reason_for_shadow(window_card, scalp).has_value());
}
