// What a simulated ward's staff do: alarms on and off, standby, acts.
#include "simulation/world.hpp"
#include "vigil/v1/mark.pb.h"
#include "vigil/v1/technical.pb.h"

#include <format>

namespace vigil::simulation {

void World::write(
    v1::EntryType type,
    const std::string& patient,
    std::string key,
    std::string payload
) {
    v1::Entry entry;
    entry.set_id(random_id(ids_));
    entry.set_type(type);
    entry.set_schema_version(1);
    entry.set_patient(patient);
    entry.set_partition(
        key.starts_with("patient/") ? 0 : journal::partition_of(patient, partitions)
    );
    entry.set_key(std::move(key));
    entry.set_receipt_time_us(to_us(clock_.utc()));
    entry.set_payload(std::move(payload));
    journal_.append({.entries = {std::move(entry)}, .fences = {}}, [](Result<journal::Appended>) {
    });
}

void World::assign(const Stream& stream) {
    if (!stream.by_device) {
        return;
    }
    note("assigned " + stream.device);
    v1::Device device;
    device.set_id(stream.device);
    device.add_assignments()->set_patient(stream.patient);
    write(v1::DEVICE, "", "device/" + stream.device, device.SerializeAsString());
    if (!directory_.load(journal_)) {
        throw Failure{"the directory cannot be read"};
    }
}

void World::set_alarms(const std::string& patient, bool are_on) {
    note(std::format("alarms of {} {}", patient, are_on ? "on" : "off"));
    v1::AlarmSettings settings;
    settings.set_patient(patient);
    settings.set_switched_on(are_on);
    settings.set_user("ada");
    settings.set_role(v1::StaffUser::CLINICIAN);
    if (chance(random_, 50)) {
        settings.mutable_limits()->set_bradycardia_bpm(50);
        settings.mutable_limits()->set_tachycardia_bpm(static_cast<double>(100 + pick(random_, 40))
        );
        settings.mutable_limits()->set_pause_s(3);
    }
    write(v1::ALARM_SETTINGS, patient, "alarms/" + patient, settings.SerializeAsString());
}

/// Of the newest entries; one that is over, too.
std::optional<v1::Alarm> World::some_alarm() {
    constexpr journal::Sequence look_back = 60;
    const auto newest = journal_.newest();
    const auto from = std::max(journal_.oldest() - 1, newest > look_back ? newest - look_back : 0);
    std::optional<v1::Alarm> found;
    const auto entries = journal_.read(from, {.entries = look_back}).value();
    for (const auto& stored : entries) {
        v1::Step step;
        if (stored->entry.type() != v1::STEP || !step.ParseFromString(stored->entry.payload())) {
            continue;
        }
        for (const auto& output : step.alarms()) {
            if (output.has_alarm() && (!found || chance(random_, 50))) {
                found = output.alarm();
            }
        }
    }
    return found;
}

void World::act() {
    v1::Act act;
    act.set_patient(chance(random_, 50) ? "p0" : "p1");
    act.set_user("grace");
    act.set_role(v1::StaffUser::CLINICIAN);
    const auto now_us = to_us(clock_.utc());
    switch (pick(random_, 4)) {
        case 0:
            act.set_kind(v1::Act::AUDIO_PAUSE);
            act.set_until_us(now_us + 60'000'000);
            break;
        case 1:
            act.set_kind(v1::Act::ALARM_OFF);
            act.add_conditions(v1::Alarm::TACHYCARDIA);
            act.set_reason("known");
            act.set_until_us(now_us + 30'000'000);
            break;
        default:
            const auto alarm = some_alarm();
            if (!alarm) {
                return;
            }
            act.set_kind(v1::Act::ACKNOWLEDGE);
            act.set_patient(alarm->patient());
            act.set_alarm(alarm->id());
            act.set_revision(alarm->revision());
    }
    note("act " + v1::Act::Kind_Name(act.kind()));
    write(v1::ACT, act.patient(), {}, act.SerializeAsString());
}

/// Nobody sends for so long that what is wrong becomes an alarm: 30 s at most, and a clock entry.
void World::be_quiet() {
    note("nobody sends");
    for (int round = 0; round < 4; ++round) {
        clock_.advance(std::chrono::seconds{10});
        for (auto& owner : owners_) {
            run_owner(owner, SIZE_MAX);
            tell_time(owner);
        }
    }
}

/// What others than the detector say: links that end, a store that fails, calls.
void World::say_what_is_wrong(const std::string& patient) {
    switch (pick(random_, 4)) {
        case 0: {
            const auto& stream = streams_[pick(random_, streams_.size())];
            v1::LinkEnd end;
            end.set_device(stream.device);
            end.set_stream(stream.name);
            note("the link of " + stream.key() + " ends");
            write(v1::LINK_END, stream.patient, {}, end.SerializeAsString());
            return be_quiet();
        }
        case 1: {
            v1::StorageState state;
            state.set_failing(chance(random_, 60));
            note(state.failing() ? "the store is said to fail" : "the store is said to take");
            return write(v1::STORAGE_STATE, {}, {}, state.SerializeAsString());
        }
        case 2:
            return set_alarms({}, chance(random_, 80)); // Vigil's own
        default: {
            v1::Mark mark;
            mark.set_kind(chance(random_, 50) ? v1::Mark::MANUAL_ALARM : v1::Mark::BUTTON);
            mark.set_time_us(to_us(clock_.utc()) - (chance(random_, 20) ? 600'000'000 : 0));
            note("somebody calls for " + patient);
            return write(v1::MARK, patient, {}, mark.SerializeAsString());
        }
    }
}

void World::staff() {
    const std::string patient = chance(random_, 50) ? "p0" : "p1";
    const auto what = pick(random_, 14);
    if (what >= 10) {
        say_what_is_wrong(patient);
    } else if (what < 2) {
        set_alarms(patient, chance(random_, 80));
    } else if (what < 3) {
        v1::Patient known;
        known.set_id(patient);
        known.set_monitoring(chance(random_, 50) ? v1::Patient::STANDBY : v1::Patient::ON);
        note("monitoring of " + patient);
        write(v1::PATIENT, patient, "patient/" + patient, known.SerializeAsString());
    } else {
        act();
    }
}

} // namespace vigil::simulation
