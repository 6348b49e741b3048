#include "alarm/alarm_world.hpp"

#include <catch2/catch_test_macros.hpp>

namespace vigil::alarm {

namespace {

using v1::Alarm;
using v1::AlarmMemory;

bool are_same(const Outputs& left, const Outputs& right) {
    return std::ranges::equal(
        left,
        right,
        {},
        &v1::AlarmOutput::SerializeAsString,
        &v1::AlarmOutput::SerializeAsString
    );
}

/// Of a patient with something of everything.
AlarmMemory memory_of_much() {
    Bed bed;
    bed.begin().stream_for(30).say({bed.event(1, 1, v1::Event::ONGOING)});
    bed.technical(Alarm::ELECTRODE_OFF, {"s/Fp1"}).pass(40).turn_off(Alarm::PAUSE, minute);
    bed.acknowledge(bed.newest(Alarm::ELECTRODE_OFF)).pause_audio(60);
    bed.heart(Alarm::TACHYCARDIA, HeartInput::Change::begins);
    AlarmMemory memory;
    memory.ParseFromString(bed.machine.serialize());
    return memory;
}

bool is_taken(const AlarmMemory& memory) {
    return AlarmMachine::restore(memory.SerializeAsString()).has_value();
}

template <class Change>
bool is_taken_with(Change change) {
    auto memory = memory_of_much();
    change(memory);
    return is_taken(memory);
}

} // namespace

TEST_CASE("a machine that is restored at any point goes on as if nothing had been") {
    std::size_t restored = 0;
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
        AlarmWorld world(1'000 + seed);
        std::mt19937 random(seed);
        for (int step = 0; step < 1'000; ++step) {
            INFO("seed " << seed << ", step " << step);
            if (!world.twin || random() % 20 == 0) {
                auto again =
                    AlarmMachine::restore((world.twin ? *world.twin : world.machine).serialize());
                REQUIRE(again);
                world.twin = *std::move(again);
                ++restored;
            }
            world.step();
            REQUIRE(are_same(world.outputs, world.twin_outputs));
            if (step % 10 == 0) {
                REQUIRE(world.machine.serialize() == world.twin->serialize());
                REQUIRE(world.machine.digest() == world.twin->digest());
            }
        }
    }
    CHECK(restored > 1'000);
}

TEST_CASE("the same inputs give the same outputs, ids included") {
    AlarmWorld first(7);
    AlarmWorld again(7);
    for (int step = 0; step < 1'000; ++step) {
        first.step();
        again.step();
        REQUIRE(are_same(first.outputs, again.outputs));
    }
    CHECK(first.machine.digest() == again.machine.digest());
}

TEST_CASE("a digest differs where the states do") {
    Bed bed;
    bed.begin();
    const auto before = bed.machine.digest();
    bed.heart(Alarm::PAUSE, HeartInput::Change::begins);
    CHECK(bed.machine.digest() != before);
}

TEST_CASE("a checkpoint that no machine has written is refused") {
    CHECK(is_taken(memory_of_much()));
    CHECK_FALSE(AlarmMachine::restore("\xff"));
    CHECK_FALSE(AlarmMachine::restore(""));
    CHECK_FALSE(AlarmMachine::restore(std::string((1 << 20) + 1, '\0')));
    const auto late = std::int64_t{1} << 60;
    CHECK_FALSE(is_taken_with([](auto& m) { m.set_patient(std::string(65, 'a')); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_clock()->set_passed_us(-1); }));
    CHECK_FALSE(is_taken_with([&](auto& m) { m.mutable_clock()->set_newest_us(late); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.clear_settings(); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_settings()->set_late_after_s(601); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_settings()->clear_remind_off_after_s(); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.clear_monitoring(); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.set_audio_over(Alarm::Priority(7)); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_streams(0)->clear_device(); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_streams(0)->set_mark_after_us(1); }));
    CHECK_FALSE(is_taken_with([&](auto& m) { m.mutable_streams(0)->set_late_us(-late); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_events(0)->set_id("short"); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_sources(0)->set_condition(Alarm::SEIZURE); })
    );
    CHECK_FALSE(is_taken_with([](auto& m) {
        m.mutable_sources(0)->set_value(std::numeric_limits<double>::infinity());
    }));
    for (auto state : {Alarm::ENDED, Alarm::STATE_UNSPECIFIED}) {
        CHECK_FALSE(is_taken_with([&](auto& m) {
            m.mutable_alarms(0)->mutable_alarm()->set_state(state);
        }));
    }
    const auto change_alarm = [](auto change) {
        return is_taken_with([&](auto& m) { change(*m.mutable_alarms(0)->mutable_alarm()); });
    };
    CHECK_FALSE(change_alarm([](auto& one) { one.set_id("short"); }));
    CHECK_FALSE(change_alarm([](auto& one) { one.set_revision(0); }));
    CHECK_FALSE(change_alarm([](auto& one) { one.set_urgent_revision(99); }));
    CHECK_FALSE(change_alarm([](auto& one) { one.clear_causes(); }));
    CHECK_FALSE(change_alarm([](auto& one) { one.set_device("d"); }));
    CHECK_FALSE(change_alarm([](auto& one) { one.set_priority(Alarm::Priority(4)); }));
    CHECK_FALSE(change_alarm([](auto& one) { one.mutable_causes(0)->set_condition(Alarm::PAUSE); })
    );
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_alarms(0)->clear_unanswered_passed_us(); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_alarms(0)->set_reminder_passed_us(1); }));
    CHECK_FALSE(is_taken_with([](auto& m) { m.mutable_offs(0)->set_reason(std::string(501, 'a')); })
    );
}

TEST_CASE("a checkpoint with more than a machine holds is refused") {
    const auto too_many = [](std::size_t most, auto add) {
        return is_taken_with([&](auto& memory) {
            for (std::size_t i = 0; i <= most; ++i) {
                add(memory, std::to_string(i));
            }
        });
    };
    CHECK_FALSE(too_many(StreamWatch::most_streams, [](auto& memory, const std::string& name) {
        auto& stream = *memory.add_streams();
        stream = memory.streams(0);
        stream.set_stream(name);
    }));
    CHECK_FALSE(too_many(EventWatch::most_events, [](auto& memory, const std::string& name) {
        memory.add_events()->set_id(derived_id(name, "event"));
    }));
    CHECK_FALSE(too_many(AlarmMachine::most_sources, [](auto& memory, const std::string& name) {
        auto& source = *memory.add_sources();
        source = memory.sources(0);
        source.set_source(name);
    }));
}

} // namespace vigil::alarm
