// Accepts vitals and beats: checks, recognises repeats, and answers when the journal holds them.
// The core of heart_intake.
#pragma once

#include "access/device_assignment.hpp"
#include "access/directory.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/trace_context.hpp"
#include "heart_intake/read_vitals.hpp"
#include "heart_intake/seen_values.hpp"
#include "heart_intake/vital_limits.hpp"
#include "journal/journal.hpp"
#include "journal/sample_ranges.hpp"

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace vigil::heart_intake {

/// What the service stands on; everything outlives it.
struct Dependencies {
    journal::Journal& journal;
    const access::Directory& directory;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
};

/// What became of a request's values.
struct VitalOutcome {
    std::size_t accepted = 0;
    std::size_t duplicates = 0;
    std::size_t skipped = 0;
    std::vector<RefusedPoint> refused;
};

/// threads any
class HeartIntake {
public:
    /// `values`: of so many a repeat is recognised.
    explicit HeartIntake(Dependencies on, std::size_t values = SeenValues::usual_values);

    /// Appends what is acceptable and new as one batch; `done` runs once, when the journal holds it
    /// or nothing is to be written. The same value again (patient, name, source, time) is a
    /// duplicate; another value for them is an update. Values of nobody's device are quarantined.
    ///
    /// errors  the journal's own, for all of it
    void submit(
        const access::Sender& sender,
        PostedVitals posted,
        TraceId trace,
        std::move_only_function<void(Result<VitalOutcome>)> done
    );

    /// errors  invalid_argument, too_large; forbidden: a device of another patient; conflict: the
    /// same beats with other
    ///         intervals; the journal's own. True: they were held already.
    void submit(
        const access::Sender& sender,
        v1::Beats beats,
        TraceId trace,
        std::move_only_function<void(Result<bool>)> done
    );

    /// Takes what other instances accepted, and what was before a restart, out of the journal's
    /// tail.
    void apply(std::span<const journal::StoredPtr> entries);

private:
    struct Writing;

    struct BeatStream {
        std::string key;
        journal::SampleRanges seen;
    };

    [[nodiscard]] UtcTime latest() const;
    void count(const VitalOutcome& outcome);

    /// Whose, and what: empty is nobody's, whose entry is a QUARANTINED one.
    struct Holder {
        const std::string& patient;
        const std::string& device;
        const std::string& stream;
    };

    [[nodiscard]] v1::Entry entry(
        v1::EntryType type,
        const Holder& holder,
        std::int64_t device_time_us,
        std::string payload
    ) const;
    [[nodiscard]] journal::SampleRanges& beats_of(const std::string& key);

    Dependencies on_;
    UtcTime made_utc_;
    SteadyTime made_steady_;
    std::mutex mutex_;
    SeenValues seen_;
    std::list<BeatStream> beat_streams_; // most recently used first
    std::unordered_map<std::string, std::list<BeatStream>::iterator> beats_by_key_;
    prometheus::Counter& accepted_;
    prometheus::Counter& duplicates_;
    prometheus::Counter& refused_;
    prometheus::Counter& skipped_;
};

} // namespace vigil::heart_intake
