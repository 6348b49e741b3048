#include "detect/line_length.hpp"

#include "detect/event_machine.hpp"
#include "detect/patient_score.hpp"
#include "detect/window_shape.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <simdjson.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace vigil::detect {

namespace {

/// A sine of `hertz` at 100 Hz, one second and one sample, so that whole periods are in it.
std::vector<float> sine(double hertz, double amplitude) {
    std::vector<float> samples;
    for (int i = 0; i <= 100; ++i) {
        samples.push_back(
            static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * hertz * i / 100))
        );
    }
    return samples;
}

/// `seconds` windows of one length, from second `k` on; the last one's score.
std::optional<LineLengthScore>
run(LineLength& channel, std::uint64_t& k, std::uint64_t seconds, double length_uv) {
    std::optional<LineLengthScore> last;
    for (std::uint64_t i = 0; i < seconds; ++i) {
        last = channel.push(++k, length_uv);
    }
    return last;
}

/// Lengths as of a restless channel, three decades wide.
std::vector<double> restless(std::size_t count) {
    std::mt19937_64 engine(5);
    std::lognormal_distribution<double> lengths(5.0, 1.2);
    std::vector<double> made(count);
    std::ranges::generate(made, [&] { return lengths(engine); });
    return made;
}

} // namespace

TEST_CASE("the line length of small windows is what one adds up by hand") {
    CHECK(line_length({}) == 0.0);
    CHECK(line_length(std::vector{7.0F}) == 0.0);
    CHECK(line_length(std::vector{3.0F, 3.0F, 3.0F}) == 0.0);
    CHECK(line_length(std::vector{0.0F, 1.0F, 0.0F, -2.0F}) == 4.0);
    CHECK(line_length(std::vector{-100.0F, 100.0F}) == 200.0);
    // a curve that only rises is as long as it is high, however it rises
    CHECK(line_length(std::vector{1.0F, 2.0F, 4.0F, 8.0F, 16.0F}) == 15.0);
}

TEST_CASE("a sine's line length is four times amplitude and frequency") {
    // each period goes up and down twice its amplitude; at 5 Hz the samples hit every peak
    CHECK_THAT(line_length(sine(1, 50)), WithinRel(200.0, 1e-5));
    CHECK_THAT(line_length(sine(5, 50)), WithinRel(1000.0, 1e-5));
    CHECK_THAT(line_length(sine(5, 100)), WithinRel(2000.0, 1e-5));
}

TEST_CASE("a score says how many baselines long a window is") {
    const auto score = [](double length_uv) {
        LineLength channel;
        std::uint64_t k = 0;
        run(channel, k, 60, 10);
        return channel.push(++k, length_uv).value();
    };
    CHECK(score(10).score == 0.2F);
    CHECK(score(20).score == 0.5F);
    CHECK(score(40).score == 0.8F);
    CHECK(score(0).score == 0.0F);
    CHECK(score(std::numeric_limits<double>::max()).score == 1.0F);
    CHECK(score(35).length_uv == 35.0);
    CHECK(score(35).baseline_uv == 10.0);
    float last = 0;
    for (double length = 0; length < 100; length += 0.1) {
        const auto next = score(length).score;
        REQUIRE(next >= last);
        last = next;
    }
    LineLength tighter({.ratio = 1.5});
    std::uint64_t k = 0;
    run(tighter, k, 60, 10);
    CHECK(tighter.push(++k, 15)->score == 0.5F);
}

TEST_CASE("there is no score before sixty windows of baseline") {
    LineLength channel;
    std::uint64_t k = 1000;
    CHECK_FALSE(run(channel, k, 60, 10));
    CHECK(run(channel, k, 1, 10));
    // nor after so long a hole that under sixty are left of the last ten minutes
    LineLength other;
    k = 0;
    run(other, k, 600, 10);
    CHECK(other.push(600 + 540, 10).has_value());
    LineLength after;
    k = 0;
    run(after, k, 600, 10);
    CHECK_FALSE(after.push(600 + 542, 10).has_value());
}

TEST_CASE("a channel that is twice as large, or a thousand times, has the same scores") {
    const auto lengths = restless(1500);
    const auto scores = [&lengths](double gain) {
        LineLength channel;
        std::vector<float> found;
        for (std::size_t i = 0; i < lengths.size(); ++i) {
            if (const auto scored = channel.push(i, gain * lengths[i])) {
                found.push_back(scored->score);
            }
        }
        return found;
    };
    const auto plain = scores(1);
    REQUIRE(plain.size() == 1440);
    CHECK(scores(1024) == plain);
    const auto other = scores(0.037);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        REQUIRE_THAT(other[i], WithinAbs(plain[i], 1e-6));
    }
}

TEST_CASE("a score depends on the last ten minutes and on nothing before") {
    const auto lengths = restless(3000);
    LineLength whole;
    for (std::size_t i = 0; i < 2999; ++i) {
        (void)whole.push(i, lengths[i]);
    }
    LineLength late;
    for (std::size_t i = 2399; i < 2999; ++i) {
        (void)late.push(i, lengths[i]);
    }
    LineLength later;
    for (std::size_t i = 2400; i < 2999; ++i) {
        (void)later.push(i, lengths[i]);
    }
    const auto expected = whole.push(2999, lengths[2999]).value();
    const auto found = late.push(2999, lengths[2999]).value();
    CHECK(found.baseline_uv == expected.baseline_uv);
    CHECK(found.score == expected.score);
    CHECK(later.push(2999, lengths[2999])->baseline_uv != expected.baseline_uv);
}

TEST_CASE("a step in amplitude stays over the threshold for five minutes, then it is the baseline"
) {
    LineLength channel;
    std::uint64_t k = 0;
    run(channel, k, 600, 10);
    CHECK(run(channel, k, 300, 21)->score > 0.5F); // the median's 300 of 600 are not yet the step's
    CHECK(run(channel, k, 1, 21)->baseline_uv == 15.5);
    CHECK(run(channel, k, 1, 21)->score == 0.2F);
    // and a step down never scores over the baseline
    CHECK(run(channel, k, 600, 5)->score <= 0.2F);
}

TEST_CASE("an artefact of one window scores high once and moves no baseline") {
    LineLength channel;
    EventMachine machine({});
    std::uint64_t k = 0;
    std::size_t events = 0;
    const auto push = [&](double length_uv) {
        const auto scored = channel.push(++k, length_uv);
        const auto end_us = static_cast<std::int64_t>(k) * 1'000'000;
        events +=
            machine
                .push({
                    .start_us = end_us - 1'000'000,
                    .end_us = end_us,
                    .score_q16 = scored.transform([](const auto& s) { return to_q16(s.score); }),
                })
                .size();
        return scored;
    };
    for (int i = 0; i < 300; ++i) {
        push(10);
    }
    CHECK(push(1e6)->score > 0.99F);
    CHECK(push(10)->score == 0.2F);
    for (int i = 0; i < 60; ++i) {
        push(10);
    }
    CHECK(events == 0);
    // a minute at three baselines is an event, raised once and ended once
    for (int i = 0; i < 60; ++i) {
        CHECK(push(30)->baseline_uv == 10.0);
    }
    CHECK(events == 1);
    for (int i = 0; i < 60; ++i) {
        push(10);
    }
    CHECK(events == 2);
}

TEST_CASE("what is not evaluated, not in order or not a number changes nothing") {
    LineLength channel;
    std::uint64_t k = 0;
    run(channel, k, 100, 10);
    CHECK_FALSE(channel.push(k, 1e6));
    CHECK_FALSE(channel.push(k - 50, 1e6));
    CHECK_FALSE(channel.push(k + 1, std::numeric_limits<double>::quiet_NaN()));
    CHECK_FALSE(channel.push(k + 1, std::numeric_limits<double>::infinity()));
    CHECK(channel.push(k + 1, 20)->score == 0.5F);
    // a baseline of nothing but zeros is none
    LineLength flat;
    k = 0;
    CHECK_FALSE(run(flat, k, 100, 0));
    CHECK_FALSE(flat.push(k + 1, 10));
}

TEST_CASE("the windows that it reads leave mains out") {
    const auto card = line_length_card();
    for (const std::uint32_t rate : {128U, 200U, 256U, 500U, 1000U, 4000U}) {
        const auto shape = WindowShape::make(card, rate, 1).value();
        const auto length = [&](double hertz) {
            std::vector<float> in(shape.needed());
            for (std::size_t i = 0; i < in.size(); ++i) {
                in[i] = static_cast<float>(
                    50 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate)
                );
            }
            std::vector<float> out(card.samples);
            shape.read(in, out);
            return line_length(out);
        };
        CAPTURE(rate);
        CHECK_THAT(length(10), WithinRel(2000.0, 0.05));
        CHECK(length(50) < 0.2 * length(40));
        CHECK(length(60) < 0.01 * length(10));
    }
}

TEST_CASE("the card says what the program does") {
    simdjson::dom::parser parser;
    simdjson::dom::element card;
    REQUIRE(
        parser.load(VIGIL_SOURCE_DIR "/models/line_length/card.json").get(card) == simdjson::SUCCESS
    );
    const auto model = line_length_card();
    CHECK(std::string_view(card["name"]) == model.name);
    CHECK(std::string_view(card["version"]) == model.version);
    CHECK(std::uint64_t(card["input"]["samples"]) == model.samples);
    CHECK(std::uint64_t(card["input"]["rate"]["numerator"]) == model.rate_numerator);
    CHECK(std::uint64_t(card["input"]["rate"]["denominator"]) == model.rate_denominator);
    const LineLengthRules rules;
    CHECK(std::uint64_t(card["input"]["warming_up_s"]) == rules.least_windows);
    CHECK(std::uint64_t(card["rules"]["baseline_s"]) == rules.baseline_s);
    CHECK(std::uint64_t(card["rules"]["least_windows"]) == rules.least_windows);
    CHECK(double(card["rules"]["ratio"]) == rules.ratio);
}

} // namespace vigil::detect
