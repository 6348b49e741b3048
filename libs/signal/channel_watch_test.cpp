#include "signal/channel_watch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <ranges>

using namespace vigil::signal;

namespace {

constexpr Rate rate{.numerator = 256, .denominator = 1};
constexpr std::uint64_t second = 256;
constexpr std::int32_t limit = 32'767;
constexpr auto off = ChannelFault::electrode_off;
constexpr auto flat = ChannelFault::flat_or_saturated;
constexpr auto frozen = ChannelFault::frozen;

using Samples = std::vector<std::int32_t>;
using Wave = std::function<double(std::uint64_t)>;

/// 20 uV of noise, 0.1 uV a step.
Samples noise(std::uint64_t count, std::uint32_t seed = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<double> draw(0, 200);
    Samples samples(count);
    for (auto& sample : samples) {
        sample = static_cast<std::int32_t>(draw(random));
    }
    return samples;
}

Samples& add(Samples& samples, std::uint64_t from, std::uint64_t until, const Wave& wave_uv) {
    for (auto at = from; at < until; ++at) {
        samples[at] += static_cast<std::int32_t>(10 * wave_uv(at));
    }
    return samples;
}

Wave mains(double hertz, double half_uv) {
    return [=](std::uint64_t at) {
        return half_uv * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(at) / 256);
    };
}

ChannelWatch one_channel() {
    return {rate, std::array{0.1}};
}

/// The faults after each whole second.
std::vector<unsigned> by_second(const Samples& samples) {
    auto watch = one_channel();
    std::vector<unsigned> faults;
    for (std::uint64_t at = 0; at + second <= samples.size(); at += second) {
        watch.take(at, std::span(samples).subspan(at, second), second, limit);
        faults.push_back(watch.faults(0));
    }
    return faults;
}

std::size_t seconds_with(const std::vector<unsigned>& faults, ChannelFault fault) {
    return static_cast<std::size_t>(std::ranges::count_if(faults, [fault](unsigned bits) {
        return (bits & static_cast<unsigned>(fault)) != 0;
    }));
}

} // namespace

TEST_CASE("noise has no fault") {
    CHECK(std::ranges::all_of(by_second(noise(60 * second)), [](auto bits) { return bits == 0; }));
}

TEST_CASE("what moves by 1 uV or less is flat, from the whole second on to three after it") {
    auto samples = noise(12 * second);
    for (auto at = 2 * second + 100; at < 6 * second; ++at) {
        samples[at] = 4'000 + static_cast<std::int32_t>(at % 11); // 1.0 uV
    }
    const std::vector<unsigned> expected{0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0};
    CHECK(by_second(samples) == expected);
    for (auto at = 2 * second; at < 6 * second; ++at) {
        samples[at] = 4'000 + static_cast<std::int32_t>(at % 12); // 1.1 uV
    }
    CHECK(seconds_with(by_second(samples), flat) == 0);
}

TEST_CASE("of another unit only a constant is flat") {
    ChannelWatch watch(rate, std::array{0.0});
    Samples samples(second, 5);
    watch.take(0, samples, second, limit);
    CHECK(watch.has(0, flat));
    for (std::uint64_t at = 0; at < 4; ++at) {
        samples[0] = 6;
        watch.take((at + 1) * second, samples, second, limit);
    }
    CHECK_FALSE(watch.has(0, flat));
}

TEST_CASE("more than a tenth of a second at the converter's limit is saturated") {
    auto samples = noise(3 * second);
    for (std::uint64_t at = 0; at < second / 10; ++at) {
        samples[second + at] = limit;
    }
    CHECK(seconds_with(by_second(samples), flat) == 0);
    samples[second + second / 10] = -limit;
    CHECK(by_second(samples) == std::vector<unsigned>{0, 1, 1});
}

TEST_CASE("mains that cover the signal are an electrode that is off") {
    for (const double hertz : {50.0, 60.0}) {
        auto samples = noise(6 * second);
        add(samples, second, 3 * second, mains(hertz, 200));
        CHECK(seconds_with(by_second(samples), off) == 4);
    }
    auto faint = noise(6 * second);
    CHECK(seconds_with(by_second(add(faint, 0, 6 * second, mains(50, 40))), off) == 0);
    auto other = noise(6 * second);
    CHECK(seconds_with(by_second(add(other, 0, 6 * second, mains(25, 200))), off) == 0);
    auto beside = noise(6 * second); // a large slow wave has most of what moves
    add(beside, 0, 6 * second, mains(50, 60));
    CHECK(seconds_with(by_second(add(beside, 0, 6 * second, mains(2, 500))), off) == 0);
}

TEST_CASE("a rate that cannot hold mains has no electrode off") {
    ChannelWatch watch({.numerator = 128, .denominator = 1}, std::array{0.1});
    Samples samples(128 * 4);
    add(samples, 0, samples.size(), [](std::uint64_t at) {
        return 200 * std::sin(2 * std::numbers::pi * 50 * static_cast<double>(at) / 128);
    });
    watch.take(0, samples, samples.size(), limit);
    CHECK_FALSE(watch.has(0, off));
}

TEST_CASE("a device that sends its last buffer again and again is frozen, whatever its length") {
    for (const std::uint64_t length : {25U, 100U, 256U, 777U, 1000U}) {
        INFO(length << " samples");
        auto samples = noise(40 * second);
        for (auto at = 10 * second; at < 25 * second; ++at) {
            samples[at] = samples[at - length];
        }
        const auto faults = by_second(samples);
        CHECK(std::ranges::all_of(faults | std::views::take(10), [](auto bits) { return !bits; }));
        for (std::size_t at = 18; at < 25; ++at) {
            CHECK(faults[at] == static_cast<unsigned>(frozen));
        }
        CHECK(std::ranges::all_of(faults | std::views::drop(33), [](auto bits) { return !bits; }));
    }
    // half a second that came before may be chance, and is over soon
    auto once = noise(20 * second);
    std::copy_n(once.begin() + 5 * second, second / 2, once.begin() + 6 * second);
    CHECK(seconds_with(by_second(once), frozen) <= 8);
}

TEST_CASE("a flat channel is not frozen, nor is one that has just been flat") {
    auto samples = noise(30 * second);
    std::fill(samples.begin() + 10 * second, samples.begin() + 20 * second, 7);
    CHECK(seconds_with(by_second(samples), frozen) == 0);
}

TEST_CASE("each channel has its own faults") {
    ChannelWatch watch(rate, std::array{0.1, 0.1, 0.1});
    auto samples = noise(3 * second);
    std::fill_n(samples.begin() + second, second, 0);
    CHECK(watch.take(0, samples, second, limit));
    CHECK(watch.faults(0) == 0);
    CHECK(watch.has(1, flat));
    CHECK(watch.faults(2) == 0);
    samples = noise(3 * second, 2);
    std::fill_n(samples.begin() + second, second, 0);
    CHECK_FALSE(watch.take(second, samples, second, limit)); // nothing has changed
}

TEST_CASE("what is repeated or comes late is passed over, and a second with a gap says nothing") {
    auto watch = one_channel();
    const Samples still(4 * second, 0);
    const auto moving = noise(4 * second);
    const auto part = [&](const Samples& of, std::uint64_t first, std::uint64_t end) {
        return watch.take(first, std::span(of).subspan(first, end - first), end - first, limit);
    };
    part(moving, 0, second);
    CHECK_FALSE(part(still, 0, second));
    CHECK_FALSE(part(still, second + 10, 2 * second)); // its first samples are missing
    CHECK(part(still, 2 * second, 3 * second));
    CHECK_FALSE(watch.take(3 * second, still, second, limit)); // of another number of channels
}

TEST_CASE("cut to blocks in any way, and restored at any place, it says the same at each second") {
    constexpr Rate odd{.numerator = 17'361, .denominator = 100};
    constexpr std::uint64_t length = 10'000;
    auto samples = noise(length);
    std::fill(samples.begin() + 1'000, samples.begin() + 2'000, 3);
    add(samples, 3'000, 4'000, [](std::uint64_t at) {
        return 200 * std::sin(2 * std::numbers::pi * 50 * static_cast<double>(at) / 173.61);
    });
    for (std::uint64_t at = 5'000; at < 7'000; ++at) {
        samples[at] = samples[at - 90];
    }
    const auto told = [&](std::uint32_t seed, std::uint32_t longest, bool restores) {
        std::mt19937 random(seed);
        ChannelWatch watch(odd, std::array{0.1});
        std::vector<std::pair<std::uint64_t, unsigned>> changes; // by second
        for (std::uint64_t at = 0; at < length;) {
            const auto count = std::min<std::uint64_t>(length - at, 1 + random() % longest);
            if (watch.take(at, std::span(samples).subspan(at, count), count, limit)) {
                const auto whole_seconds = ((at + count + 1) * 100 - 1) / 17'361;
                changes.emplace_back(whole_seconds, watch.faults(0));
            }
            at += count;
            if (restores && random() % 3 == 0) {
                ChannelWatch next(odd, std::array{0.1});
                REQUIRE(next.load(watch.memory()).has_value());
                CHECK(next.memory().SerializeAsString() == watch.memory().SerializeAsString());
                watch = next;
            }
        }
        return std::pair(changes, watch.memory().SerializeAsString());
    };
    const auto expected = told(1, 1, false);
    CHECK(expected.first.size() >= 6);
    for (std::uint32_t seed = 2; seed < 12; ++seed) {
        CHECK(told(seed, 170, seed % 2 == 0) == expected);
        CHECK(told(seed, 3'000, true).second == expected.second);
    }
}

TEST_CASE("a checkpoint that makes no sense is refused, and nothing is changed") {
    auto watch = one_channel();
    watch.take(0, noise(300), 300, limit);
    const auto good = watch.memory();
    const auto refused = [&](const std::function<void(vigil::v1::ChannelWatchMemory&)>& spoil) {
        auto memory = good;
        spoil(memory);
        const bool is_refused = !watch.load(memory);
        return is_refused && watch.memory().SerializeAsString() == good.SerializeAsString();
    };
    CHECK(refused([](auto& memory) { memory.clear_channels(); }));
    CHECK(refused([](auto& memory) { memory.set_counted(301); }));
    CHECK(refused([](auto& memory) { memory.set_next_sample(~std::uint64_t{0}); }));
    CHECK(refused([](auto& memory) { memory.set_digested(65); }));
    CHECK(refused([](auto& memory) { memory.mutable_channels(0)->set_faults(8); }));
    CHECK(refused([](auto& memory) { memory.mutable_channels(0)->add_mains(1); }));
    CHECK(refused([](auto& memory) { memory.mutable_channels(0)->set_mains(0, NAN); }));
    CHECK(refused([](auto& memory) { memory.mutable_channels(0)->clear_since_fault(); }));
}
