// What every patient's tile shows, from the journal's tail: the last seconds of samples, the last
// minutes of scores and heart rate, and the state. Pure and single-threaded; the live route and the
// simulation drive it.
#pragma once

#include "access/directory.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "journal/sample_ranges.hpp"
#include "vigil/v1/live.pb.h"
#include "ward/device_clocks.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vigil::ward {

/// Bounds of what is kept per patient; the journal and the store have the rest.
struct LiveLimits {
    Microseconds samples{12'000'000}; // by the stream's own time, behind its newest sample
    Microseconds scores{600'000'000};
    Microseconds vitals{600'000'000};
    std::size_t bytes_per_patient = 4 << 20;
    Microseconds events{600'000'000};          // after their end; what goes on is kept
    std::size_t events_per_patient = 32;       // the one that began first goes first
    std::size_t alarms_per_patient = 64;       // one that has ended, then the oldest, goes first
    std::size_t notices_per_patient = 16;      // the oldest goes first, and after `events`
    std::size_t refusals_per_patient = 8;      // of acts, likewise
    std::size_t heart_states_per_patient = 24; // the one that changed first goes first
    std::size_t streams_per_patient = 16;      // the one that was silent longest goes first
    Microseconds no_data_after{5'000'000};     // or twice the block's length, whichever is longer
    Microseconds behind_after{5'000'000};
    /// Continuous streams are scored once a second: up to two seconds behind the newest sample is
    /// keeping up, and the last of them never make a window whole.
    static constexpr std::int64_t keeping_up_us = 2'100'000;
};

struct LiveView {
    std::vector<std::string> patients; // empty: all
    std::uint32_t channels = 4;        // at most so many of each block; 0 = all
};

/// threads one
class LiveState {
public:
    explicit LiveState(LiveLimits limits = {}) : limits_(limits) {}

    /// What entries before the first that is applied have left: the conditions that are off. Once,
    /// before anything else.
    void begin(const access::DirectoryState& directory, UtcTime now);
    /// Takes entries in the journal's order. Repeated and overlapping blocks are shown once, late
    /// ones too where they still fit.
    void apply(std::span<const journal::StoredPtr> entries);
    /// Patients that are known, with labels and monitoring state.
    void apply(const access::DirectoryState& directory);

    /// Whether a station listens: patients whose alarms are on are else marked.
    void watched(bool is) { watched_ = is; }

    /// What is known of a patient's alarm; nullptr where it is not, or no longer.
    [[nodiscard]] const v1::Alarm* alarm(const std::string& patient, const std::string& id) const;

    [[nodiscard]] std::vector<DeviceClock> device_clocks() const { return clocks_.all(); }

    /// Receipt time of the newest clock entry; 0 = none.
    [[nodiscard]] std::int64_t chain_us() const { return chain_us_; }

    /// The newest sequence applied.
    [[nodiscard]] journal::Sequence sequence() const { return sequence_; }

    /// What is new after `since` for this view; `since` 0 gives the whole picture. Every patient of
    /// the view is in it with its state when `status` is set, else only those with something new.
    [[nodiscard]] v1::LiveFrame
    frame(journal::Sequence since, const LiveView& view, UtcTime now, bool status) const;

    /// Drops patients that left the directory and ages out what the limits say.
    void prune(UtcTime now);

    [[nodiscard]] std::uint64_t unknown_entries() const { return unknown_entries_; }

private:
    template <class T>
    struct Kept {
        journal::Sequence sequence = 0;
        std::int64_t time_us = 0; // of its end
        T value;
    };

    struct Stream {
        journal::SampleRanges seen;
        std::int64_t block_us = 0;
        std::int64_t newest_receipt_us = 0;
    };

    /// What was new in a block. The entry is the journal's own, shared and not copied: with many
    /// patients the samples are what fills the memory.
    struct NewSamples {
        journal::StoredPtr entry;
        journal::SampleRange range;
    };

    /// A detection without what all of its stream and model have in common: ten minutes of 500
    /// patients are 300,000 of them.
    struct Score {
        std::uint64_t first_sample = 0;
        std::int64_t delay_us = 0;
        std::uint32_t samples = 0;
        std::uint32_t length_us = 0;
        std::uint32_t score_q16 = 0;
        std::uint16_t origin = 0; // index into the patient's origins
        std::uint8_t state = 0;   // v1::Detection::State
        bool not_evaluated = false;
    };

    struct Patient {
        std::string label;
        bool synthetic = false;
        std::uint32_t monitoring = 1;
        std::deque<Kept<NewSamples>> blocks;
        std::size_t block_bytes = 0;
        std::deque<Kept<Score>> detections;
        std::vector<v1::Detection> origins; // patient, device, stream, model and its standing
        std::deque<Kept<v1::Vital>> vitals;
        std::deque<Kept<v1::StreamEnd>> ended;
        std::map<std::string, Kept<v1::Event>> events; // by id, the newest revision
        std::map<std::string, Kept<v1::Alarm>> alarms; // by id, the newest revision
        bool alarms_on = false;
        std::int64_t audio_paused_until_us = 0; // 0: its alarms sound
        std::map<v1::Alarm::Condition, v1::LiveOff> offs;
        std::deque<Kept<v1::AlarmNotice>> notices;          // what people must know for a while
        std::deque<Kept<v1::AlarmNotice>> refusals;         // of acts
        std::map<std::string, Kept<v1::HeartChange>> heart; // by source and state, the newest
        std::map<std::string, Stream> streams;              // by device and stream
        std::int64_t newest_sample_us = 0;
        std::int64_t newest_receipt_us = 0;
        std::int64_t newest_scored_us = 0;
        std::int64_t unscored_since_us =
            0; // receipt of the oldest block that no score has caught up with; 0 = none
        std::int64_t unscored_from_us = 0; // and where its samples begin
        std::int64_t block_us = 0;         // length of the newest block
        std::string newest_stream;
        bool ended_on_purpose = false;
        journal::Sequence changed = 0;
    };

    void take_block(const journal::StoredPtr& stored);
    void take_step(const journal::Stored& stored);
    void take_event(journal::Sequence sequence, const v1::Event& event);
    void forget_events(Patient& patient) const;
    static void
    show_events(const Patient& patient, journal::Sequence since, v1::LivePatient& shown);
    void take_alarm(journal::Sequence sequence, const v1::Alarm& alarm);
    void take_notice(journal::Sequence sequence, const v1::AlarmNotice& notice);
    static void take_off(Patient& patient, const v1::AlarmNotice& notice);
    void keep_notice(
        std::deque<Kept<v1::AlarmNotice>>& notices,
        Kept<v1::AlarmNotice> kept,
        std::size_t most
    ) const;
    static void
    show_alarms(const Patient& patient, journal::Sequence since, v1::LivePatient& shown);
    void show_own_alarms(journal::Sequence since, v1::LiveFrame& frame) const;
    void take_heart(journal::Sequence sequence, const v1::HeartChange& change);
    static void show_heart(const Patient& patient, journal::Sequence since, v1::LivePatient& shown);
    void take_beats(const journal::Stored& stored);
    void take_vital(const journal::Stored& stored, v1::Vital vital);
    void take_end(const journal::Stored& stored);
    Stream& stream_of(Patient& patient, const std::string& key, bool isolated);
    void trim(Patient& patient) const;
    [[nodiscard]] static std::uint16_t origin_of(Patient& patient, const v1::Detection& detection);
    void describe(const Patient& patient, UtcTime now, v1::LivePatient& shown) const;
    void describe_watch(const Patient& patient, v1::LivePatient& shown) const;

    LiveLimits limits_;
    std::map<std::string, Patient, std::less<>> patients_;
    DeviceClocks clocks_;
    Patient own_; // Vigil itself: its alarms
    journal::Sequence sequence_ = 0;
    std::int64_t chain_us_ = 0; // receipt time of the newest CLOCK entry
    bool watched_ = false;
    std::uint64_t unknown_entries_ = 0;
};

} // namespace vigil::ward
