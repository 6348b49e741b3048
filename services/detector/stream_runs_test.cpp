#include "detector/stream_runs.hpp"

#include "detector/journal_time.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <set>

using namespace vigil;
using namespace vigil::detector;

namespace {

const detect::ModelCard card{
    .name = {},
    .version = {},
    .sha256 = {},
    .input_name = {},
    .output_name = {},
    .samples = 178,
    .rate_numerator = 17361,
    .rate_denominator = 100
};

/// Adds [first, end) with sample = index, and checks that each window holds exactly its own
/// indices.
std::vector<std::uint64_t> add(
    StreamRuns& runs,
    const detect::WindowShape& shape,
    std::uint64_t first,
    std::uint64_t end,
    std::int64_t time_us = 0
) {
    std::vector<std::int32_t> samples;
    for (auto index = first; index < end; ++index) {
        samples.push_back(static_cast<std::int32_t>(index));
    }
    std::vector<std::uint64_t> ends;
    const std::array shapes{&shape};
    runs.add(
        shapes,
        {.first = first,
         .channel_major = samples,
         .samples = samples.size(),
         .from = 0,
         .until = samples.size(),
         .origin = {.sequence = first + 1, .before = {}},
         .time_us = time_us},
        [&](std::size_t, const StreamRuns::Whole& whole) {
            ends.push_back(whole.end);
            REQUIRE(whole.channels.size() == 1);
            REQUIRE(whole.channels[0].size() == shape.needed());
            for (std::size_t i = 0; i < shape.needed(); ++i) {
                REQUIRE(whole.channels[0][i] == static_cast<std::int32_t>(whole.first + i));
            }
        }
    );
    return ends;
}

} // namespace

TEST_CASE("an endless stream keeps less than three windows") {
    const auto shape = detect::WindowShape::make(card, 256, 1).value();
    StreamRuns runs(1, 16);
    for (std::uint64_t second = 0; second < 1000; ++second) {
        add(runs, shape, second * 256, second * 256 + 256);
        REQUIRE(runs.samples_held() < 3 * shape.needed());
        REQUIRE(runs.runs() <= 2);
    }
    runs.forget(1);
    CHECK(runs.empty());
    CHECK(runs.newest_end() == 0);
}

TEST_CASE("samples that wait before a window keep the sequence of the entry that brought them") {
    const auto shape = detect::WindowShape::make(card, 256, 1).value();
    StreamRuns runs(1, 1);
    for (std::uint64_t second = 0; second < 10; ++second) {
        add(runs, shape, second * 256, second * 256 + 256);
    }
    // The next window ends at 11 s and starts before 10 s: only the tenth block holds what it
    // needs, or the ninth too.
    CHECK(runs.oldest().sequence >= 8 * 256 + 1);
    CHECK(runs.runs() == 1);
}

TEST_CASE("more stretches than the bound: the one that grew longest ago goes") {
    const auto shape = detect::WindowShape::make(card, 256, 1).value();
    StreamRuns runs(1, 4);
    for (std::uint64_t stretch = 0; stretch < 10; ++stretch) {
        add(runs, shape, stretch * 1000, stretch * 1000 + 100, static_cast<std::int64_t>(stretch));
    }
    CHECK(runs.runs() == 4);
    CHECK(runs.newest_end() == 9100);
    CHECK(runs.oldest().sequence == 6001);
}

TEST_CASE("filling a gap makes exactly the windows that it was missing from") {
    const auto shape = detect::WindowShape::make(card, 256, 1).value();
    StreamRuns runs(1, 16);
    std::multiset<std::uint64_t> ends;
    for (const auto& [first, end] :
         {std::pair{0, 2560}, {2800, 6000}, {2560, 2700}, {2700, 2800}}) {
        for (const auto whole :
             add(runs, shape, static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(end))) {
            ends.insert(whole);
        }
    }
    std::multiset<std::uint64_t> expected;
    for (std::uint64_t k = 2; k * 256 <= 6000; ++k) {
        expected.insert(k * 256);
    }
    CHECK(ends == expected);
}

TEST_CASE("the journal's time neither goes back nor leaps") {
    JournalTime time;
    time.pass(1'000'000'000);
    CHECK(time.now_us() == 0);
    time.pass(1'001'000'000);
    CHECK(time.now_us() == 1'000'000);
    time.pass(1'000'900'000); // another receiver's clock
    CHECK(time.now_us() == 1'000'000);
    time.pass(1'001'000'000 + 3'600'000'000); // an hour forward
    CHECK(time.now_us() == 6'000'000);
    time.pass(1'002'000'000); // and back
    CHECK(time.now_us() == 6'000'000);
    time.pass(1'003'000'000);
    CHECK(time.now_us() == 7'000'000);
}
