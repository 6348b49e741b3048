// The alarms of one patient: a pure state machine. The owner of the patient's entries gives it what
// happened, and writes what it says.
#pragma once

#include "alarm/conditions.hpp"
#include "alarm/event_watch.hpp"
#include "alarm/held_alarms.hpp"
#include "alarm/outputs.hpp"
#include "alarm/passed_time.hpp"
#include "alarm/stream_watch.hpp"
#include "base/error.hpp"
#include "vigil/v1/alarm.pb.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace vigil::alarm {

/// The entry that an input comes with: ids of outputs follow from its id, and time from its receipt
/// time. Of events that is the STEP they were recorded in.
struct EntryStamp {
    std::string_view id;
    std::int64_t time_us = 0;
};

/// One change of a heart's state, as signal::HeartMonitor tells it.
struct HeartInput {
    enum class Change : std::uint8_t { begins, ends, lost };
    Condition condition = v1::Alarm::TACHYCARDIA; // or bradycardia, or pause
    std::string source;
    StreamName stream = {}; // of beats: data() has been told of them
    Change change = Change::begins;
    std::int64_t at_us = 0;     // by the data's own clock
    std::int64_t newest_us = 0; // ... of the newest value of that source
    double value = 0;
    double limit = 0;
    bool batched = false; // arrived in a batch long after its time: never alarms
};

/// Somebody calls: staff, or the patient with a button. It is over at once, and stays until it is
/// acknowledged.
struct CallInput {
    Condition condition = v1::Alarm::MANUAL_ALARM; // or the event button
    std::string source;                            // id of the entry
    std::int64_t at_us = 0; // when it was meant, by the clock of the entry's receipt time
};

/// A technical condition as it is now: all its sources, such as the channels that are flat. Empty:
/// there is none any more. Not for "no data", which follows from arrivals.
struct TechnicalInput {
    Condition condition = v1::Alarm::LINK_LOST;
    std::string device; // empty for Vigil itself
    std::vector<std::string> sources;
};

/// One machine for each patient, and one with no patient for each partition's own conditions
/// (detector behind, storage failing), so that one cause is one alarm and not one for each patient.
/// Nothing is raised before settings() has switched it on.
///
/// The same inputs in the same order give the same outputs, ids included. Conditions are followed
/// also while they raise nothing (switched off, standby, alarm off), so that what is still on is
/// raised as soon as it may be. An alarm that latches leaves in no other way than by an
/// acknowledgement of its newest urgent revision.
///
/// errors  an input with a time that is none (bounds.hpp), or that makes no sense, changes nothing
/// threads one      cost  bench in docs/performance.md
class AlarmMachine {
public:
    /// Vigil's own. Beyond it nothing is added, and a notice says so.
    static constexpr std::size_t most_sources = 512;
    /// Vigil's own: a device repeats what it has no answer to, and has few such presses.
    static constexpr std::size_t most_calls = 32;
    static constexpr std::size_t most_late = 32;

    explicit AlarmMachine(std::string patient);

    /// A CLOCK entry of the owner: time passes by them alone.
    [[nodiscard]] Outputs clock(const EntryStamp& entry);

    /// New samples. Never for values that came in a batch.
    [[nodiscard]] Outputs data(const EntryStamp& entry, const DataArrival& arrival);

    /// The stream has ended on purpose: its silence is none, and its device's channel states and
    /// link are unknown from now on where it was the last.
    [[nodiscard]] Outputs stream_end(const EntryStamp& entry, const StreamName& name);

    /// All revisions of the patient's events in one entry.
    [[nodiscard]] Outputs events(const EntryStamp& entry, std::span<const EventInput> events);

    /// One whose onset is late is a past event. Where it is still there once its beats are current
    /// again, it is raised with them.
    [[nodiscard]] Outputs heart(const EntryStamp& entry, const HeartInput& heart);

    /// One that is late, or that comes while nothing may be raised, is a past event. The same
    /// source again is the same call, and nothing, among the newest `most_calls`.
    [[nodiscard]] Outputs call(const EntryStamp& entry, const CallInput& call);

    [[nodiscard]] Outputs technical(const EntryStamp& entry, const TechnicalInput& state);

    /// The patient's directory entry.
    [[nodiscard]] Outputs monitoring(const EntryStamp& entry, v1::Patient::Monitoring monitoring);

    /// An ALARM_SETTINGS entry.
    [[nodiscard]] Outputs settings(const EntryStamp& entry, const v1::AlarmSettings& settings);

    /// An ACT entry.
    [[nodiscard]] Outputs act(const EntryStamp& entry, const v1::Act& act);

    /// What is not over and done with.
    [[nodiscard]] const HeldAlarms::All& alarms() const { return held_.all(); }

    /// In force: of the limits, what signal::HeartMonitor must be given.
    [[nodiscard]] const v1::AlarmSettings& settings() const { return settings_; }

    [[nodiscard]] const std::string& patient() const { return patient_; }

    /// All of it, as vigil.v1.AlarmMemory: equal bytes mean equal futures.
    [[nodiscard]] std::string serialize() const;

    /// FNV-1a over serialize(), for Step.state_digest.
    [[nodiscard]] std::uint64_t digest() const;

    /// errors  invalid_argument: no checkpoint, or what no machine remembers
    [[nodiscard]] static Result<AlarmMachine> restore(std::string_view bytes);

private:
    using SourceKey = std::tuple<Condition, std::string, std::string>; // device, source
    using Source = v1::AlarmMemory::Source;
    using Off = v1::AlarmMemory::Off;

    [[nodiscard]] Moment moment(const EntryStamp& entry) const;
    /// What an input changed: alarms follow, and notices get their ids.
    Outputs conclude(const Moment& now, Outputs out);
    void evaluate(const Moment& now, Outputs& out);
    [[nodiscard]] std::vector<ActiveCause> active_causes(const Moment& now) const;
    void add_event_causes(std::vector<ActiveCause>& causes) const;
    void add_source_causes(const Moment& now, std::vector<ActiveCause>& causes) const;
    void add_cause(std::vector<ActiveCause>& causes, const Source& source, std::int64_t us) const;
    void name_notices(const Moment& now, Outputs& out);
    void plan(const Moment& now);
    void clamp();

    [[nodiscard]] bool is_silenced(Condition condition) const;
    /// For the list of past events; empty: it may raise an alarm.
    [[nodiscard]] std::string why_silent(Condition condition) const;
    void add_source(Source source, Outputs& out);
    void forget_device(const std::string& device);
    [[nodiscard]] bool raise_late(const StreamName& name, Outputs& out);

    void end_offs(const Moment& now, Outputs& out);
    void end_audio_pause(std::string reason, Outputs& out);
    [[nodiscard]] Result<void> carry_out(const v1::Act& act, const Moment& now, Outputs& out);
    void turn_off(const v1::Act& act, const Moment& now, Outputs& out);
    [[nodiscard]] Result<void> turn_on(const v1::Act& act, Outputs& out);
    [[nodiscard]] Result<void> may_set(const v1::AlarmSettings& settings) const;

    [[nodiscard]] Result<void> load(v1::AlarmMemory memory);

    std::string patient_;
    PassedTime time_;
    v1::AlarmSettings settings_;
    v1::Patient::Monitoring monitoring_ = v1::Patient::ON;
    StreamWatch streams_;
    EventWatch events_;
    std::map<SourceKey, Source> sources_;
    std::map<SourceKey, Source> late_; // of hearts: listed, and perhaps there still
    HeldAlarms held_;
    std::map<Condition, Off> offs_;
    std::deque<std::string> calls_;              // sources of the newest
    std::optional<std::int64_t> audio_until_us_; // by PassedTime
    Priority audio_over_ = v1::Alarm::PRIORITY_UNSPECIFIED;
    std::uint64_t noticed_ = 0;

    // Not remembered: it follows from the rest, and 0 is always right.
    std::int64_t next_us_ = 0; // by PassedTime: nothing happens by time alone before
    bool is_ahead_ = true;     // something came after the newest clock entry
};

} // namespace vigil::alarm
