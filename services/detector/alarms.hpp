// The alarms of one partition's patients: what entries mean for alarm::AlarmMachine. Used by
// Partition.
#pragma once

#include "alarm/alarm_machine.hpp"
#include "detector/technical_watch.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/eeg.pb.h"
#include "vigil/v1/entry.pb.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace vigil::detector {

/// One machine per patient. What follows from an entry has all that it needs.
///
/// threads one      cost  of an entry: a look-up, and that of its machine
class Alarms {
public:
    using Outputs = alarm::Outputs;

    /// A CLOCK, PATIENT, ALARM_SETTINGS, ACT, STREAM_END, BEATS, LINK_END, STORAGE_STATE or
    /// MARK entry; others change nothing.
    [[nodiscard]] Outputs take(const v1::Entry& entry);

    /// A block that was read; `layout` as layout_of() says it.
    [[nodiscard]] Outputs data(const v1::Entry& entry, const ReadBlock& read, std::uint64_t layout);

    /// The events and the detections that a STEP recorded.
    [[nodiscard]] Outputs events(const v1::Entry& entry, const v1::Step& step);

    /// What the rules of hearts make of an entry; what is settled was news before.
    [[nodiscard]] Outputs heart(const v1::Entry& entry, std::span<const v1::HeartChange> changes);

    /// Nullptr: nothing is known of the patient.
    [[nodiscard]] const v1::AlarmSettings* settings(std::string_view patient) const;

    /// Whether something may follow from a CLOCK entry.
    [[nodiscard]] bool need_clock() const;

    /// Adds what a new owner must know to a checkpoint: the patients with alarms switched on first,
    /// up to most_memory_bytes with what TechnicalWatch remembers.
    void remember(v1::Step& checkpoint) const;
    void load(const v1::Step& checkpoint);

    static constexpr std::size_t most_memory_bytes = 160 << 10;

    using Machines = std::map<std::string, alarm::AlarmMachine, std::less<>>;

    [[nodiscard]] const Machines& machines() const { return machines_; }

private:
    alarm::AlarmMachine& machine_of(const std::string& patient);
    [[nodiscard]] Outputs take_own(const v1::Entry& entry);
    [[nodiscard]] Outputs technical(const v1::Entry& entry, const TechnicalWatch::Changes& changes);

    Machines machines_;
    TechnicalWatch technical_;
};

} // namespace vigil::detector
