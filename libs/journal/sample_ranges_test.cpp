// Duplicates, gaps and conflicts by index ranges.
#include "journal/sample_ranges.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>
#include <set>

using namespace vigil::journal;
using Seen = SampleRanges::Seen;

namespace {

/// Two channels of 16-bit samples; `salt` gives other values, from index `changed_from` on.
struct Block {
    SampleRange range;
    std::string data;

    explicit Block(SampleRange of, int salt = 1, std::uint64_t changed_from = 0) : range(of) {
        for (int channel = 0; channel < 2; ++channel) {
            for (auto index = of.first; index < of.end; ++index) {
                const auto value =
                    index * 31 +
                    static_cast<std::uint64_t>(channel * 7 + (index >= changed_from ? salt : 1));
                data.push_back(static_cast<char>(value & 0xff));
                data.push_back(static_cast<char>(value >> 8 & 0xff));
            }
        }
    }

    [[nodiscard]] BlockSamples samples() const { return {range, data, 2}; }
};

Seen look(const SampleRanges& ranges, SampleRange range, int salt = 1, std::uint64_t from = 0) {
    return ranges.look(Block(range, salt, from).samples());
}

void add(SampleRanges& ranges, SampleRange range, int salt = 1, std::uint64_t sequence = 1) {
    const Block block(range, salt);
    ranges.add(block.samples(), sequence);
}

} // namespace

TEST_CASE("a block is fresh, then a duplicate, and a conflict when its samples differ") {
    SampleRanges ranges;
    CHECK(look(ranges, {0, 256}) == Seen::fresh);
    add(ranges, {0, 256});
    CHECK(look(ranges, {0, 256}) == Seen::duplicate);
    CHECK(look(ranges, {0, 256}, 2) == Seen::conflict);
    CHECK(look(ranges, {0, 256}, 2, 255) == Seen::conflict);
    CHECK(look(ranges, {256, 512}, 2) == Seen::fresh);
    CHECK(look(ranges, {100, 300}) == Seen::partly);
    CHECK(look(ranges, {10, 20}) == Seen::duplicate);
    CHECK(ranges.unseen({100, 300}) == std::vector<SampleRange>{{256, 300}});
}

TEST_CASE("however blocks are cut, the same samples are a repeat and others a conflict") {
    std::mt19937 random(5);
    for (int round = 0; round < 200; ++round) {
        SampleRanges ranges;
        for (std::uint64_t first = 0; first < 3000;) {
            const auto end = first + 1 + random() % 400;
            add(ranges, {first, end});
            first = end;
        }
        for (int i = 0; i < 20; ++i) {
            const std::uint64_t first = random() % 2000;
            const auto end = first + 2 * BlockSamples::cell_samples + random() % 600;
            CHECK(look(ranges, {first, end}) == Seen::duplicate);
            CHECK(look(ranges, {first, end}, 2) == Seen::conflict);
            const auto middle = first + BlockSamples::cell_samples; // this cell is wholly covered
            CHECK(look(ranges, {first, end}, 2, middle) == Seen::conflict);
        }
    }
}

TEST_CASE("a repeat that is cut anew leaves no gap: its range with other samples is a conflict") {
    SampleRanges ranges;
    add(ranges, {0, 256});
    CHECK(look(ranges, {130, 140}, 2) == Seen::duplicate); // no held cell lies within
    ranges.hold(Block({130, 140}).samples().cells(false), SampleRanges::no_entry);
    CHECK(look(ranges, {130, 140}, 2) == Seen::conflict);
    CHECK(look(ranges, {130, 140}) == Seen::duplicate);
    CHECK(look(ranges, {0, 256}) == Seen::duplicate);
}

TEST_CASE("a block that brings new samples beside others than held is a conflict") {
    SampleRanges ranges;
    add(ranges, {0, 256});
    CHECK(look(ranges, {0, 300}, 2) == Seen::conflict);
    CHECK(ranges.unseen({0, 300}) == std::vector<SampleRange>{{256, 300}});
}

TEST_CASE("of two values of the same samples the earlier entry's counts, in whatever order read") {
    for (const bool own_first : {false, true}) {
        SampleRanges ranges;
        add(ranges, {0, 100}, own_first ? 2 : 1, own_first ? 9 : 8);
        add(ranges, {0, 100}, own_first ? 1 : 2, own_first ? 8 : 9);
        CHECK(look(ranges, {0, 100}, 1) == Seen::duplicate);
        CHECK(look(ranges, {0, 100}, 2) == Seen::conflict);
    }
}

TEST_CASE("cells end with the largest index there is") {
    const Block block({UINT64_MAX - 200, UINT64_MAX});
    const auto cells = block.samples().cells(false);
    REQUIRE(cells.size() == 2);
    CHECK(cells[1].first + cells[1].samples == UINT64_MAX);
}

TEST_CASE("a block whose data have no whole samples is compared all the same") {
    const BlockSamples empty({0, 300}, "abc", 7);
    CHECK(empty.cells(false).size() == 3);
    SampleRanges ranges;
    ranges.add(empty, 1);
    CHECK(ranges.look(empty) == Seen::duplicate);
}

TEST_CASE("gaps are kept and filled by what comes late") {
    SampleRanges ranges;
    ranges.add(SampleRange{0, 10});
    ranges.add(SampleRange{20, 30});
    ranges.add(SampleRange{40, 50});
    CHECK(ranges.unseen({5, 45}) == std::vector<SampleRange>{{10, 20}, {30, 40}});
    CHECK(look(ranges, {5, 45}) == Seen::partly);
    ranges.add(SampleRange{10, 20});
    CHECK(ranges.ranges() == std::vector<SampleRange>{{0, 30}, {40, 50}});
    ranges.add(SampleRange{0, 60});
    CHECK(ranges.ranges() == std::vector<SampleRange>{{0, 60}});
    CHECK(ranges.unseen({0, 60}).empty());
    ranges.add(SampleRange{70, 70});
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
            ranges.add(range);
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
        joined.add(SampleRange{i * 10, i * 10 + 5});
        isolated.add(SampleRange{i * 10, i * 10 + 5});
    }
    CHECK(joined.ranges().size() == SampleRanges::max_ranges);
    CHECK(joined.ranges().front() == SampleRange{0, 15});
    CHECK(look(joined, {5, 10}) == Seen::duplicate);
    constexpr std::uint64_t forgotten = SampleRanges::forgotten_at_once;
    CHECK(isolated.ranges().size() == SampleRanges::max_ranges + 1 - forgotten);
    CHECK(isolated.ranges().front() == SampleRange{forgotten * 10, forgotten * 10 + 5});
    CHECK(look(isolated, {(forgotten - 1) * 10, (forgotten - 1) * 10 + 5}) == Seen::fresh);
    CHECK(look(isolated, {forgotten * 10, forgotten * 10 + 5}) == Seen::duplicate);
}

TEST_CASE("beyond the bound of cells the oldest are not compared any more") {
    constexpr auto cell = BlockSamples::cell_samples;
    SampleRanges ranges;
    for (std::uint64_t i = 0; i <= SampleRanges::max_cells; ++i) {
        add(ranges, {i * cell, (i + 1) * cell});
    }
    CHECK(look(ranges, {0, cell}, 2) == Seen::duplicate);
    CHECK(look(ranges, {cell, 2 * cell}, 2) == Seen::conflict);
    const auto newest = SampleRanges::max_cells * cell;
    CHECK(look(ranges, {newest, newest + cell}, 2) == Seen::conflict);
}

TEST_CASE("an isolated window is one cell, so that more of them are held") {
    SampleRanges windows(true);
    const auto first = 178 * std::uint64_t{65'000};
    CHECK(Block({first, first + 178}).samples().cells(true).size() == 1);
    add(windows, {first, first + 178});
    CHECK(look(windows, {first, first + 178}) == Seen::duplicate);
    CHECK(look(windows, {first, first + 178}, 2) == Seen::conflict);
}

TEST_CASE("ranges come back from their bytes, and broken bytes give ordered ranges all the same") {
    SampleRanges ranges;
    ranges.add(SampleRange{0, 10});
    ranges.add(SampleRange{1'000'000'000'000, 1'000'000'000'256});
    ranges.add(SampleRange{UINT64_MAX - 5, UINT64_MAX});
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

TEST_CASE("cells come back from their bytes: what was a conflict is one, and the oldest go first") {
    constexpr auto cell = BlockSamples::cell_samples;
    for (const std::uint64_t held : {3, 512, 700}) {
        SampleRanges ranges;
        for (std::uint64_t i = 0; i < held; ++i) {
            add(ranges, {i * cell, (i + 1) * cell}, 1, 10 + i);
        }
        ranges.hold(Block({5, 20}).samples().cells(false), SampleRanges::no_entry);
        const auto bytes = ranges.serialize_cells();
        CHECK(bytes.size() < 10 * SampleRanges::max_cells + 20);
        auto back = SampleRanges::parse(ranges.serialize(), false);
        CHECK(look(back, {0, held * cell}, 2) == Seen::duplicate); // the ranges alone
        back.load_cells(bytes);
        CHECK(back.serialize_cells() == bytes);
        CHECK(look(back, {5, 20}, 2) == Seen::conflict);
        for (int more = 0; more < 3; ++more) { // the same ones are forgotten from here on
            for (std::uint64_t i = 0; i < held; ++i) {
                const SampleRange range{i * cell, (i + 1) * cell};
                CHECK(look(back, range, 2) == look(ranges, range, 2));
                CHECK(look(back, range) == Seen::duplicate);
            }
            add(ranges, {(held + 100) * cell, (held + 101) * cell});
            add(back, {(held + 100) * cell, (held + 101) * cell});
        }
    }
}

TEST_CASE("broken bytes of cells give cells that can be compared all the same") {
    SampleRanges ranges;
    for (std::uint64_t first = 0; first < 2000; first += 100) {
        add(ranges, {first, first + 100}, 1, 7 + first);
    }
    const auto bytes = ranges.serialize_cells();
    std::mt19937 random(9);
    for (int round = 0; round < 2000; ++round) {
        auto broken = bytes;
        for (auto faults = random() % 4; faults > 0; --faults) {
            broken[random() % broken.size()] = static_cast<char>(random());
        }
        broken.resize(random() % (broken.size() + 1));
        auto back = SampleRanges::parse(ranges.serialize(), false);
        back.load_cells(broken);
        CHECK(back.serialize_cells().size() <= broken.size() + 20);
        CHECK(look(back, {0, 2000}) != Seen::fresh); // and the sanitizers see nothing
    }
    ranges.load_cells({}); // a checkpoint without room for them
    CHECK(look(ranges, {0, 100}, 2) == Seen::duplicate);
}

TEST_CASE("more cells than the bound are not loaded") {
    SampleRanges ranges;
    for (std::uint64_t i = 0; i < SampleRanges::max_cells; ++i) {
        add(ranges, {i * 128, (i + 1) * 128});
    }
    const auto bytes = ranges.serialize_cells();
    SampleRanges twice;
    twice.load_cells(bytes + bytes);
    CHECK(twice.serialize_cells() == bytes);
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
