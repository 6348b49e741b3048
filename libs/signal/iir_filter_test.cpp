#include "signal/iir_filter.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace vigil::signal {
namespace {

// Amplitude of a sine after the filter has settled.
double gain(IirFilter filter, double hz, double rate_hz) {
    std::vector<double> samples(static_cast<std::size_t>(rate_hz * 40));
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i] = std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz);
    }
    filter.apply(samples);
    double square = 0;
    const std::size_t from = samples.size() / 2;
    for (std::size_t i = from; i < samples.size(); ++i) {
        square += samples[i] * samples[i];
    }
    return std::sqrt(2 * square / static_cast<double>(samples.size() - from));
}

using Catch::Matchers::WithinAbs;

} // namespace

TEST_CASE("a band-pass keeps its band, loses 3 dB at its edges and stops what is outside") {
    for (const unsigned order : {1U, 2U, 3U, 4U, 5U}) {
        const IirFilter filter(butterworth_band_pass(order, 2, 30, 256));
        CHECK_THAT(gain(filter, 8, 256), WithinAbs(1, 0.05));
        CHECK_THAT(gain(filter, 2, 256), WithinAbs(std::sqrt(0.5), 1e-3));
        CHECK_THAT(gain(filter, 30, 256), WithinAbs(std::sqrt(0.5), 1e-3));
        CHECK(gain(filter, 0.25, 256) < std::pow(0.15, order));
        CHECK(gain(filter, 110, 256) < std::pow(0.25, order));
    }
}

TEST_CASE("a notch takes the mains away and little else") {
    for (const double mains_hz : {50.0, 60.0}) {
        const IirFilter filter({notch(mains_hz, 30, 256)});
        CHECK(gain(filter, mains_hz, 256) < 1e-6);
        CHECK_THAT(gain(filter, mains_hz * (1 + 1.0 / 60), 256), WithinAbs(std::sqrt(0.5), 0.02));
        CHECK_THAT(gain(filter, 20, 256), WithinAbs(1, 0.01));
    }
}

TEST_CASE("a filter does not notice how its input is cut") {
    std::vector<double> whole(3000);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        whole[i] = std::sin(static_cast<double>(i * i % 997));
    }
    std::vector<double> cut = whole;
    const auto sections = butterworth_band_pass(4, 0.5, 40, 256);
    IirFilter one(sections);
    one.apply(whole);
    IirFilter other(sections);
    for (std::size_t at = 0; at < cut.size();) {
        const std::size_t count = std::min<std::size_t>(1 + at % 7, cut.size() - at);
        other.apply(std::span(cut).subspan(at, count));
        at += count;
    }
    CHECK(cut == whole);
    other.reset();
    std::vector<double> again{1};
    std::vector<double> fresh{1};
    other.apply(again);
    IirFilter(sections).apply(fresh);
    CHECK(again == fresh);
}

TEST_CASE("bands and frequencies that no filter can have are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(butterworth_band_pass(0, 1, 2, 256), std::invalid_argument);
    CHECK_THROWS_AS(butterworth_band_pass(11, 1, 2, 256), std::invalid_argument);
    CHECK_THROWS_AS(butterworth_band_pass(2, 0, 2, 256), std::invalid_argument);
    CHECK_THROWS_AS(butterworth_band_pass(2, 2, 2, 256), std::invalid_argument);
    CHECK_THROWS_AS(butterworth_band_pass(2, 1, 128, 256), std::invalid_argument);
    CHECK_THROWS_AS(butterworth_band_pass(2, nan, 2, 256), std::invalid_argument);
    CHECK_NOTHROW(butterworth_band_pass(10, 1, 127.9, 256));
    CHECK_THROWS_AS(notch(128, 30, 256), std::invalid_argument);
    CHECK_THROWS_AS(notch(0, 30, 256), std::invalid_argument);
    CHECK_THROWS_AS(notch(50, 0, 256), std::invalid_argument);
    CHECK_THROWS_AS(notch(50, nan, 256), std::invalid_argument);
}

} // namespace vigil::signal
