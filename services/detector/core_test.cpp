#include "detector/core.hpp"

#include "detect/bonn_files.hpp"
#include "detector/test_ward.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace vigil;
using namespace vigil::detector;

namespace {

/// All detections that blocks of these sizes give, in this order.
Scores scores_with(
    const BlockShape& shape,
    std::vector<std::pair<std::uint64_t, std::size_t>> blocks,
    std::size_t at_once = 1000
) {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    for (const auto& [first, samples] : blocks) {
        ward.put(shape, first, samples);
    }
    REQUIRE_FALSE(ward.run(core, at_once).has_value());
    return scores_of(ward.detections());
}

std::vector<std::pair<std::uint64_t, std::size_t>>
cut(std::uint64_t from, std::uint64_t until, std::size_t size) {
    std::vector<std::pair<std::uint64_t, std::size_t>> blocks;
    for (auto first = from; first < until; first += size) {
        blocks.emplace_back(first, std::min<std::size_t>(size, until - first));
    }
    return blocks;
}

} // namespace

TEST_CASE("a continuous stream gives one window a second, whatever the blocks' size") {
    for (const auto& shape :
         {BlockShape{},
          BlockShape{.rate_numerator = 17361, .rate_denominator = 100},
          BlockShape{.rate_numerator = 500, .channels = 1}}) {
        const auto until =
            static_cast<std::uint64_t>(12) * shape.rate_numerator / shape.rate_denominator;
        const auto whole = scores_with(shape, {{0, until}});
        CHECK(whole.size() == 11); // the first second is shorter than a window
        CHECK(
            scores_with(shape, cut(0, until, shape.rate_numerator / shape.rate_denominator)) ==
            whole
        );
        CHECK(scores_with(shape, cut(0, until, 37)) == whole);
        CHECK(scores_with(shape, cut(0, until, 37), 1) == whole);
    }
    const BlockShape slow{.rate_numerator = 64};
    CHECK(scores_with(slow, cut(0, 64 * 6, 1), 7) == scores_with(slow, {{0, 64 * 6}}));
}

TEST_CASE("a stream in millivolts or volts scores as the same one in microvolts") {
    const auto expected = scores_with({}, {{0, 256 * 4}});
    REQUIRE(expected.size() == 3);
    CHECK(scores_with({.unit = "mV", .scale = 1e-3}, {{0, 256 * 4}}) == expected);
    CHECK(scores_with({.unit = "V", .scale = 1e-6}, {{0, 256 * 4}}) == expected);
    CHECK(scores_with({.unit = "mV"}, {{0, 256 * 4}}) != expected);
}

TEST_CASE("blocks in any order give the same windows, each once") {
    const BlockShape shape;
    auto blocks = cut(0, 256 * 9, 100);
    const auto expected = scores_with(shape, blocks);
    std::mt19937 engine(7);
    for (int round = 0; round < 20; ++round) {
        std::shuffle(blocks.begin(), blocks.end(), engine);
        // Pieces of ten blocks wait at once: more stretches than a stream may hold are not made.
        CHECK(scores_with(shape, blocks, 1 + static_cast<std::size_t>(round)) == expected);
    }
}

TEST_CASE(
    "windows go up to the newest sample, end at multiples of the rate and carry their time and "
    "cause"
) {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    const BlockShape shape;
    ward.put(shape, 0, 256);
    ward.put(shape, 256, 256);
    ward.now += std::chrono::milliseconds(40);
    REQUIRE_FALSE(ward.run(core).has_value());
    const auto detections = ward.detections();
    REQUIRE(detections.size() == 1);
    const auto& one = detections.front();
    CHECK(one.end_sample() == 512);
    CHECK(one.end_time_us() == to_us(test_start) + 2'000'000);
    CHECK(one.delay_us() == 40'000);
    CHECK(one.model() == "window-178");
    CHECK(one.patient() == "p1");
    CHECK(one.channel_q16_size() == 2);
    CHECK(one.cause() == entry_of(shape, block_of(shape, 256, 256), ward.now).id());
    CHECK(one.score_q16() > 0);
}

TEST_CASE("a gap joins nothing: windows across it are not made until it is filled") {
    const BlockShape shape;
    auto expected = scores_with(shape, {{0, 256 * 8}});
    auto with_gap = scores_with(shape, {{0, 256 * 4}, {256 * 4 + 50, 256 * 4 - 50}});
    for (auto place = expected.begin(); place != expected.end();) {
        const auto& [key, first, end] = place->first;
        place = first < 256 * 4 + 50 && end > 256 * 4 ? expected.erase(place) : std::next(place);
    }
    CHECK(with_gap == expected);
    CHECK(
        scores_with(shape, {{0, 256 * 4}, {256 * 4 + 50, 256 * 4 - 50}, {256 * 4, 50}}) ==
        scores_with(shape, {{0, 256 * 8}})
    );
}

TEST_CASE("old data sent backwards beside the live lane are scored too") {
    const BlockShape shape;
    std::vector<std::pair<std::uint64_t, std::size_t>> blocks;
    for (std::uint64_t second = 0; second < 60; ++second) {
        blocks.emplace_back((1000 + second) * 256, 256); // live
        blocks.emplace_back((100 + second) * 256, 256);  // backfill
    }
    const auto scores = scores_with(shape, blocks);
    CHECK(scores.size() == 2 * 59);
}

TEST_CASE("duplicates and overlaps give nothing new, other samples in the same range a conflict") {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    const BlockShape shape;
    ward.put(shape, 0, 1024);
    ward.put(shape, 0, 1024);
    ward.put(shape, 500, 1024); // half of it known
    auto other = block_of(shape, 0, 1024);
    other.mutable_data()->at(0) ^= 1;
    ward.put(entry_of(shape, other, ward.now, "other"));
    REQUIRE_FALSE(ward.run(core, 1).has_value());
    CHECK(scores_of(ward.detections()) == scores_with(shape, {{0, 1524}}));
    CHECK(core.counts().duplicates == 1);
    std::vector<v1::Conflict> conflicts;
    for (const auto& step : ward.steps()) {
        for (const auto& bytes : step.conflicts()) {
            REQUIRE(conflicts.emplace_back().ParseFromString(bytes));
        }
    }
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0].device() == "d1");
    CHECK(conflicts[0].first_sample() == 0);
    CHECK(conflicts[0].end_sample() == 1024);
}

TEST_CASE(
    "flat and clipped channels are not evaluated, and the patient's score is the mean of the two "
    "highest"
) {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    BlockShape shape{
        .rate_numerator = 17361,
        .rate_denominator = 100,
        .channels = 5,
        .isolated = true
    };
    auto block = block_of(shape, 0, 178);
    std::vector<std::int32_t> samples;
    for (std::size_t channel = 0; channel < 5; ++channel) {
        for (int i = 0; i < 178; ++i) {
            const std::int32_t sign = i % 2 == 0 ? 1 : -1;
            const std::int32_t clipped = i < 18 ? 32767 : sign; // 18 of 178 are over a tenth
            const std::int32_t values[] = {sign * 100, 7, clipped, sign * 500, sign * 300};
            samples.push_back(values[channel]);
        }
    }
    signal::set_block_samples(block, samples, v1::INT16_LE).value();
    ward.put(entry_of(shape, block, ward.now));
    REQUIRE_FALSE(ward.run(core).has_value());
    const auto detections = ward.detections();
    REQUIRE(detections.size() == 1);
    const auto& channels = detections[0].channel_q16();
    CHECK(channels[0] == 6554); // 0.1
    CHECK(channels[1] == 65537);
    CHECK(channels[2] == 65537);
    CHECK(channels[3] == 32768);               // 0.5
    CHECK(channels[4] == 19661);               // 0.3
    CHECK(detections[0].score_q16() == 26214); // 0.4
    CHECK_FALSE(detections[0].not_evaluated());
}

TEST_CASE("an old sender's block is its own window, and one of another length is not evaluated") {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    const BlockShape shape{
        .rate_numerator = 17361,
        .rate_denominator = 100,
        .channels = 1,
        .isolated = true
    };
    for (const auto& [first, samples] :
         {std::pair{0, 178}, {178, 178}, {10'000, 178}, {20'000, 177}, {30'000, 179}}) {
        ward.put(shape, static_cast<std::uint64_t>(first), static_cast<std::size_t>(samples));
    }
    REQUIRE_FALSE(ward.run(core).has_value());
    const auto detections = ward.detections();
    REQUIRE(detections.size() == 5);
    CHECK(scorer.calls == 1);
    for (int index = 0; index < 5; ++index) {
        CHECK(detections[static_cast<std::size_t>(index)].not_evaluated() == (index >= 3));
    }
    CHECK(detections[1].first_sample() == 178);
    CHECK(detections[1].end_sample() == 356);
}

TEST_CASE("entries that are no blocks or cannot be read change nothing") {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    const BlockShape shape;
    auto entry = entry_of(shape, block_of(shape, 0, 600), ward.now);
    entry.set_payload("no protobuf");
    ward.put(entry);
    auto truncated = block_of(shape, 0, 600);
    truncated.mutable_data()->pop_back();
    ward.put(entry_of(shape, truncated, ward.now));
    auto far = block_of(shape, 0, 600);
    far.set_first_sample(~std::uint64_t{0} - 10);
    ward.put(entry_of(shape, far, ward.now));
    auto no_rate = block_of(shape, 0, 600);
    no_rate.set_rate_denominator(0);
    ward.put(entry_of(shape, no_rate, ward.now));
    auto elsewhere = entry_of(shape, block_of(shape, 0, 600), ward.now);
    elsewhere.set_partition(64);
    ward.put(elsewhere);
    elsewhere.set_partition(3);
    elsewhere.set_type(static_cast<v1::EntryType>(99));
    ward.put(elsewhere);
    REQUIRE_FALSE(ward.run(core).has_value());
    CHECK(ward.steps().empty());
    CHECK(core.counts().unreadable == 4);
}

TEST_CASE("the model's own scores of known recordings: seizures high, healthy low") {
    const auto scorer = detect::window_178().value();
    for (const auto& [name, is_ictal] :
         {std::pair{"setE/S001.txt", true},
          {"setE/S002.txt", true},
          {"setA/Z002.txt", false},
          {"setA/Z003.txt", false}}) {
        const auto recording = detect::bonn_recording_uv(name);
        if (recording.empty()) {
            SKIP("VIGIL_DATA names no Bonn recordings");
        }
        CAPTURE(name);
        Ward ward;
        Core core(*scorer, {});
        REQUIRE(core.take_over(ward.journal, ward.now).has_value());
        const BlockShape shape{.rate_numerator = 17361, .rate_denominator = 100, .channels = 1};
        for (std::size_t first = 0; first + 173 < recording.size(); first += 173) {
            auto block = block_of(shape, first, 173);
            const std::vector<std::int32_t> samples(
                recording.begin() + static_cast<std::ptrdiff_t>(first),
                recording.begin() + static_cast<std::ptrdiff_t>(first + 173)
            );
            signal::set_block_samples(block, samples, v1::INT16_LE).value();
            ward.put(entry_of(shape, block, ward.now));
        }
        REQUIRE_FALSE(ward.run(core).has_value());
        const auto detections = ward.detections();
        REQUIRE(detections.size() == 21);
        double mean = 0;
        for (const auto& one : detections) {
            mean += one.score_q16() / 65536.0 / 21.0;
        }
        CHECK((is_ictal ? mean > 0.8 : mean < 0.2));
    }
}
