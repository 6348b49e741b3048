#include "signal/resampler.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <fstream>
#include <numbers>
#include <random>
#include <span>
#include <vector>

namespace vigil::signal {
namespace {

std::vector<float> sine(double cycles_per_sample, std::size_t count) {
    std::vector<float> out(count);
    for (std::size_t t = 0; t < count; ++t) {
        out[t] = static_cast<float>(
            std::sin(2 * std::numbers::pi * cycles_per_sample * static_cast<double>(t))
        );
    }
    return out;
}

std::vector<float> noise(std::size_t count) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal(0, 50);
    std::vector<float> out(count);
    for (float& x : out) {
        x = normal(random);
    }
    return out;
}

void append(std::vector<float>& to, const std::vector<float>& more) {
    to.insert(to.end(), more.begin(), more.end());
}

} // namespace

TEST_CASE("resampling agrees with scipy.signal.resample_poly") {
    std::ifstream file(VIGIL_SOURCE_DIR "/libs/signal/resampler_vectors.txt");
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    int cases = 0;
    while (file >> up >> down >> inputs >> outputs) {
        std::vector<float> in(inputs);
        std::vector<double> expected(outputs);
        for (float& x : in) {
            file >> x;
        }
        for (double& y : expected) {
            file >> y;
        }
        REQUIRE(file);
        PolyphaseResampler resampler(up, down);
        std::vector<float> out = resampler.push(in);
        append(out, resampler.finish());
        REQUIRE(out.size() == outputs);
        for (std::size_t m = 0; m < outputs; ++m) {
            CHECK_THAT(out[m], Catch::Matchers::WithinAbs(expected[m], 1e-3));
        }
        ++cases;
    }
    CHECK(cases == 8);
}

TEST_CASE("any cut into blocks gives the same bits") {
    const std::vector<float> in = noise(3000);
    const PolyphaseResampler fresh(17361, 25600);
    PolyphaseResampler whole = fresh;
    const std::vector<float> expected = whole.push(in);
    CHECK(expected.size() > 2000);
    std::mt19937 random(3);
    for (const std::size_t longest : {1, 2, 100, 256, 2999}) {
        PolyphaseResampler cut = fresh;
        std::vector<float> out;
        for (std::size_t t = 0; t < in.size();) {
            const std::size_t count = std::min<std::size_t>(1 + random() % longest, in.size() - t);
            append(out, cut.push(std::span(in).subspan(t, count)));
            t += count;
        }
        CHECK(out == expected);
        CHECK(cut.next_output() == whole.next_output());
    }
}

TEST_CASE("after a reset in mid-stream the outputs lie on the same grid") {
    const std::vector<float> in = noise(2000);
    PolyphaseResampler whole(17361, 25600);
    const std::vector<float> expected = whole.push(in);
    PolyphaseResampler late = whole;
    constexpr std::size_t first = 777;
    late.reset(first);
    const std::uint64_t m0 = late.next_output();
    CHECK(m0 == (first * 17361 + 25599) / 25600);
    const std::vector<float> out = late.push(std::span(in).subspan(first));
    // once the filter has no more zeros in its past, nothing tells the two apart
    for (std::size_t i = 25; i < out.size(); ++i) {
        REQUIRE(out[i] == expected[m0 + i]);
    }
    // a stream's index may be large: 100 years at 4 kHz
    constexpr std::uint64_t far = 12'623'040'000'000;
    late.reset(far);
    CHECK(
        late.next_output() ==
        static_cast<std::uint64_t>(std::ceil(static_cast<long double>(far) * 17361 / 25600))
    );
}

TEST_CASE("what the lower rate cannot hold is taken away, the rest is kept") {
    const auto power = [](double frequency_hz) {
        PolyphaseResampler resampler(17361, 25600);
        const std::vector<float> out = resampler.push(sine(frequency_hz / 256, 4096));
        double sum = 0;
        for (std::size_t m = 200; m < out.size(); ++m) {
            sum += static_cast<double>(out[m]) * out[m];
        }
        return sum / static_cast<double>(out.size() - 200);
    };
    CHECK_THAT(power(10), Catch::Matchers::WithinRel(0.5, 0.01));
    CHECK_THAT(power(60), Catch::Matchers::WithinRel(0.5, 0.02));
    // Kaiser's beta 5 stops at about 53 dB (Oppenheim and Schafer, Discrete-Time Signal Processing,
    // table 7.2)
    CHECK(power(110) < 0.5 * 1e-5);
}

TEST_CASE("ratios over the limit or of zero are refused") {
    CHECK(PolyphaseResampler::supports(17361, 400'000));
    CHECK(PolyphaseResampler::supports(1'000'000, 2'000'000));
    CHECK_FALSE(PolyphaseResampler::supports(1, PolyphaseResampler::max_ratio_term + 1));
    CHECK_FALSE(PolyphaseResampler::supports(PolyphaseResampler::max_ratio_term + 1, 1));
    CHECK_FALSE(PolyphaseResampler::supports(0, 1));
    CHECK_FALSE(PolyphaseResampler::supports(1, 0));
    CHECK_THROWS_AS(PolyphaseResampler(1, 1'000'003), std::invalid_argument);
}

} // namespace vigil::signal
