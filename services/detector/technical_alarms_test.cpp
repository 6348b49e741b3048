// Technical conditions from the journal alone, through the detector's core.
#include "detector/alarms.hpp"
#include "detector/partition.hpp"
#include "detector/test_watched.hpp"
#include "vigil/v1/technical.pb.h"
#include "vigil/v1/vitals.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <random>

using namespace vigil;
using namespace vigil::detector;

namespace {

using Told = std::vector<std::string>;

/// The second channel stands still.
void hold_second(std::span<std::int32_t> samples, std::uint64_t /*second*/) {
    std::ranges::fill(samples.subspan(rate_hz, rate_hz), 7);
}

/// Both channels send their first second again.
void freeze(std::span<std::int32_t> samples, std::uint64_t /*second*/) {
    for (std::size_t channel = 0; channel < 2; ++channel) {
        for (std::uint64_t i = 0; i < rate_hz; ++i) {
            samples[channel * rate_hz + i] = sample_at(i, channel);
        }
    }
}

v1::LinkEnd link_end() {
    v1::LinkEnd end;
    end.set_device(shape.device);
    end.set_stream(shape.stream);
    return end;
}

/// All that can be wrong, one after another.
void much_is_wrong(Watched& watched, std::mt19937* random) {
    const auto seconds = [&](int count) {
        for (int i = 0; i < count; ++i) {
            watched.second(false);
            if (random != nullptr && (*random)() % 9 == 0) {
                watched.change_owner();
            }
        }
    };
    watched.set(settings(true));
    seconds(20);
    watched.change = hold_second;
    seconds(20);
    watched.change = freeze;
    seconds(45);
    watched.change = nullptr;
    seconds(10);
    watched.clock_off_us = 3'600'000'000;
    seconds(80);
    watched.clock_off_us = 0;
    watched.put(v1::LINK_END, link_end());
    watched.pass(20);
    watched.skip(20);
    seconds(10);
}

} // namespace

TEST_CASE("a channel that is flat for ten seconds is an alarm that names it, until it moves") {
    Watched watched;
    watched.set(settings(true));
    watched.seconds(20, false);
    watched.change = hold_second;
    watched.seconds(9, false);
    CHECK(watched.alarms().empty());
    watched.seconds(2, false);
    REQUIRE(watched.alarms().size() == 1);
    CHECK(watched.on() == Told{"FLAT_OR_SATURATED d1: s1/C1"});
    CHECK(watched.alarms()[0].priority() == v1::Alarm::LOW);
    watched.change = nullptr;
    watched.seconds(4, false);
    CHECK(watched.on().empty());
}

TEST_CASE("a device that sends its last buffer is frozen, on all its channels") {
    Watched watched;
    watched.set(settings(true));
    watched.seconds(20, false);
    watched.change = freeze;
    watched.seconds(45, false);
    CHECK(watched.on() == Told{"FROZEN_VALUE d1: s1/C0 s1/C1"});
}

TEST_CASE("a device's clock that is off by over ten seconds is an alarm after a minute") {
    for (const std::int64_t off_us : {-3'600'000'000LL, 15'000'000LL}) {
        Watched watched;
        watched.set(settings(true));
        watched.seconds(10, false);
        watched.clock_off_us = off_us;
        watched.seconds(69, false);
        CHECK(watched.on().empty());
        watched.seconds(4, false);
        CHECK(watched.on() == Told{"CLOCK_SKEW d1: s1"});
        watched.clock_off_us = 0;
        watched.second(false);
        CHECK(watched.on().empty());
    }
}

TEST_CASE("samples that were held back and catch up are no clock that is wrong") {
    Watched watched;
    watched.set(settings(true));
    watched.seconds(10, false);
    watched.pass(100);
    for (int second = 0; second < 90; ++second) { // two seconds of them each second
        watched.put_second(false);
        watched.second(false);
        for (const auto& text : watched.on()) {
            CHECK_FALSE(text.starts_with("CLOCK_SKEW"));
        }
    }
}

TEST_CASE("a link that ends is lost after ten seconds, and back with the next samples") {
    Watched watched;
    watched.set(settings(true));
    watched.seconds(10, false);
    watched.put(v1::LINK_END, link_end());
    watched.pass(9);
    CHECK(watched.on().empty());
    watched.pass(2);
    CHECK(watched.on() == Told{"LINK_LOST d1: s1"});
    watched.pass(20); // no data has the same cause: one alarm
    CHECK(watched.on().size() == 1);
    watched.skip(31);
    watched.second(false);
    CHECK(watched.on().empty());
}

TEST_CASE("a stream that ends on purpose takes with it what was wrong with it") {
    Watched watched;
    watched.set(settings(true));
    watched.change = hold_second;
    watched.clock_off_us = -100'000'000;
    watched.seconds(90, false);
    watched.put(v1::LINK_END, link_end());
    watched.pass(12);
    CHECK(watched.on().size() == 3);
    v1::StreamEnd end;
    end.set_device(shape.device);
    end.set_stream(shape.stream);
    watched.put(v1::STREAM_END, end);
    CHECK(watched.on().empty());
}

TEST_CASE("the store that fails is Vigil's own alarm, where somebody has switched those on") {
    Watched watched;
    const auto say = [&](bool is_failing) {
        v1::StorageState state;
        state.set_failing(is_failing);
        v1::Entry entry;
        entry.set_type(v1::STORAGE_STATE);
        entry.set_partition(partition);
        entry.set_receipt_time_us(to_us(watched.ward.now));
        entry.set_payload(state.SerializeAsString());
        entry.set_id(derived_id("storage", std::to_string(to_us(watched.ward.now))));
        watched.ward.put(std::move(entry));
        watched.run();
    };
    say(true);
    watched.pass(1);
    CHECK(watched.on().empty());
    auto own = settings(true);
    own.set_patient("");
    v1::Entry entry;
    entry.set_type(v1::ALARM_SETTINGS);
    entry.set_partition(partition);
    entry.set_key("alarms/");
    entry.set_receipt_time_us(to_us(watched.ward.now));
    entry.set_payload(own.SerializeAsString());
    entry.set_id(derived_id("settings", "own"));
    watched.ward.put(std::move(entry));
    watched.run();
    watched.pass(1);
    REQUIRE(watched.on() == Told{"STORAGE_FAILING : store"});
    CHECK(watched.alarms()[0].priority() == v1::Alarm::MEDIUM);
    CHECK(watched.alarms()[0].patient().empty());
    say(true); // again: nothing new
    CHECK(watched.alarms().size() == 1);
    say(false);
    CHECK(watched.on().empty());
}

TEST_CASE("what is wrong is told alike with other owners, from checkpoints or not, each once") {
    Watched whole;
    much_is_wrong(whole, nullptr);
    const auto told = whole.told();
    REQUIRE(told.size() >= 8);
    for (std::uint32_t seed = 1; seed <= 9; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        Watched changed(seed % 3 == 0 ? 1'000'000 : 1 + random() % 40);
        much_is_wrong(changed, &random);
        CHECK(changed.told() == told);
    }
}

TEST_CASE("detections that lag behind their blocks are an alarm of the patient's") {
    // The entries as a journal has them where the detector works off what has waited: blocks and
    // clocks, and what was made of them later.
    Alarms alarms;
    const auto give = [&](v1::EntryType type, const std::string& payload, std::uint64_t second) {
        v1::Entry entry;
        entry.set_type(type);
        entry.set_patient("p1");
        entry.set_id(derived_id(std::to_string(second), std::to_string(type)));
        entry.set_receipt_time_us(
            to_us(test_start) + static_cast<std::int64_t>(second) * 1'000'000
        );
        entry.set_payload(payload);
        return entry;
    };
    Told told;
    const auto take = [&](const alarm::Outputs& outputs) {
        for (const auto& output : outputs) {
            if (output.has_alarm()) {
                told.push_back(v1::Alarm::Change_Name(output.alarm().change()));
                CHECK(output.alarm().condition() == v1::Alarm::DETECTOR_BEHIND);
                CHECK(output.alarm().causes(0).source() == "s1");
            }
        }
    };
    take(alarms.take(give(v1::ALARM_SETTINGS, settings(true).SerializeAsString(), 0)));
    std::uint64_t second = 0;
    const auto pass = [&](bool is_scored) {
        const auto block = block_of(shape, second * rate_hz, rate_hz);
        const auto entry = give(v1::EEG_BLOCK, block.SerializeAsString(), second + 1);
        take(alarms.data(entry, read_block(entry).value(), layout_of(block)));
        ++second;
        if (is_scored) {
            v1::Step step;
            auto& detection = *step.add_detections();
            detection.set_patient("p1");
            detection.set_device(shape.device);
            detection.set_stream(shape.stream);
            detection.set_window(second);
            detection.set_end_sample(second * rate_hz);
            take(alarms.events(give(v1::STEP, {}, second), step));
        }
        take(alarms.take(give(v1::CLOCK, {}, second)));
    };
    for (int i = 0; i < 60; ++i) {
        pass(true);
    }
    for (int i = 0; i < 18; ++i) {
        pass(false);
    }
    CHECK(told.empty()); // behind for 8 s of them, then 10 s of delay
    for (int i = 0; i < 2; ++i) {
        pass(false);
    }
    CHECK(told == Told{"RAISED"});
    pass(true);
    CHECK(told == Told{"RAISED", "END"});
}

TEST_CASE("a checkpoint keeps the streams that were heard last, up to its bound") {
    TechnicalWatch watch;
    auto wide = shape;
    wide.channels = 64;
    for (int device = 0; device < 100; ++device) {
        wide.device = "d" + std::to_string(device);
        const auto block = block_of(wide, 0, rate_hz);
        const auto entry = entry_of(wide, block, test_start + std::chrono::seconds{device});
        static_cast<void>(watch.block(entry, read_block(entry).value(), layout_of(block)));
    }
    v1::Step checkpoint;
    watch.remember(checkpoint);
    CHECK(checkpoint.ByteSizeLong() <= TechnicalWatch::most_memory_bytes + 1'000);
    REQUIRE(checkpoint.technical_size() > 5);
    CHECK(checkpoint.technical_size() < 100);
    CHECK(checkpoint.technical(0).device() == "d99");
    TechnicalWatch other;
    other.load(checkpoint);
    v1::Step again;
    other.remember(again);
    CHECK(again.SerializeAsString() == checkpoint.SerializeAsString());
}
