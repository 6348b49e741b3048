// Fences, takeovers and restarts of the core.
#include "detector/core.hpp"
#include "detector/test_ward.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace vigil;
using namespace vigil::detector;

namespace {

/// Everything that two owners wrote in the stead of one, without the sequences and the takeovers
/// between.
std::vector<std::string> detection_texts(Ward& ward) {
    std::vector<std::string> texts;
    for (const auto& one : ward.detections()) {
        texts.push_back(one.SerializeAsString());
    }
    return texts;
}

void put_second(Ward& ward, const BlockShape& shape, std::uint64_t second) {
    ward.put(shape, second * 256, 256);
    ward.now += std::chrono::seconds(1);
}

} // namespace

TEST_CASE("a new owner's takeover refuses the old owner's next step") {
    Ward ward;
    AmplitudeScorer scorer;
    Core first(scorer, {.owner = "a", .epoch = 1});
    REQUIRE(first.take_over(ward.journal, ward.now).has_value());
    const BlockShape shape;
    put_second(ward, shape, 0);
    put_second(ward, shape, 1);
    REQUIRE_FALSE(ward.run(first).has_value());

    Core second(scorer, {.owner = "b", .epoch = 2});
    REQUIRE(second.take_over(ward.journal, ward.now).has_value());
    put_second(ward, shape, 2);
    const auto refused = ward.run(first);
    REQUIRE(refused.has_value());
    CHECK(refused->code == ErrorCode::conflict);
    REQUIRE_FALSE(ward.run(second).has_value());
    CHECK(scores_of(ward.detections()).size() == 2);
}

TEST_CASE("a restart after every second gives the same detections as one owner, each once") {
    const BlockShape shape;
    std::vector<std::string> expected;
    std::vector<std::string> restarted;
    for (const bool restarts : {false, true}) {
        Ward ward;
        AmplitudeScorer scorer;
        auto core = std::make_unique<Core>(scorer, CoreOptions{});
        REQUIRE(core->take_over(ward.journal, ward.now).has_value());
        for (std::uint64_t second = 0; second < 30; ++second) {
            if (second == 11) {
                ward.put(shape, (second + 1) * 256, 256); // out of order across a restart
            } else if (second == 12) {
                ward.put(shape, (second - 1) * 256, 256);
            } else {
                ward.put(shape, second * 256, 256);
            }
            if (second % 4 == 2) {
                ward.put(shape, second * 256, 256); // again
            }
            REQUIRE_FALSE(ward.run(*core).has_value());
            ward.now += std::chrono::seconds(1);
            if (restarts) {
                core = std::make_unique<Core>(scorer, CoreOptions{.epoch = second + 1});
                REQUIRE(core->take_over(ward.journal, ward.now).has_value());
            }
        }
        (restarts ? restarted : expected) = detection_texts(ward);
    }
    CHECK(expected.size() == 29);
    CHECK(restarted == expected);
}

TEST_CASE(
    "what came in while nobody owned is scored by the next owner, and what was put out is not put "
    "out again"
) {
    Ward ward;
    AmplitudeScorer scorer;
    const BlockShape shape;
    {
        Core core(scorer, {});
        REQUIRE(core.take_over(ward.journal, ward.now).has_value());
        for (std::uint64_t second = 0; second < 5; ++second) {
            put_second(ward, shape, second);
        }
        REQUIRE_FALSE(ward.run(core).has_value());
        for (std::uint64_t second = 5; second < 9; ++second) {
            put_second(ward, shape, second);
        }
        // Scored and lost: the process dies before its append.
        const auto lost = core.step(ward.journal.read(core.position()).value(), ward.now);
        REQUIRE(lost.entries.size() == 1);
    }
    for (int round = 0; round < 3;
         ++round) { // the second and third takeover find a TAKEOVER as the newest output
        Core core(scorer, {.epoch = 2});
        REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    }
    Core core(scorer, {.epoch = 3});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    REQUIRE_FALSE(ward.run(core).has_value());
    CHECK(scores_of(ward.detections()).size() == 8);
}

TEST_CASE("the same inputs give the same entries, ids included") {
    std::vector<std::string> runs;
    for (int run = 0; run < 2; ++run) {
        Ward ward;
        AmplitudeScorer scorer;
        Core core(scorer, {});
        REQUIRE(core.take_over(ward.journal, ward.now).has_value());
        for (std::uint64_t second = 0; second < 6; ++second) {
            put_second(ward, {}, second);
            put_second(ward, {.patient = "p2", .device = "d2", .partition = 5}, second);
        }
        REQUIRE_FALSE(ward.run(core, 5).has_value());
        std::string all;
        const auto entries = ward.journal.read(0).value();
        for (const auto& stored : entries) {
            all += stored->entry.SerializeAsString();
        }
        runs.push_back(all);
    }
    CHECK(runs[0] == runs[1]);
}

TEST_CASE("a new owner reads only what windows may still need") {
    Ward ward;
    AmplitudeScorer scorer;
    Core first(scorer, {});
    REQUIRE(first.take_over(ward.journal, ward.now).has_value());
    for (std::uint64_t second = 0; second < 200; ++second) {
        put_second(ward, {}, second);
        REQUIRE_FALSE(ward.run(first).has_value());
    }
    // All other partitions have put nothing out: an empty STEP moves them on.
    Core idle(scorer, {.epoch = 1, .checkpoint_entries = 100});
    REQUIRE(idle.take_over(ward.journal, ward.now).has_value());
    CHECK(idle.position() == 0);
    REQUIRE_FALSE(ward.run(idle).has_value());
    Core second(scorer, {.epoch = 2});
    REQUIRE(second.take_over(ward.journal, ward.now).has_value());
    CHECK(ward.journal.newest() - second.position() < 64 + 64 + 64 + 64 + 110);
    for (const auto& step : ward.steps()) {
        CHECK(step.replay_sequence() <= step.input_sequence() + 1);
    }
}

TEST_CASE(
    "a window across a pause longer than the memory is not made, by the old owner and the new alike"
) {
    for (const bool restarts : {false, true}) {
        Ward ward;
        AmplitudeScorer scorer;
        auto core = std::make_unique<Core>(scorer, CoreOptions{});
        REQUIRE(core->take_over(ward.journal, ward.now).has_value());
        const BlockShape quiet{.device = "quiet"};
        put_second(ward, quiet, 0);
        put_second(ward, quiet, 1);
        for (std::uint64_t second = 0; second < 40; ++second) {
            put_second(ward, {}, second);
            REQUIRE_FALSE(ward.run(*core).has_value());
        }
        if (restarts) {
            core = std::make_unique<Core>(scorer, CoreOptions{.epoch = 1});
            REQUIRE(core->take_over(ward.journal, ward.now).has_value());
        }
        put_second(ward, quiet, 2);
        put_second(ward, quiet, 3);
        REQUIRE_FALSE(ward.run(*core).has_value());
        std::vector<std::uint64_t> ends;
        for (const auto& one : ward.detections()) {
            if (one.device() == "quiet") {
                ends.push_back(one.end_sample());
            }
        }
        CHECK(ends == std::vector<std::uint64_t>{512, 1024});
    }
}

TEST_CASE("a step with more detections than an entry may hold becomes several entries of one batch"
) {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {.detections_per_step_entry = 10});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    ward.put({.rate_numerator = 64}, 0, 64 * 36);
    REQUIRE_FALSE(ward.run(core).has_value());
    const auto steps = ward.steps();
    REQUIRE(steps.size() == 4);
    CHECK(steps[0].detections_size() == 10);
    CHECK(steps[3].detections_size() == 5);
    CHECK(scores_of(ward.detections()).size() == 35);
    // and the fence after it is that of the last of them
    ward.put({.rate_numerator = 64}, 64 * 36, 64);
    REQUIRE_FALSE(ward.run(core).has_value());
    CHECK(ward.detections().size() == 36);
}

TEST_CASE("more streams than the bound: the one silent longest is forgotten") {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {.streams_per_partition = 3});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    for (int device = 0; device < 4; ++device) {
        put_second(ward, {.device = "d" + std::to_string(device)}, 0);
    }
    put_second(ward, {.device = "d3"}, 1);
    put_second(ward, {.device = "d0"}, 1); // forgotten: its first second is not there any more
    REQUIRE_FALSE(ward.run(core, 1).has_value());
    const auto detections = ward.detections();
    REQUIRE(detections.size() == 1);
    CHECK(detections[0].device() == "d3");
}

TEST_CASE("a takeover that the journal refuses is tried again three times") {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {});
    ward.journal.refuse_next(fail(ErrorCode::conflict, "refused").error(), 2);
    CHECK(core.take_over(ward.journal, ward.now).has_value());
    ward.journal.refuse_next(fail(ErrorCode::conflict, "refused").error(), 3);
    const auto refused = core.take_over(ward.journal, ward.now);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::conflict);
    ward.journal.refuse_next(fail(ErrorCode::unavailable, "away", {}, {}, Retry::safe).error(), 1);
    CHECK_FALSE(core.take_over(ward.journal, ward.now).has_value());
    CHECK(core.take_over(ward.journal, ward.now).has_value());
}

TEST_CASE("a new owner knows a repeat however old it is") {
    Ward ward;
    AmplitudeScorer scorer;
    const CoreOptions options{.checkpoint_entries = 40};
    const BlockShape old_sender{
        .device = "old",
        .rate_numerator = 17361,
        .rate_denominator = 100,
        .channels = 1,
        .isolated = true
    };
    auto core = std::make_unique<Core>(scorer, options);
    REQUIRE(core->take_over(ward.journal, ward.now).has_value());
    for (std::uint64_t minute = 0; minute < 5; ++minute) {
        ward.put({.device = "long"}, minute * 60 * 256, 60 * 256);
        ward.put(old_sender, minute * 1000, 178);
        for (std::uint64_t second = 0; second < 60; ++second) {
            put_second(ward, {}, minute * 60 + second);
            REQUIRE_FALSE(ward.run(*core).has_value());
        }
    }
    const auto before = scores_of(ward.detections());
    CHECK(before.size() == 299 + 5 + 5 * 59); // a pause of a minute is longer than the memory
    core = std::make_unique<Core>(scorer, options);
    REQUIRE(core->take_over(ward.journal, ward.now).has_value());
    CHECK(core->position() > ward.journal.newest() - 600);
    for (std::uint64_t minute = 0; minute < 5; ++minute) {
        ward.put(entry_of(
            {.device = "long"},
            block_of({.device = "long"}, minute * 60 * 256, 60 * 256),
            ward.now,
            "again"
        ));
        ward.put(entry_of(old_sender, block_of(old_sender, minute * 1000, 178), ward.now, "again"));
    }
    put_second(ward, {}, 300); // and the live stream goes on as if nothing had been
    REQUIRE_FALSE(ward.run(*core).has_value());
    CHECK(scores_of(ward.detections()).size() == before.size() + 1);
    CHECK(core->counts().duplicates == 10);
}

TEST_CASE("a new owner sees a conflict with samples that only the checkpoint knows") {
    Ward ward;
    AmplitudeScorer scorer;
    const CoreOptions options{.checkpoint_entries = 10};
    auto core = std::make_unique<Core>(scorer, options);
    REQUIRE(core->take_over(ward.journal, ward.now).has_value());
    const BlockShape shape;
    for (std::uint64_t second = 0; second < 60; ++second) {
        put_second(ward, shape, second);
        REQUIRE_FALSE(ward.run(*core).has_value());
    }
    core = std::make_unique<Core>(scorer, options);
    REQUIRE(core->take_over(ward.journal, ward.now).has_value());
    REQUIRE(ward.journal.free_up_to(core->replay_floor()).has_value());
    auto other = block_of(shape, 20UL * 256, 256);
    (*other.mutable_data())[0] ^= 1;
    ward.put(entry_of(shape, other, ward.now, "other"));
    ward.put(entry_of(shape, block_of(shape, 20UL * 256, 256), ward.now, "again"));
    REQUIRE_FALSE(ward.run(*core).has_value());
    CHECK(core->counts().conflicts == 1);
    CHECK(core->counts().duplicates == 1);
}

TEST_CASE("where a checkpoint has no room for all digests, the ranges of every stream are in it") {
    Ward ward;
    AmplitudeScorer scorer;
    const CoreOptions options{.checkpoint_entries = 1};
    auto core = std::make_unique<Core>(scorer, options);
    REQUIRE(core->take_over(ward.journal, ward.now).has_value());
    constexpr int devices = 80; // of 512 cells each: twice what the checkpoint holds
    const auto device = [](int number) {
        return BlockShape{.device = "d" + std::to_string(number), .channels = 1};
    };
    for (int number = 0; number < devices; ++number) {
        ward.put(device(number), 0, 512UL * 128);
        REQUIRE_FALSE(ward.run(*core).has_value());
        ward.now += std::chrono::seconds(1);
    }
    v1::Step checkpoint;
    for (auto& step : ward.steps()) { // of the one partition that has streams
        checkpoint = step.seen_size() > 0 ? step : checkpoint;
    }
    REQUIRE(checkpoint.seen_size() == devices);
    checkpoint.clear_technical(); // has a bound of its own
    CHECK(checkpoint.ByteSizeLong() < (257U << 10U));
    CHECK_FALSE(checkpoint.seen(0).cells().empty()); // the newest
    CHECK(checkpoint.seen(devices - 1).cells().empty());
    core = std::make_unique<Core>(scorer, options);
    REQUIRE(core->take_over(ward.journal, ward.now).has_value());
    for (const int number : {0, devices - 1}) {
        const auto shape = device(number);
        ward.put(entry_of(shape, block_of(shape, 0, 512UL * 128), ward.now, "again"));
        auto other = block_of(shape, 0, 512UL * 128);
        (*other.mutable_data())[0] ^= 1;
        ward.put(entry_of(shape, other, ward.now, "other"));
    }
    REQUIRE_FALSE(ward.run(*core).has_value());
    CHECK(core->counts().duplicates == 2);
    CHECK(core->counts().conflicts == 2); // of the oldest too: the repeat brought its cells back
}

TEST_CASE("with the journal freed as far as allowed a new owner goes on as with all of it") {
    const BlockShape shape;
    std::vector<Scores> found;
    for (const bool frees : {false, true}) {
        Ward ward;
        AmplitudeScorer scorer;
        std::vector<v1::Detection> detections;
        for (std::uint64_t round = 0; round < 40; ++round) {
            Core core(scorer, {.partitions = 4, .epoch = round, .checkpoint_entries = 3});
            REQUIRE(core.take_over(ward.journal, ward.now).has_value());
            for (std::uint64_t part = 0; part < 4; ++part) {
                ward.put(shape, round * 1000 + part * 250, 250);
                ward.put(shape, round / 2 * 1000, 250); // long known, but in the first round
                const auto before = ward.journal.newest();
                REQUIRE_FALSE(ward.run(core).has_value());
                CHECK(core.replay_floor() <= core.position());
                const auto outputs = ward.journal.read(before).value();
                for (const auto& stored : outputs) {
                    v1::Step step;
                    if (stored->entry.type() == v1::STEP &&
                        step.ParseFromString(stored->entry.payload())) {
                        std::ranges::copy(step.detections(), std::back_inserter(detections));
                    }
                }
                if (frees) {
                    REQUIRE(ward.journal.free_up_to(core.replay_floor()).has_value());
                }
            }
            ward.now += std::chrono::seconds(4);
        }
        found.push_back(scores_of(detections));
        CHECK((ward.journal.oldest() > ward.journal.newest() - 500) == frees);
        CHECK(ward.journal.newest() > 900);
    }
    CHECK(found[0].size() == 40 * 1000 / 256 - 1);
    CHECK(found[1] == found[0]);
}

TEST_CASE("a restart between any two steps, with checkpoints, gives every window once") {
    const BlockShape shape;
    Ward ward;
    AmplitudeScorer scorer;
    std::mt19937 engine(3);
    for (std::uint64_t round = 0; round < 60; ++round) {
        Core core(scorer, {.epoch = round, .checkpoint_entries = 1 + engine() % 40});
        REQUIRE(core.take_over(ward.journal, ward.now).has_value());
        ward.put(shape, round * 256, 256);
        ward.put(shape, engine() % (round + 1) * 256, 256); // one of the older ones again
        ward.now += std::chrono::seconds(1);
        if (engine() % 4 != 0) {
            REQUIRE_FALSE(ward.run(core, 1 + engine() % 9).has_value());
        }
    }
    Core core(scorer, {.epoch = 100});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    REQUIRE_FALSE(ward.run(core).has_value());
    CHECK(scores_of(ward.detections()).size() == 59);
}
