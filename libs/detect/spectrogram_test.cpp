#include "detect/spectrogram.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <random>

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace vigil::detect {

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
using Power = std::array<double, spectrum_bins>;

std::vector<double> noise(std::size_t count, double deviation = 50) {
    std::mt19937_64 engine(3);
    std::normal_distribution<double> values(0, deviation);
    std::vector<double> made(count);
    std::ranges::generate(made, [&] { return values(engine); });
    return made;
}

std::vector<double> sine(std::uint32_t rate, double hertz, double amplitude) {
    std::vector<double> made(rate);
    for (std::size_t i = 0; i < rate; ++i) {
        made[i] =
            amplitude * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate);
    }
    return made;
}

/// A window's normalised cells: [bins][columns].
std::vector<float> spectrogram(const Spectrum& spectrum, std::span<const double> window_uv) {
    std::vector<float> out(spectrum_bins * (window_uv.size() / spectrum.hop() - 1));
    window_spectrogram(spectrum, window_uv, out);
    return out;
}

} // namespace

TEST_CASE("rates that are not whole, even and from 200 Hz to 20 kHz are refused") {
    for (const std::uint32_t rate : {200U, 250U, 256U, 500U, 20'000U}) {
        const auto spectrum = Spectrum::make(rate, 1);
        REQUIRE(spectrum.has_value());
        CHECK(spectrum->samples() == rate);
        CHECK(spectrum->hop() == rate / 2);
    }
    CHECK(Spectrum::make(1000, 2)->samples() == 500);
    for (const auto& [numerator, denominator] :
         {std::pair{198U, 1U},
          {199U, 1U},
          {201U, 1U},
          {255U, 1U},
          {20'002U, 1U},
          {0U, 1U},
          {256U, 0U}}) {
        const auto refused = Spectrum::make(numerator, denominator);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().field == "rate");
    }
    CHECK(Spectrum::make(17361, 100).error().detail.contains("whole"));
    CHECK(Spectrum::make(128, 1).error().detail.contains("not filled up"));
}

TEST_CASE("a spectrum is that of the definition, for every bin") {
    for (const std::uint32_t rate : {200U, 202U, 256U, 500U}) {
        CAPTURE(rate);
        const auto spectrum = Spectrum::make(rate, 1).value();
        const auto segment = noise(rate);
        Power power{};
        REQUIRE(spectrum.power(segment, power));
        double mean = 0;
        for (const double x : segment) {
            mean += x / rate;
        }
        for (std::size_t bin = 0; bin < spectrum_bins; ++bin) {
            std::complex<double> sum;
            for (std::size_t i = 0; i < rate; ++i) {
                // a quarter of the window is tapered, half at each end
                const double edge = static_cast<double>(std::min<std::size_t>(i, rate - i)) / rate;
                const double weight =
                    edge < 0.125 ? 0.5 - 0.5 * std::cos(std::numbers::pi * edge / 0.125) : 1.0;
                const double turn = static_cast<double>(i) * static_cast<double>(bin) / rate;
                sum += (segment[i] - mean) * weight * std::polar(1.0, -2 * std::numbers::pi * turn);
            }
            REQUIRE_THAT(power[bin], WithinRel(std::norm(sum), 1e-9) || WithinAbs(0, 1e-6));
        }
    }
}

TEST_CASE("a sine's power is at its frequency, and grows with the square of its amplitude") {
    const auto spectrum = Spectrum::make(256, 1).value();
    Power one{};
    Power ten{};
    REQUIRE(spectrum.power(sine(256, 12, 1), one));
    REQUIRE(spectrum.power(sine(256, 12, 10), ten));
    CHECK(std::ranges::max_element(one) - one.begin() == 12);
    CHECK_THAT(ten[12], WithinRel(100 * one[12], 1e-9));
    CHECK(one[40] < 1e-4 * one[12]);
    // the mean is no signal
    auto shifted = sine(256, 12, 1);
    std::ranges::for_each(shifted, [](double& x) { x += 4096; });
    Power also{};
    REQUIRE(spectrum.power(shifted, also));
    CHECK_THAT(also[12], WithinRel(one[12], 1e-9));
    CHECK(also[0] < 1e-9 * also[12]);
}

TEST_CASE("a segment of zeros has no power") {
    const auto spectrum = Spectrum::make(200, 1).value();
    Power power{};
    power.fill(1);
    CHECK_FALSE(spectrum.power(std::vector<double>(200, 0.0), power));
    CHECK(power == Power{});
    CHECK_FALSE(spectrum.power(std::vector<double>(200, 0.5), power));
}

TEST_CASE("each bin has mean 0 and deviation 1 over the columns with power, and 0 elsewhere") {
    std::vector<double> power(4 * spectrum_bins, 7.0);
    power[0 * spectrum_bins + 5] = 1;
    power[1 * spectrum_bins + 5] = 3;
    power[3 * spectrum_bins + 5] = 5;
    power[2 * spectrum_bins + 5] = 1e9; // of a column that does not count
    std::vector<float> out(power.size(), 9.0F);
    normalise_bins(power, {true, true, false, true}, out);
    const float step = std::sqrt(1.5F); // 2 / the deviation of 1, 3, 5
    CHECK_THAT(out[5 * 4 + 0], WithinAbs(-step, 1e-6));
    CHECK(out[5 * 4 + 1] == 0.0F);
    CHECK(out[5 * 4 + 2] == 0.0F);
    CHECK_THAT(out[5 * 4 + 3], WithinAbs(step, 1e-6));
    CHECK(out[6 * 4] == 0.0F); // a bin that does not vary is only centred
    normalise_bins(power, {false, false, false, false}, out);
    CHECK(std::ranges::all_of(out, [](float x) { return x == 0.0F; }));
}

TEST_CASE("a segment with a missing sample, or whose samples are all equal, says nothing") {
    auto samples = noise(1000);
    samples[250] = missing;
    std::fill(samples.begin() + 500, samples.begin() + 800, 3.0);
    // segments begin every 100 samples and have 200
    CHECK(
        segments_to_evaluate(samples, 100) ==
        std::vector<bool>{true, false, false, true, true, false, false, true, true}
    );
    samples[250] = std::numeric_limits<double>::infinity();
    CHECK_FALSE(segments_to_evaluate(samples, 100)[1]);
    CHECK(segments_to_evaluate(std::span(samples).first(199), 100).empty());
    CHECK(segments_to_evaluate(std::span(samples).first(200), 100).size() == 1);
}

TEST_CASE("a window's spectrogram does not depend on gain or offset") {
    const auto spectrum = Spectrum::make(200, 1).value();
    const auto window = noise(200 * 20);
    auto other = window;
    std::ranges::for_each(other, [](double& x) { x = 0.3 * x - 700; });
    const auto first = spectrogram(spectrum, window);
    const auto second = spectrogram(spectrum, other);
    for (std::size_t i = 0; i < first.size(); ++i) {
        REQUIRE_THAT(second[i], WithinAbs(first[i], 1e-5));
    }
}

TEST_CASE("what is missing has no power, and what lies beside it keeps some") {
    const auto spectrum = Spectrum::make(200, 1).value();
    auto window = noise(200 * 20);
    std::fill(window.begin() + 1000, window.begin() + 1450, missing);
    const auto cells = spectrogram(spectrum, window);
    const auto column = [&](std::size_t number) {
        double sum = 0;
        for (std::size_t bin = 0; bin < spectrum_bins; ++bin) {
            sum += std::abs(cells[bin * 39 + number]);
        }
        return sum;
    };
    CHECK(column(9) > 0);   // samples 900 to 1100
    CHECK(column(10) == 0); // 1000 to 1200
    CHECK(column(12) == 0); // 1200 to 1400
    CHECK(column(13) > 0);  // 1300 to 1500
    CHECK(std::ranges::all_of(cells, [](float x) { return std::isfinite(x); }));
    const std::vector<double> nothing(4000, missing);
    const auto none = spectrogram(spectrum, nothing);
    CHECK(std::ranges::all_of(none, [](float x) { return x == 0.0F; }));
}

} // namespace vigil::detect
