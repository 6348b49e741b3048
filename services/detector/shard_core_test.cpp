// Cores that own a part of the partitions each.
#include "detector/sharded_service.hpp"
#include "detector/test_ward.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <thread>

using namespace vigil;
using namespace vigil::detector;

namespace {

constexpr std::uint32_t partitions = 8;

BlockShape patient_in(std::uint32_t partition) {
    return {
        .patient = "p" + std::to_string(partition),
        .device = "d" + std::to_string(partition),
        .partition = partition
    };
}

CoreOptions part(PartitionRange owned, std::uint64_t epoch = 1) {
    CoreOptions options;
    options.partitions = partitions;
    options.owned = owned;
    options.owner = "owner of " + std::to_string(owned.first);
    options.epoch = epoch;
    options.checkpoint_entries = 20;
    options.events = {.smoothed_windows = 1, .high_q16 = 1'000, .low_q16 = 500};
    return options;
}

v1::Entry settings_entry(const std::string& patient, UtcTime now) {
    v1::AlarmSettings settings;
    settings.set_patient(patient);
    settings.set_switched_on(true);
    settings.set_user("ada");
    settings.set_role(v1::StaffUser::CLINICIAN);
    v1::Entry entry;
    entry.set_id(derived_id("test", "settings of " + patient));
    entry.set_type(v1::ALARM_SETTINGS);
    entry.set_patient(patient);
    entry.set_key("alarms/" + patient);
    entry.set_receipt_time_us(to_us(now));
    entry.set_payload(settings.SerializeAsString());
    return entry;
}

/// Every partition that has an entry of the type.
std::multiset<std::uint32_t> partitions_with(Ward& ward, v1::EntryType type) {
    std::multiset<std::uint32_t> found;
    const auto entries = ward.journal.read(0, {.entries = SIZE_MAX, .bytes = SIZE_MAX}).value();
    for (const auto& stored : entries) {
        if (stored->entry.type() == type) {
            found.insert(stored->entry.partition());
        }
    }
    return found;
}

/// Detections and events, without what depends on when they were put out.
std::set<std::string> outputs_of(Ward& ward) {
    std::set<std::string> outputs;
    for (auto step : ward.steps()) {
        for (auto& detection : *step.mutable_detections()) {
            detection.clear_delay_us();
            REQUIRE(outputs.insert(detection.SerializeAsString()).second);
        }
        for (auto& event : *step.mutable_events()) {
            event.clear_cause();
            event.clear_id();
            outputs.insert(event.SerializeAsString());
        }
    }
    return outputs;
}

/// A minute of all patients; after each `change` seconds other cores own the partitions, by groups
/// of `groups` in turn.
std::set<std::string> minute(const std::vector<std::uint32_t>& groups, std::uint64_t change) {
    Ward ward;
    AmplitudeScorer scorer;
    std::vector<std::unique_ptr<Core>> cores;
    for (std::uint64_t second = 0; second < 60; ++second) {
        if (second % change == 0) {
            cores.clear();
            const auto size = groups[second / change % groups.size()];
            for (std::uint32_t first = 0; first < partitions; first += size) {
                cores.push_back(std::make_unique<Core>(
                    scorer,
                    part({.first = first, .end = std::min(first + size, partitions)}, second)
                ));
                REQUIRE(cores.back()->take_over(ward.journal, ward.now).has_value());
            }
        }
        for (std::uint32_t partition = 0; partition < partitions; ++partition) {
            ward.put(patient_in(partition), second * 256, 256);
        }
        for (int round = 0; round < 2; ++round) {
            for (auto& core : cores) {
                REQUIRE_FALSE(ward.run(*core).has_value());
            }
        }
        ward.now += std::chrono::seconds(1);
    }
    return outputs_of(ward);
}

} // namespace

TEST_CASE("a core takes over, steps and tells the time of its own partitions and no others") {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, part({.first = 2, .end = 4}));
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    CHECK(partitions_with(ward, v1::TAKEOVER) == std::multiset<std::uint32_t>{2, 3});
    for (std::uint32_t partition = 0; partition < partitions; ++partition) {
        ward.put(patient_in(partition), 0, 20 * 256);
    }
    REQUIRE_FALSE(ward.run(core).has_value());
    CHECK(core.position() == ward.journal.newest());
    CHECK(core.counts().blocks == 2);
    const auto stepped = partitions_with(ward, v1::STEP);
    CHECK(std::set(stepped.begin(), stepped.end()) == std::set<std::uint32_t>{2, 3});
    CHECK(ward.pass_second(core) == 2); // an event goes on in both
    CHECK(partitions_with(ward, v1::CLOCK) == std::multiset<std::uint32_t>{2, 3});
    const auto alive = core.sign_of_life(ward.now);
    REQUIRE(alive.entries.size() == 1);
    CHECK(alive.entries.front().partition() == 2);
    CHECK(alive.fences.front().partition == 2);
}

TEST_CASE("owners of parts refuse nobody but who owns the same partition") {
    Ward ward;
    AmplitudeScorer scorer;
    Core low(scorer, part({.first = 0, .end = 4}));
    Core high(scorer, part({.first = 4, .end = 8}));
    REQUIRE(low.take_over(ward.journal, ward.now).has_value());
    REQUIRE(high.take_over(ward.journal, ward.now).has_value());
    Core other(scorer, part({.first = 3, .end = 4}, 2));
    REQUIRE(other.take_over(ward.journal, ward.now).has_value());
    for (std::uint32_t partition = 3; partition < 5; ++partition) {
        ward.put(patient_in(partition), 0, 512);
    }
    CHECK(ward.run(low).value().code == ErrorCode::conflict);
    CHECK_FALSE(ward.run(high).has_value());
    CHECK_FALSE(ward.run(other).has_value());
    CHECK(scores_of(ward.detections()).size() == 2);
}

TEST_CASE("of two owners that take the same partitions over at once the journal takes one") {
    Ward ward;
    AmplitudeScorer scorer;
    ward.journal.hold();
    const auto taken = [&](std::uint64_t epoch) {
        return std::async(std::launch::async, [&, epoch] {
            auto options = part({.first = 0, .end = 4}, epoch);
            options.takeover_attempts = 1; // as those who share by leases
            return Core(scorer, options).take_over(ward.journal, ward.now).has_value();
        });
    };
    auto one = taken(1);
    auto other = taken(2);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (ward.journal.waiting() < 2 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ward.journal.release();
    CHECK(one.get() != other.get());
    CHECK(partitions_with(ward, v1::TAKEOVER) == std::multiset<std::uint32_t>{0, 1, 2, 3});
}

TEST_CASE("whoever owned what, in groups of any size, the outputs are those of one owner") {
    const auto expected = minute({8}, 60);
    CHECK(expected.size() > 60 * partitions / 2);
    CHECK(minute({4}, 60) == expected);
    CHECK(minute({1}, 7) == expected);
    CHECK(minute({3, 8, 2}, 5) == expected);
}

TEST_CASE("what may be freed follows from the own partitions alone") {
    Ward ward;
    AmplitudeScorer scorer;
    Core low(scorer, part({.first = 0, .end = 4}));
    Core high(scorer, part({.first = 4, .end = 8}));
    REQUIRE(low.take_over(ward.journal, ward.now).has_value());
    REQUIRE(high.take_over(ward.journal, ward.now).has_value());
    for (std::uint64_t second = 0; second < 60; ++second) {
        ward.put(patient_in(5), second * 256, 256);
        ward.now += std::chrono::seconds(1);
        REQUIRE_FALSE(ward.run(high).has_value());
    }
    CHECK(low.replay_floor() == 0);
    CHECK(high.replay_floor() > 50);
    CHECK(high.replay_floor() < high.position());
    CHECK(replay_floor(ward.journal, {.first = 4, .end = 8}).value() == high.replay_floor());
    CHECK(replay_floor(ward.journal, {.first = 0, .end = 8}).value() == 0);
    CHECK(replay_floor(ward.journal, {.first = 8, .end = 9}).value() == 0); // nobody's yet
}

TEST_CASE("settings in the directory reach the owner of their patient alone") {
    constexpr auto patient = "somebody";
    const auto number = journal::partition_of(patient, partitions);
    Ward ward;
    AmplitudeScorer scorer;
    ward.put(settings_entry(patient, ward.now));
    for (std::uint32_t own = 0; own < partitions; ++own) {
        Core core(scorer, part({.first = own, .end = own + 1}));
        REQUIRE(core.take_over(ward.journal, ward.now).has_value());
        REQUIRE_FALSE(ward.run(core).has_value());
        CHECK(core.clock(ward.now).entries.size() == (own == number ? 1 : 0));
    }
}

TEST_CASE("settings that a checkpoint had no room for are in force for the next owner too") {
    constexpr auto last = "z"; // what has no room are the last by name
    auto options = part({.first = 0, .end = 1});
    options.partitions = 1;
    Ward ward;
    AmplitudeScorer scorer;
    ward.put(settings_entry(last, ward.now));
    for (int patient = 0; patient < 2'000; ++patient) {
        ward.put(settings_entry("p" + std::to_string(patient), ward.now));
    }
    Core first(scorer, options);
    REQUIRE(first.take_over(ward.journal, ward.now).has_value());
    REQUIRE_FALSE(ward.run(first).has_value());
    Core next(scorer, options);
    REQUIRE(next.take_over(ward.journal, ward.now).has_value());
    ward.put(settings_entry(last, ward.now)); // nothing new, so nothing is told
    REQUIRE_FALSE(ward.run(next).has_value());
    int told = 0;
    int kept = 0; // by the newest checkpoint
    for (const auto& step : ward.steps()) {
        kept = step.alarm_memories().empty() ? kept : step.alarm_memories_size();
        for (const auto& output : step.alarms()) {
            told += output.notice().patient() == last ? 1 : 0;
        }
    }
    CHECK((kept > 0 && kept < 2'000));
    CHECK(told == 1);
}
