// What a simulated ward's staff do: alarms on and off, standby, acts.
#include "simulation/world.hpp"

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

void World::staff() {
    const std::string patient = chance(random_, 50) ? "p0" : "p1";
    const auto what = pick(random_, 10);
    if (what < 2) {
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
