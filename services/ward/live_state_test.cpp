// The live state shows every sample once and says when data stop, end or wait for the detector.
#include "ward/live_state.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::ward;

namespace {

constexpr std::int64_t start_us = 1'800'000'000'000'000;

struct Fixture {
    LiveState live;
    journal::Sequence next = 1;
    std::int64_t receipt_us = start_us;

    void add(v1::EntryType type, const google::protobuf::Message& message) {
        auto stored = std::make_shared<journal::Stored>();
        stored->sequence = next++;
        stored->entry.set_type(type);
        stored->entry.set_patient("p1");
        stored->entry.set_receipt_time_us(receipt_us);
        message.SerializeToString(stored->entry.mutable_payload());
        const std::array<journal::StoredPtr, 1> entries{std::move(stored)};
        live.apply(entries);
    }

    static v1::EegBlock block(std::uint64_t first, std::uint32_t samples, int channels = 2) {
        v1::EegBlock made;
        made.set_device("d");
        made.set_stream("s");
        made.set_first_sample(first);
        made.set_rate_numerator(100);
        made.set_rate_denominator(1);
        made.set_start_time_us(start_us + static_cast<std::int64_t>(first) * 10'000);
        made.set_samples(samples);
        made.set_codec(v1::INT16_LE);
        for (int channel = 0; channel < channels; ++channel) {
            made.add_channels()->set_label("c" + std::to_string(channel));
            for (std::uint32_t i = 0; i < samples; ++i) {
                const auto value = static_cast<std::uint16_t>(
                    1000 * channel + static_cast<int>((first + i) % 1000)
                );
                *made.mutable_data() += static_cast<char>(value & 0xFF);
                *made.mutable_data() += static_cast<char>(value >> 8);
            }
        }
        return made;
    }

    v1::LivePatient
    patient(journal::Sequence since = 0, LiveView view = {}, std::int64_t later_us = 0) const {
        const auto frame = live.frame(since, view, from_us(receipt_us + later_us), true);
        return frame.patients().empty() ? v1::LivePatient{} : frame.patients(0);
    }
};

} // namespace

TEST_CASE_METHOD(
    Fixture,
    "a repeated block is shown once and an overlapping one by its new samples alone"
) {
    add(v1::EEG_BLOCK, block(0, 100));
    add(v1::EEG_BLOCK, block(0, 100));
    add(v1::EEG_BLOCK, block(50, 100));
    const auto shown = patient();
    REQUIRE(shown.blocks_size() == 2);
    CHECK(shown.blocks(1).first_sample() == 100);
    CHECK(shown.blocks(1).samples() == 50);
    CHECK(shown.blocks(1).data() == block(100, 50).data());
    CHECK(shown.blocks(1).start_time_us() == start_us + 1'000'000);
}

TEST_CASE_METHOD(Fixture, "a later frame has only what is new, a view only its channels") {
    add(v1::EEG_BLOCK, block(0, 100));
    const auto seen = live.sequence();
    add(v1::EEG_BLOCK, block(100, 100));
    const auto shown = patient(seen, {.patients = {}, .channels = 1});
    REQUIRE(shown.blocks_size() == 1);
    CHECK(shown.blocks(0).channels_size() == 1);
    CHECK(shown.blocks(0).data() == block(100, 100, 1).data());
    CHECK(live.frame(live.sequence(), {}, from_us(receipt_us), false).patients().empty());
    CHECK(live.frame(0, {.patients = {"other"}}, from_us(receipt_us), true).patients().empty());
}

TEST_CASE_METHOD(
    Fixture,
    "data that stop are marked after five seconds, longer blocks after twice their length"
) {
    add(v1::EEG_BLOCK, block(0, 100));
    CHECK_FALSE(patient(0, {}, 5'000'000).no_data());
    CHECK(patient(0, {}, 5'000'001).no_data());
    add(v1::EEG_BLOCK, block(100, 400));
    CHECK_FALSE(patient(0, {}, 8'000'000).no_data());
    CHECK(patient(0, {}, 8'000'001).no_data());
}

TEST_CASE_METHOD(
    Fixture,
    "a stream that ended on purpose is not missing, and lives again with its next block"
) {
    add(v1::EEG_BLOCK, block(0, 100));
    v1::StreamEnd end;
    end.set_device("d");
    end.set_stream("s");
    add(v1::STREAM_END, end);
    CHECK(patient(0, {}, 60'000'000).ended_on_purpose());
    CHECK_FALSE(patient(0, {}, 60'000'000).no_data());
    add(v1::EEG_BLOCK, block(100, 100));
    CHECK_FALSE(patient().ended_on_purpose());
}

TEST_CASE_METHOD(
    Fixture,
    "the detector is behind when blocks wait for their score, and not once it has caught up"
) {
    for (std::uint64_t second = 0; second < 7; ++second) {
        add(v1::EEG_BLOCK, block(second * 100, 100));
        receipt_us += 1'000'000;
    }
    CHECK(patient().detector_behind());
    v1::Step step;
    auto& detection = *step.add_detections();
    detection.set_patient("p1");
    detection.set_end_time_us(start_us + 6'500'000);
    detection.set_score_q16(60'000);
    add(v1::STEP, step);
    CHECK_FALSE(patient().detector_behind());
    CHECK(patient().detections(0).score_q16() == 60'000);
}

TEST_CASE_METHOD(
    Fixture,
    "a sender that stops is never called behind for the rest that no whole window covers"
) {
    const auto scored_until = [this](std::int64_t end_us) {
        v1::Step step;
        auto& detection = *step.add_detections();
        detection.set_patient("p1");
        detection.set_end_time_us(start_us + end_us);
        add(v1::STEP, step);
    };
    const auto behind_while_silent = [this] {
        bool behind = false;
        for (std::int64_t later_us = 0; later_us <= 30'000'000; later_us += 100'000) {
            behind = behind || patient(0, {}, later_us).detector_behind();
        }
        return behind;
    };
    SECTION("blocks of a quarter of a second, the newest second unscored") {
        for (std::uint64_t quarter = 0; quarter < 20; ++quarter) {
            receipt_us += 250'000;
            add(v1::EEG_BLOCK, block(quarter * 25, 25));
            if (quarter % 4 == 0) {
                scored_until(static_cast<std::int64_t>(quarter) * 250'000 + 250'000);
            }
        }
        CHECK_FALSE(behind_while_silent());
        CHECK(patient(0, {}, 5'000'001).no_data());
    }
    SECTION("too short for any window") {
        add(v1::EEG_BLOCK, block(0, 25));
        receipt_us += 900'000;
        add(v1::EEG_BLOCK, block(25, 25));
        CHECK_FALSE(behind_while_silent());
    }
    SECTION("a short burst after a pause") {
        add(v1::EEG_BLOCK, block(0, 100));
        scored_until(1'000'000);
        receipt_us += 3'600'000'000;
        add(v1::EEG_BLOCK, block(360'000, 25));
        receipt_us += 900'000;
        add(v1::EEG_BLOCK, block(360'025, 25));
        CHECK_FALSE(behind_while_silent());
    }
}

TEST_CASE_METHOD(
    Fixture,
    "a score is shown as it was written, without its channels and its cause"
) {
    v1::Step step;
    auto& detection = *step.add_detections();
    detection.set_cause("block");
    detection.set_patient("p1");
    detection.set_device("d");
    detection.set_stream("s");
    detection.set_model("window-178");
    detection.set_model_version("1");
    detection.set_first_sample((std::uint64_t{1} << 53) + 7);
    detection.set_end_sample(detection.first_sample() + 262);
    detection.set_start_time_us(start_us);
    detection.set_end_time_us(start_us + 1'023'437);
    detection.set_score_q16(65'536);
    detection.add_channel_q16(65'536);
    detection.set_delay_us(7'200'000'000);
    *step.add_detections() = detection;
    step.mutable_detections(1)->set_model("other");
    step.mutable_detections(1)->set_not_evaluated(true);
    add(v1::STEP, step);
    const auto shown = patient();
    REQUIRE(shown.detections_size() == 2);
    for (int i = 0; i < 2; ++i) {
        auto expected = step.detections(i);
        expected.clear_cause();
        expected.clear_channel_q16();
        CHECK(shown.detections(i).SerializeAsString() == expected.SerializeAsString());
    }
}

TEST_CASE_METHOD(Fixture, "scores of ever new models push out those of the oldest, and no others") {
    for (int model = 0; model < 100; ++model) {
        v1::Step step;
        auto& detection = *step.add_detections();
        detection.set_patient("p1");
        detection.set_model("model-" + std::to_string(model));
        detection.set_end_time_us(start_us + model);
        detection.set_score_q16(static_cast<std::uint32_t>(model));
        add(v1::STEP, step);
    }
    const auto shown = patient();
    REQUIRE(shown.detections_size() == 32);
    for (int i = 0; i < 32; ++i) {
        CHECK(shown.detections(i).model() == "model-" + std::to_string(68 + i));
        CHECK(shown.detections(i).score_q16() == static_cast<std::uint32_t>(68 + i));
    }
}

namespace {

v1::Step telling(
    const std::string& id,
    std::uint32_t revision,
    std::int64_t second,
    v1::Event::State state
) {
    v1::Step step;
    auto& event = *step.add_events();
    event.set_id(id);
    event.set_revision(revision);
    event.set_state(state);
    event.set_patient("p1");
    event.mutable_span()->set_onset_us(start_us + second * 1'000'000);
    event.mutable_span()->set_end_us(start_us + (second + 10) * 1'000'000);
    return step;
}

} // namespace

TEST_CASE_METHOD(Fixture, "a page is told each revision of an event once, a new page the newest") {
    add(v1::STEP, telling("a", 1, 0, v1::Event::ONGOING));
    const auto seen = live.sequence();
    CHECK(patient().events_size() == 1);
    CHECK(patient(seen).events_size() == 0);
    add(v1::STEP, telling("a", 3, 0, v1::Event::ENDED));
    add(v1::STEP, telling("a", 2, 0, v1::Event::ONGOING)); // an older one that comes late
    REQUIRE(patient(seen).events_size() == 1);
    CHECK(patient(seen).events(0).state() == v1::Event::ENDED);
    REQUIRE(patient().events_size() == 1);
    CHECK(patient().events(0).revision() == 3);
}

TEST_CASE_METHOD(Fixture, "what a shadow says is not shown, and the active model's doubts are") {
    v1::Step step;
    for (const bool shadow : {false, true}) {
        auto& detection = *step.add_detections();
        detection.set_patient("p1");
        detection.set_model(shadow ? "line-length" : "window-178");
        detection.set_shadow(shadow);
        detection.set_end_time_us(start_us + (shadow ? 2'000'000 : 1'000'000));
        detection.set_standing(v1::Detection::SHADOW);
        detection.add_doubts(v1::Detection::KIND_UNKNOWN);
        detection.set_not_evaluated(true);
        detection.set_state(v1::Detection::WARMING_UP);
        auto& event = *step.add_events();
        event.set_id(shadow ? "of the shadow" : "of the active");
        event.set_revision(1);
        event.set_state(v1::Event::ONGOING);
        event.set_patient("p1");
        event.set_shadow(shadow);
        event.set_standing(v1::Detection::SHADOW);
    }
    add(v1::STEP, step);
    const auto shown = patient();
    REQUIRE(shown.detections_size() == 1);
    const auto& detection = shown.detections(0);
    CHECK(detection.model() == "window-178");
    CHECK(detection.standing() == v1::Detection::SHADOW);
    REQUIRE(detection.doubts_size() == 1);
    CHECK(detection.doubts(0) == v1::Detection::KIND_UNKNOWN);
    CHECK(detection.state() == v1::Detection::WARMING_UP);
    CHECK(shown.newest_scored_us() == start_us + 1'000'000);
    REQUIRE(shown.events_size() == 1);
    CHECK(shown.events(0).id() == "of the active");
}

TEST_CASE_METHOD(Fixture, "a score that knew more than it is about keeps up with the samples") {
    add(v1::EEG_BLOCK, block(0, 2000));
    v1::Step step;
    auto& detection = *step.add_detections();
    detection.set_patient("p1");
    detection.set_end_time_us(start_us + 10'000'000);
    detection.set_known_until_us(start_us + 20'000'000);
    add(v1::STEP, step);
    add(v1::EEG_BLOCK, block(2000, 100));
    CHECK_FALSE(patient(0, {}, 4'900'000).detector_behind());
    CHECK(patient().newest_scored_us() == start_us + 20'000'000);
}

TEST_CASE_METHOD(
    Fixture,
    "events are kept while they go on, for minutes after their end, and not without bound"
) {
    add(v1::STEP, telling("ended", 1, 0, v1::Event::ENDED));
    add(v1::STEP, telling("goes on", 1, 0, v1::Event::ONGOING));
    v1::Step later;
    auto& detection = *later.add_detections();
    detection.set_patient("p1");
    detection.set_end_time_us(start_us + 700'000'000);
    add(v1::STEP, later);
    REQUIRE(patient().events_size() == 1);
    CHECK(patient().events(0).id() == "goes on");
    for (int i = 0; i < 100; ++i) {
        add(v1::STEP, telling(std::to_string(i), 1, 700 + i, v1::Event::ONGOING));
    }
    CHECK(patient().events_size() == static_cast<int>(LiveLimits{}.events_per_patient));
}

TEST_CASE_METHOD(Fixture, "what is kept is bounded in time and bytes") {
    for (std::uint64_t second = 0; second < 100; ++second) {
        add(v1::EEG_BLOCK, block(second * 100, 100));
    }
    CHECK(patient().blocks_size() <= 13);
    CHECK(patient().blocks(patient().blocks_size() - 1).first_sample() == 9900);
    add(v1::EEG_BLOCK, block(50'000, 100));
    CHECK(patient().blocks_size() == 1);
    add(v1::EEG_BLOCK, block(20'000, 100)); // far too late for the screen: the store has it
    CHECK(patient().blocks_size() == 1);

    LiveState small({.bytes_per_patient = 1000});
    live = std::move(small);
    next = 1;
    for (std::uint64_t i = 0; i < 10; ++i) {
        add(v1::EEG_BLOCK, block(i * 100, 100));
    }
    CHECK(patient().blocks_size() <= 2);
}

TEST_CASE_METHOD(Fixture, "beats that come again, or overlap, are shown once") {
    v1::Beats beats;
    beats.set_start_time_us(start_us);
    beats.add_rr_us(1'000'000);
    beats.add_rr_us(500'000);
    add(v1::BEATS, beats);
    add(v1::BEATS, beats);
    CHECK(patient().vitals_size() == 1);
    beats.add_rr_us(750'000);
    add(v1::BEATS, beats);
    REQUIRE(patient().vitals_size() == 2);
    CHECK(patient().vitals(1).value() == 80);
    CHECK(patient().vitals(1).start_time_us() == start_us + 2'250'000);
}

TEST_CASE_METHOD(Fixture, "a value that comes again is shown once, another for its time instead") {
    v1::Vital vital;
    vital.set_name("heart_rate");
    vital.set_source("watch");
    vital.set_start_time_us(start_us);
    vital.set_value(60);
    add(v1::VITAL, vital);
    add(v1::VITAL, vital);
    CHECK(patient().vitals_size() == 1);
    vital.set_value(61);
    add(v1::VITAL, vital);
    REQUIRE(patient().vitals_size() == 1);
    CHECK(patient().vitals(0).value() == 61);
    vital.set_source("strap");
    add(v1::VITAL, vital);
    CHECK(patient().vitals_size() == 2);
}

TEST_CASE_METHOD(Fixture, "beats become a heart rate") {
    v1::Beats beats;
    beats.set_start_time_us(start_us);
    beats.add_rr_us(1'000'000);
    beats.add_rr_us(500'000);
    add(v1::BEATS, beats);
    REQUIRE(patient().vitals_size() == 1);
    CHECK(patient().vitals(0).value() == 80);
    CHECK(patient().vitals(0).start_time_us() == start_us + 1'500'000);
}

TEST_CASE_METHOD(Fixture, "an entry of an unknown type is skipped and counted") {
    auto stored = std::make_shared<journal::Stored>();
    stored->sequence = next++;
    stored->entry.set_type(static_cast<v1::EntryType>(99));
    const std::array<journal::StoredPtr, 1> entries{std::move(stored)};
    live.apply(entries);
    CHECK(live.unknown_entries() == 1);
}

TEST_CASE_METHOD(
    Fixture,
    "what a heart's rules tell is shown, of each source and state the newest"
) {
    v1::Step step;
    const auto add_change =
        [&](v1::HeartChange::State what, v1::HeartChange::Kind kind, bool settled) {
            auto& change = *step.add_heart();
            change.set_patient("p1");
            change.set_device("strap");
            change.set_state(what);
            change.set_kind(kind);
            change.set_at_us(start_us);
            change.set_settled(settled);
        };
    add_change(v1::HeartChange::TACHYCARDIA, v1::HeartChange::BEGINS, false);
    add_change(v1::HeartChange::PAUSE, v1::HeartChange::BEGINS, true);
    add(v1::STEP, step);
    const auto first = patient();
    REQUIRE(first.heart_size() == 1);
    CHECK(first.heart(0).state() == v1::HeartChange::TACHYCARDIA);
    const auto seen = live.sequence();
    CHECK(patient(seen).heart_size() == 0);
    step.Clear();
    add_change(v1::HeartChange::TACHYCARDIA, v1::HeartChange::ENDS, false);
    add(v1::STEP, step);
    REQUIRE(patient(seen).heart_size() == 1);
    CHECK(patient().heart_size() == 1);
    CHECK(patient().heart(0).kind() == v1::HeartChange::ENDS);
    for (int device = 0; device < 40; ++device) {
        step.Clear();
        add_change(v1::HeartChange::PAUSE, v1::HeartChange::BEGINS, false);
        step.mutable_heart(0)->set_device("d" + std::to_string(device));
        add(v1::STEP, step);
    }
    CHECK(patient().heart_size() == 24);
}

TEST_CASE_METHOD(Fixture, "a pause of the sound is shown until it ends") {
    v1::Step step;
    auto& notice = *step.add_alarms()->mutable_notice();
    notice.set_kind(v1::AlarmNotice::AUDIO_PAUSED);
    notice.set_patient("p1");
    notice.set_until_us(receipt_us + 120'000'000);
    add(v1::STEP, step);
    CHECK(patient().audio_paused_until_us() == receipt_us + 120'000'000);
    notice.set_kind(v1::AlarmNotice::DATA_STOPPED);
    add(v1::STEP, step);
    CHECK(patient().audio_paused_until_us() != 0);
    notice.set_kind(v1::AlarmNotice::AUDIO_RESUMED);
    add(v1::STEP, step);
    CHECK(patient().audio_paused_until_us() == 0);
}

TEST_CASE_METHOD(Fixture, "Vigil's own alarms and their pause are the frame's, and nobody's tile") {
    v1::Step step;
    auto& alarm = *step.add_alarms()->mutable_alarm();
    alarm.set_id("storage");
    alarm.set_revision(1);
    alarm.set_condition(v1::Alarm::STORAGE_FAILING);
    auto& notice = *step.add_alarms()->mutable_notice();
    notice.set_kind(v1::AlarmNotice::AUDIO_PAUSED);
    notice.set_until_us(receipt_us + 120'000'000);
    add(v1::STEP, step);
    const auto frame = live.frame(0, {}, from_us(receipt_us), true);
    CHECK(frame.patients().empty());
    REQUIRE(frame.alarms_size() == 1);
    CHECK(frame.alarms(0).condition() == v1::Alarm::STORAGE_FAILING);
    CHECK(frame.audio_paused_until_us() == receipt_us + 120'000'000);
}

TEST_CASE_METHOD(Fixture, "a frame says when the detector's clock last came out of the journal") {
    CHECK(live.frame(0, {}, from_us(receipt_us), true).chain_us() == 0);
    add(v1::CLOCK, v1::Step{});
    CHECK(live.frame(0, {}, from_us(receipt_us + 1), true).chain_us() == receipt_us);
    receipt_us -= 5'000'000; // the wall clock was set back
    add(v1::CLOCK, v1::Step{});
    CHECK(live.frame(0, {}, from_us(receipt_us), true).chain_us() == receipt_us);
}

TEST_CASE_METHOD(Fixture, "a patient whose alarms are on is marked while no station listens") {
    access::DirectoryState directory;
    for (const auto& id : {std::string("p1"), std::string(access::test_patient)}) {
        directory.patients[id].set_id(id);
        directory.patients[id].set_monitoring(v1::Patient::ON);
    }
    live.apply(directory);
    const auto shown = [&](std::string_view id) {
        const auto frame = live.frame(0, {}, from_us(receipt_us), true);
        const auto found = std::ranges::find(frame.patients(), id, &v1::LivePatient::id);
        REQUIRE(found != frame.patients().end());
        return *found;
    };
    CHECK_FALSE(shown("p1").not_watched());
    directory.alarm_settings["p1"].set_switched_on(true);
    directory.alarm_settings[std::string(access::test_patient)].set_switched_on(true);
    live.apply(directory);
    CHECK(shown("p1").not_watched());
    CHECK_FALSE(shown("p1").test());
    CHECK(shown(access::test_patient).test());
    CHECK_FALSE(shown(access::test_patient).not_watched());
    live.watched(true);
    CHECK_FALSE(shown("p1").not_watched());
    live.watched(false);
    directory.patients["p1"].set_monitoring(v1::Patient::STANDBY);
    live.apply(directory);
    CHECK_FALSE(shown("p1").not_watched());
}
