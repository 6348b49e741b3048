// Duplicates, gaps and conflicts by index ranges.
#include "journal/sample_ranges.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>
#include <set>

using namespace vigil::journal;
using Seen = SampleRanges::Seen;

TEST_CASE("a block is fresh, then a duplicate, and a conflict when its samples differ") {
    SampleRanges ranges;
    CHECK(ranges.look({0, 256}, 1) == Seen::fresh);
    ranges.add({0, 256}, 1);
    CHECK(ranges.look({0, 256}, 1) == Seen::duplicate);
    CHECK(ranges.look({0, 256}, 2) == Seen::conflict);
    CHECK(ranges.look({256, 512}, 2) == Seen::fresh);
    CHECK(ranges.look({100, 300}, 3) == Seen::partly);
    CHECK(ranges.look({10, 20}, 3) == Seen::duplicate);
    CHECK(ranges.unseen({100, 300}) == std::vector<SampleRange>{{256, 300}});
}

TEST_CASE("a block that was cut anew from the same index hides no conflict with the first one") {
    SampleRanges ranges;
    ranges.add({0, 100}, 1);
    ranges.add({0, 150}, 2);
    CHECK(ranges.look({0, 100}, 1) == Seen::duplicate);
    CHECK(ranges.look({0, 100}, 9) == Seen::conflict);
    CHECK(ranges.look({0, 150}, 9) == Seen::conflict);
}

TEST_CASE("gaps are kept and filled by what comes late") {
    SampleRanges ranges;
    ranges.add({0, 10}, 1);
    ranges.add({20, 30}, 2);
    ranges.add({40, 50}, 3);
    CHECK(ranges.unseen({5, 45}) == std::vector<SampleRange>{{10, 20}, {30, 40}});
    CHECK(ranges.look({5, 45}, 9) == Seen::partly);
    ranges.add({10, 20}, 4);
    CHECK(ranges.ranges() == std::vector<SampleRange>{{0, 30}, {40, 50}});
    ranges.add({0, 60}, 5);
    CHECK(ranges.ranges() == std::vector<SampleRange>{{0, 60}});
    CHECK(ranges.unseen({0, 60}).empty());
    ranges.add({70, 70}, 6);
    CHECK(ranges.ranges().size() == 1);
}

TEST_CASE("ranges agree with a set of indices under any order") {
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        SampleRanges ranges;
        std::set<std::uint64_t> seen;
        for (int i = 0; i < 60; ++i) {
            const std::uint64_t first = random() % 300;
            const SampleRange range{first, first + 1 + random() % 20};
            std::size_t known = 0;
            for (auto k = range.first; k < range.end; ++k) {
                known += seen.contains(k) ? 1 : 0;
            }
            std::uint64_t missing = 0;
            for (const auto& part : ranges.unseen(range)) {
                for (auto k = part.first; k < part.end; ++k) {
                    CHECK(!seen.contains(k));
                    ++missing;
                }
            }
            CHECK(missing + known == range.end - range.first);
            ranges.add(range, 0);
            for (auto k = range.first; k < range.end; ++k) {
                seen.insert(k);
            }
        }
        for (std::size_t i = 1; i < ranges.ranges().size(); ++i) {
            CHECK(ranges.ranges()[i - 1].end < ranges.ranges()[i].first);
        }
    }
}

TEST_CASE(
    "beyond the bound of ranges the oldest gap counts as seen; isolated windows are forgotten "
    "instead"
) {
    SampleRanges joined;
    SampleRanges isolated(true);
    for (std::uint64_t i = 0; i <= SampleRanges::max_ranges; ++i) {
        joined.add({i * 10, i * 10 + 5}, i);
        isolated.add({i * 10, i * 10 + 5}, i);
    }
    CHECK(joined.ranges().size() == SampleRanges::max_ranges);
    CHECK(joined.ranges().front() == SampleRange{0, 15});
    CHECK(joined.look({5, 10}, 99) == Seen::duplicate);
    CHECK(isolated.ranges().size() == SampleRanges::max_ranges);
    CHECK(isolated.ranges().front() == SampleRange{10, 15});
    CHECK(isolated.look({0, 5}, 99) == Seen::fresh);
}

TEST_CASE("beyond the bound of digests the oldest range is a duplicate whatever its samples") {
    SampleRanges ranges;
    for (std::uint64_t i = 0; i <= SampleRanges::max_digests; ++i) {
        ranges.add({i * 10, i * 10 + 10}, i);
    }
    CHECK(ranges.look({0, 10}, 99) == Seen::duplicate);
    CHECK(ranges.look({10, 20}, 99) == Seen::conflict);
}

TEST_CASE("ranges come back from their bytes, and broken bytes give ordered ranges all the same") {
    SampleRanges ranges;
    ranges.add({0, 10}, 1);
    ranges.add({1'000'000'000'000, 1'000'000'000'256}, 2);
    ranges.add({UINT64_MAX - 5, UINT64_MAX}, 3);
    const auto bytes = ranges.serialize();
    CHECK(SampleRanges::parse(bytes, false).ranges() == ranges.ranges());
    CHECK(SampleRanges::parse("", false).ranges().empty());

    std::mt19937 random(3);
    for (int round = 0; round < 2000; ++round) {
        auto broken = bytes;
        broken[random() % broken.size()] = static_cast<char>(random());
        broken.resize(random() % (broken.size() + 1));
        const auto parsed = SampleRanges::parse(broken, true);
        for (std::size_t i = 0; i < parsed.ranges().size(); ++i) {
            CHECK(parsed.ranges()[i].first < parsed.ranges()[i].end);
            CHECK((i == 0 || parsed.ranges()[i - 1].end < parsed.ranges()[i].first));
        }
    }
}

TEST_CASE("a digest depends on every byte and on the layout") {
    const std::string data(1001, 'x');
    std::set<std::uint64_t> seen{
        block_digest(data, 500, 1),
        block_digest(data, 250, 2),
        block_digest(data.substr(1), 500, 1)
    };
    CHECK(seen.size() == 3);
    for (std::size_t i = 0; i < data.size(); ++i) {
        auto changed = data;
        changed[i] ^= 1;
        CHECK(seen.insert(block_digest(changed, 500, 1)).second);
    }
    CHECK(seen.insert(block_digest(data + '\0', 500, 1)).second);
}
