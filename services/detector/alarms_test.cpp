// Alarms from the journal alone, through the detector's core; what the machine does by itself is
// libs/alarm's own tests' matter.
#include "detector/alarms.hpp"

#include "detector/test_watched.hpp"
#include "vigil/v1/vitals.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace vigil;
using namespace vigil::detector;

namespace {

void seizure_and_silence(Watched& watched, std::mt19937* random) {
    const auto perhaps = [&] {
        if (random != nullptr && (*random)() % 12 == 0) {
            watched.change_owner();
        }
    };
    watched.set(settings(true));
    for (int second = 0; second < 100; ++second) {
        watched.second(second >= 40 && second < 70);
        perhaps();
    }
    for (int second = 0; second < 150; ++second) {
        watched.pass(1);
        perhaps();
    }
}

} // namespace

TEST_CASE("nothing is raised before somebody has switched alarms on") {
    Watched watched;
    watched.seconds(40, false);
    watched.seconds(30, true);
    CHECK(watched.alarms().empty());
    watched.set(settings(true));
    watched.seconds(2, true);
    REQUIRE_FALSE(watched.alarms().empty());
    CHECK(watched.alarms().front().condition() == v1::Alarm::SEIZURE_POSSIBLE);
}

TEST_CASE("an event of a shadow is recorded and raises nothing") {
    Watched watched;
    watched.set(settings(true));
    v1::ModelAssignment models;
    models.set_patient("p1");
    models.set_active("line-length"); // it warms up for longer than this lasts
    models.add_shadows("window-178");
    watched.put(v1::MODEL_ASSIGNMENT, models, "models/p1");
    watched.seconds(30, false);
    watched.seconds(25, true);
    std::size_t events = 0;
    for (const auto& step : watched.ward.steps()) {
        for (const auto& event : step.events()) {
            CHECK(event.shadow());
            ++events;
        }
    }
    CHECK(events > 0);
    CHECK(watched.alarms().empty());
}

TEST_CASE(
    "a seizure of a model that is not validated is possible at most, and latches until it is "
    "acknowledged"
) {
    Watched watched;
    watched.set(settings(true));
    watched.seconds(40, false);
    watched.seconds(30, true);
    const auto raised = watched.alarms();
    REQUIRE(raised.size() == 1);
    CHECK(raised[0].change() == v1::Alarm::RAISED);
    CHECK(raised[0].priority() == v1::Alarm::MEDIUM);
    CHECK(raised[0].patient() == "p1");
    CHECK(raised[0].id().size() == 16);
    watched.seconds(30, false);
    REQUIRE(watched.alarms().size() == 2);
    CHECK(watched.alarms().back().state() == v1::Alarm::LATCHED);
    auto acknowledge = act(v1::Act::ACKNOWLEDGE);
    acknowledge.set_alarm(raised[0].id());
    acknowledge.set_revision(watched.alarms().back().revision());
    watched.put(v1::ACT, acknowledge);
    REQUIRE(watched.alarms().size() == 3);
    CHECK(watched.alarms().back().state() == v1::Alarm::ENDED);
    CHECK(watched.alarms().back().acknowledged_by() == "grace");
}

TEST_CASE("a sender that falls silent is no data: low after 30 s, medium after two minutes") {
    Watched watched;
    watched.set(settings(true));
    watched.seconds(20, false);
    watched.pass(28);
    CHECK(watched.alarms().empty());
    watched.pass(4);
    REQUIRE(watched.alarms().size() == 1);
    CHECK(watched.alarms()[0].condition() == v1::Alarm::DATA_MISSING);
    CHECK(watched.alarms()[0].priority() == v1::Alarm::LOW);
    watched.pass(92);
    REQUIRE(watched.alarms().size() == 2);
    CHECK(watched.alarms()[1].priority() == v1::Alarm::MEDIUM);
    watched.second(false); // from the silence: it is late, and does not end it
    CHECK(watched.alarms().back().state() == v1::Alarm::ON);
    watched.skip(200);
    watched.second(false);
    CHECK(watched.alarms().back().state() == v1::Alarm::ENDED);
}

TEST_CASE("a patient on standby raises no lack of data, by the directory's own entry") {
    Watched watched;
    watched.set(settings(true));
    watched.seconds(20, false);
    v1::Patient patient;
    patient.set_id("p1");
    patient.set_monitoring(v1::Patient::STANDBY);
    watched.put(v1::PATIENT, patient, "patient/p1");
    watched.pass(200);
    CHECK(watched.alarms().empty());
}

TEST_CASE("a stream that ended on purpose raises no lack of data") {
    Watched watched;
    watched.set(settings(true));
    watched.seconds(20, false);
    v1::StreamEnd end;
    end.set_device(shape.device);
    end.set_stream(shape.stream);
    end.set_end_sample(20 * rate_hz);
    watched.put(v1::STREAM_END, end);
    watched.pass(200);
    CHECK(watched.alarms().empty());
}

TEST_CASE("a heart beyond the patient's limits is an alarm") {
    Watched watched;
    auto own = settings(true);
    own.mutable_limits()->set_bradycardia_bpm(50);
    own.mutable_limits()->set_tachycardia_bpm(160);
    own.mutable_limits()->set_pause_s(3);
    watched.set(own);
    const auto send = [&](std::uint64_t first, std::uint32_t rr_us) {
        v1::Beats beats;
        beats.set_device("strap");
        beats.set_stream("s1");
        beats.set_first_beat(first);
        beats.set_start_time_us(to_us(watched.ward.now));
        for (int i = 0; i < 10; ++i) {
            beats.add_rr_us(rr_us);
        }
        watched.put(v1::BEATS, beats);
        watched.pass(static_cast<int>(rr_us) * 10 / 1'000'000);
    };
    send(0, 400'000); // 150 a minute
    CHECK(watched.alarms().empty());
    send(10, 300'000);
    REQUIRE(watched.alarms().size() == 1);
    CHECK(watched.alarms()[0].condition() == v1::Alarm::TACHYCARDIA);
    REQUIRE(watched.alarms()[0].causes_size() == 1);
    CHECK(watched.alarms()[0].causes(0).limit() == 160);
}

TEST_CASE("with other owners, from checkpoints or not, the same is told, each once") {
    Watched whole;
    seizure_and_silence(whole, nullptr);
    const auto told = whole.told();
    REQUIRE(told.size() >= 6);
    for (std::uint32_t seed = 1; seed <= 9; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        Watched changed(seed % 3 == 0 ? 1'000'000 : 1 + random() % 40);
        seizure_and_silence(changed, &random);
        CHECK(changed.told() == told);
    }
}

TEST_CASE("a checkpoint keeps those with alarms on first, up to its bound") {
    Alarms alarms;
    v1::Entry entry;
    entry.set_type(v1::ALARM_SETTINGS);
    for (int patient = 0; patient < 4'000; ++patient) {
        auto wanted = settings(patient >= 3'990);
        wanted.set_patient("p" + std::to_string(patient));
        entry.set_patient(wanted.patient());
        entry.set_id(derived_id(wanted.patient(), "settings"));
        entry.set_payload(wanted.SerializeAsString());
        static_cast<void>(alarms.take(entry));
    }
    v1::Step checkpoint;
    alarms.remember(checkpoint);
    CHECK(checkpoint.ByteSizeLong() <= Alarms::most_memory_bytes + 10'000);
    CHECK(checkpoint.alarm_memories_size() < 4'000);
    Alarms other;
    other.load(checkpoint);
    REQUIRE(other.settings("p3995") != nullptr);
    CHECK(other.settings("p3995")->switched_on());
    CHECK(other.settings("p3989") == nullptr);
}
