// Rows of samples and their pyramids, as bytes.
#include "store/chunk.hpp"

#include "signal/sample_codec.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <random>

using namespace vigil;
using namespace vigil::store;

namespace {

Run run(
    std::uint64_t first,
    std::int64_t start_us,
    std::size_t channels,
    std::size_t length,
    std::int32_t base = 0
) {
    Run made{
        .first_sample = first,
        .start_us = start_us,
        .samples = std::vector<std::int32_t>(channels * length)
    };
    for (std::size_t i = 0; i < made.samples.size(); ++i) {
        made.samples[i] = base + static_cast<std::int32_t>(i % 97) - 48;
    }
    return made;
}

} // namespace

TEST_CASE("runs come back as they were, with gaps, steps of the clock and any values") {
    std::vector<Run> runs{
        run(0, 1'700'000'000'000'000, 3, 256),
        run(256, 1'700'000'001'000'000, 3, 100),
        run(5000, 1'600'000'000'000'000, 3, 1),
        run(UINT64_MAX - 10, -5, 3, 4),
        run(7, 0, 3, 2),
    };
    runs[2].samples = {INT32_MIN, INT32_MAX, 0};
    const auto payload = encode_runs(runs, 3).value();
    CHECK(decode_runs(payload, 3).value() == runs);
    CHECK(decode_runs(encode_runs({}, 3).value(), 3).value().empty());
}

TEST_CASE("broken payloads and pyramids are errors or other values, never a crash") {
    const std::vector<Run> runs{run(0, 0, 2, 50), run(60, 0, 2, 50)};
    const auto payload = encode_runs(runs, 2).value();
    const auto pyramid = encode_pyramid(runs, 2, 10, 1).value();
    std::mt19937 random(5);
    for (int round = 0; round < 3000; ++round) {
        auto one = payload;
        one[random() % one.size()] = static_cast<char>(random());
        one.resize(random() % 4 == 0 ? random() % one.size() : one.size());
        static_cast<void>(decode_runs(one, 1 + random() % 3));
        auto other = pyramid;
        other[random() % other.size()] = static_cast<char>(random());
        other.resize(random() % 4 == 0 ? random() % other.size() : other.size());
        static_cast<void>(decode_pyramid(other, 1 + random() % 3));
    }
    CHECK(!decode_runs("", 1).has_value());
    CHECK(!decode_runs(payload + "x", 2).has_value());
    CHECK(!decode_pyramid(pyramid + "x", 2).has_value());
}

TEST_CASE("a payload with a run of no samples is refused, as no writer makes one") {
    // version, one run: first sample 4, start 0, no samples in 3 bytes (codec version, two headers)
    const std::string payload("\x01\x01\x08\x00\x00\x03\x01\x00\x00", 9);
    CHECK(decode_runs(payload, 2).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a pyramid of times that no clock shows is refused") {
    constexpr auto last = std::numeric_limits<std::int64_t>::max();
    CHECK(encode_pyramid({{run(0, last, 1, 300)}}, 1, 256, 1).error().field == "runs");
    CHECK(encode_pyramid({{run(0, -last, 1, 300)}}, 1, 256, 1).error().field == "runs");
    CHECK(encode_pyramid({{run(0, 0, 1, 300)}}, 1, 1, UINT32_MAX).has_value());
    CHECK(encode_pyramid({{run(0, 0, 1, 3000)}}, 1, 1, UINT32_MAX).error().field == "runs");
}

TEST_CASE("every limit of a row refuses what exceeds it") {
    CHECK(!encode_runs({}, 0).has_value());
    CHECK(!encode_runs({}, max_channels + 1).has_value());
    CHECK(encode_runs({}, max_channels).has_value());
    const std::vector<Run> odd{run(0, 0, 1, 5)};
    CHECK(!encode_runs(odd, 2).has_value());
    const std::vector<Run> empty{Run{}};
    CHECK(!encode_runs(empty, 1).has_value());
    const std::vector<Run> many(max_runs + 1, run(0, 0, 1, 1));
    CHECK(!encode_runs(many, 1).has_value());
    CHECK(encode_runs(std::span(many).first(max_runs), 1).has_value());
    CHECK(!encode_pyramid(odd, 1, 0, 1).has_value());
    std::vector<Run> large(1);
    large[0].samples.resize(signal::max_codec_samples + 1);
    CHECK(!encode_runs(large, 1).has_value());
}

TEST_CASE("a pyramid holds the extremes of each second of UTC and leaves gaps out") {
    // 10 Hz from 0.5 s: five samples in second 0, ten in second 1, five in second 2; then a run in
    // second 9
    std::vector<Run> runs{run(0, 500'000, 1, 20), run(85, 9'000'000, 1, 3, 40'000)};
    for (std::int32_t i = 0; i < 20; ++i) {
        runs[0].samples[static_cast<std::size_t>(i)] = i;
    }
    const auto wide = decode_pyramid(encode_pyramid(runs, 1, 10, 1).value(), 1).value();
    REQUIRE(wide.size() == 4);
    CHECK(wide[0] == PyramidSecond{.second = 0, .channels = {{0, 4}}});
    CHECK(wide[1] == PyramidSecond{.second = 1, .channels = {{5, 14}}});
    CHECK(wide[2] == PyramidSecond{.second = 2, .channels = {{15, 19}}});
    CHECK(wide[3] == PyramidSecond{.second = 9, .channels = {{39'952, 39'954}}});
    runs.pop_back();
    const auto narrow = encode_pyramid(runs, 1, 10, 1).value();
    CHECK(narrow.size() == 2 + 3 * (1 + 4));
    runs[0].start_us = -500'000;
    CHECK(decode_pyramid(encode_pyramid(runs, 1, 10, 1).value(), 1).value().front().second == -1);
}

TEST_CASE("a pyramid joins runs of the same second and keeps channels apart") {
    std::vector<Run> runs{run(0, 0, 2, 1), run(1, 100'000, 2, 1)};
    runs[0].samples = {1, -100};
    runs[1].samples = {5, -50};
    const auto seconds = decode_pyramid(encode_pyramid(runs, 2, 10, 1).value(), 2).value();
    REQUIRE(seconds.size() == 1);
    CHECK(seconds[0].channels == std::vector<Extremes>{{1, 5}, {-100, -50}});
}
