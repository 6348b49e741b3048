#include "detect/window_shape.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace vigil;
using namespace vigil::detect;

namespace {

const ModelCard card{
    .name = "window-178",
    .version = "1",
    .sha256 = {},
    .input_name = {},
    .output_name = {},
    .samples = 178,
    .rate_numerator = 17361,
    .rate_denominator = 100
};

/// Largest value of a sine of `hertz` after it was read at `rate`.
float amplitude_after(std::uint32_t rate, double hertz) {
    const auto shape = WindowShape::make(card, rate, 1).value();
    std::vector<float> in(shape.needed());
    for (std::size_t i = 0; i < in.size(); ++i) {
        in[i] = static_cast<float>(
            std::sin(2.0 * std::numbers::pi * hertz * static_cast<double>(i) / rate)
        );
    }
    std::vector<float> out(178);
    shape.read(in, out);
    float largest = 0;
    for (const float value : out) {
        largest = std::max(largest, std::abs(value));
    }
    return largest;
}

} // namespace

TEST_CASE("a stream at the model's rate is read as it is") {
    const auto shape = WindowShape::make(card, 17361, 100).value();
    CHECK(shape.needed() == 178);
    CHECK(shape.end_of(1) == 173);
    CHECK(shape.end_of(100) == 17361);
    std::vector<float> in(178);
    for (std::size_t i = 0; i < in.size(); ++i) {
        in[i] = static_cast<float>(i);
    }
    std::vector<float> out(178);
    shape.read(in, out);
    CHECK(in == out);
}

TEST_CASE("the card's tolerance says which rates are read as they are") {
    auto tolerant = card;
    tolerant.rate_tolerance_hz = 0.1;
    for (const auto& [numerator, needed_as_is] :
         {std::pair{17360U, true},
          {17370U, true},
          {17351U, true},
          {17371U, true},
          {17350U, false},
          {17372U, false}}) {
        CAPTURE(numerator);
        CHECK(
            (WindowShape::make(tolerant, numerator, 100).value().needed() == 178) == needed_as_is
        );
    }
    CHECK(WindowShape::make(card, 17360, 100).value().needed() > 178);
}

TEST_CASE("the first window after an index is the one whose end is the next over it") {
    for (const auto& [numerator, denominator] :
         {std::pair{17361U, 100U}, {256U, 1U}, {50U, 1U}, {1000U, 3U}}) {
        const auto shape = WindowShape::make(card, numerator, denominator).value();
        for (std::uint64_t index = 0; index < 2000; ++index) {
            const auto k = shape.first_ending_after(index);
            REQUIRE(shape.end_of(k) > index);
            REQUIRE((k == 0 || shape.end_of(k - 1) <= index));
        }
    }
}

TEST_CASE("rates from 50 Hz to 4 kHz keep 10 Hz and constant values") {
    for (const std::uint32_t rate : {50U, 128U, 200U, 256U, 500U, 1000U, 4000U}) {
        CAPTURE(rate);
        CHECK_THAT(amplitude_after(rate, 10.0), Catch::Matchers::WithinAbs(1.0, 0.01));
        const auto shape = WindowShape::make(card, rate, 1).value();
        const std::vector<float> in(shape.needed(), 42.0F);
        std::vector<float> out(178);
        shape.read(in, out);
        for (const float value : out) {
            REQUIRE_THAT(value, Catch::Matchers::WithinAbs(42.0, 1e-3));
        }
    }
}

TEST_CASE("what lies over the model's Nyquist frequency does not fold back") {
    for (const std::uint32_t rate : {256U, 500U, 1000U, 4000U}) {
        CAPTURE(rate);
        CHECK(amplitude_after(rate, 0.45 * 256) < 0.01F);
    }
}

TEST_CASE("a sine is sampled at the model's times: the phase of the last sample is right") {
    constexpr double rate = 256.0;
    const auto shape = WindowShape::make(card, 256, 1).value();
    std::vector<float> in(shape.needed());
    for (std::size_t i = 0; i < in.size(); ++i) {
        in[i] = static_cast<float>(
            std::sin(2.0 * std::numbers::pi * 7.0 * static_cast<double>(i) / rate)
        );
    }
    std::vector<float> out(178);
    shape.read(in, out);
    // Eight zero crossings at 0.9 of the lower Nyquist frequency: the filter's half width in input
    // samples.
    const double half_width = 8.0 / (0.9 * 173.61 / rate);
    const double last = static_cast<double>(shape.needed() - 1) - half_width;
    for (int back = 0; back < 178; back += 11) {
        const double at = last - back * rate / 173.61;
        CHECK_THAT(
            out[static_cast<std::size_t>(177 - back)],
            Catch::Matchers::WithinAbs(std::sin(2.0 * std::numbers::pi * 7.0 * at / rate), 0.005)
        );
    }
}

TEST_CASE("rates outside 20 Hz to 20 kHz are refused") {
    CHECK_FALSE(WindowShape::make(card, 19, 1).has_value());
    CHECK_FALSE(WindowShape::make(card, 20'001, 1).has_value());
    CHECK_FALSE(WindowShape::make(card, 256, 0).has_value());
    CHECK_FALSE(WindowShape::make(card, 0, 1).has_value());
    CHECK(WindowShape::make(card, 20, 1).has_value());
    CHECK(WindowShape::make(card, 20'000, 1).has_value());
}

namespace {

ModelCard filtered_card() {
    auto asking = card;
    asking.band_pass = Band{.low_hz = 0.5, .high_hz = 40};
    asking.notch = ModelCard::Notch::hz_50;
    return asking;
}

/// Drift, alpha and mains on an offset, at 256 Hz.
std::vector<double> drifting(std::size_t count) {
    std::vector<double> made(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double t = 2 * std::numbers::pi * static_cast<double>(i) / 256;
        made[i] = 1000 + 200 * std::sin(0.1 * t) + 50 * std::sin(10 * t) + 80 * std::sin(50 * t);
    }
    return made;
}

} // namespace

TEST_CASE("a window of a card with filters is that of a stream filtered from its begin") {
    const auto filtering = WindowShape::make(filtered_card(), 256, 1).value();
    const auto plain = WindowShape::make(card, 256, 1).value();
    REQUIRE(filtering.lead() > 256);
    REQUIRE(filtering.needed() == plain.needed() + filtering.lead());
    const auto samples = drifting(256UL * 60);
    auto sections = signal::butterworth_band_pass(2, 0.5, 40, 256);
    sections.push_back(signal::notch(50, 30, 256));
    auto whole = samples;
    for (auto& sample : whole) {
        sample -= samples.front();
    }
    signal::IirFilter(sections).apply(whole);
    std::vector<float> expected(178);
    std::vector<float> found(178);
    for (const std::size_t end : {256UL * 30, 256UL * 47, 256UL * 60}) {
        const auto part = [end](const std::vector<double>& all, std::size_t count) {
            const auto stop = all.begin() + static_cast<std::ptrdiff_t>(end);
            return std::vector<float>(stop - static_cast<std::ptrdiff_t>(count), stop);
        };
        plain.read(part(whole, plain.needed()), expected);
        filtering.read(part(samples, filtering.needed()), found);
        for (std::size_t i = 0; i < found.size(); ++i) {
            REQUIRE_THAT(found[i], Catch::Matchers::WithinAbs(expected[i], 0.1)); // of 330 uV
        }
        const auto largest = std::abs(*std::ranges::max_element(found, {}, [](float value) {
            return std::abs(value);
        }));
        CHECK(largest > 45); // alpha is there, drift, mains and the offset are not
        CHECK(largest < 60);
    }
}

TEST_CASE("what a card's filters cannot do at a rate is refused") {
    auto asking = filtered_card();
    CHECK_FALSE(WindowShape::make(asking, 80, 1));
    CHECK(WindowShape::make(asking, 90, 1)); // 50 Hz is not in it: there is nothing to take away
    asking.band_pass->low_hz = 0.01;
    CHECK(WindowShape::make(asking, 256, 1).error().field == "band_pass");
    CHECK(WindowShape::make(card, 256, 1)->lead() == 0);
}
