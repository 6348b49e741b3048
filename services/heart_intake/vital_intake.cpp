#include "heart_intake/vital_intake.hpp"

#include "heart_intake/check_vital.hpp"

#include <algorithm>
#include <utility>

namespace vigil::heart_intake {

namespace {

prometheus::Counter& values_total(Metrics& metrics, const char* result) {
    return metrics.counter(
        "vigil_heart_values_total",
        "Heart values that senders sent, by what became of them",
        {{"result", result}}
    );
}

journal::SampleRange range_of(const v1::Beats& beats) {
    return {
        beats.first_beat(),
        beats.first_beat() + static_cast<std::uint64_t>(beats.rr_us_size())
    };
}

journal::BlockSamples compared(const v1::Beats& beats) {
    const std::string_view bytes(
        reinterpret_cast<const char*>(beats.rr_us().data()),
        static_cast<std::size_t>(beats.rr_us_size()) * sizeof(std::uint32_t)
    );
    return {range_of(beats), bytes, 1};
}

/// Whose values are compared: a patient's, or those of a device that is nobody's. No patient's id
/// has a colon.
std::string holder_of(const std::string& patient, const std::string& device) {
    return patient.empty() ? ':' + device : patient;
}

std::string key_of(std::string_view patient, const v1::Beats& beats) {
    std::string key(patient);
    key.append(1, '\0').append(beats.device()).append(1, '\0').append(beats.stream());
    return key;
}

} // namespace

/// A request's new values on their way into the journal.
struct HeartIntake::Writing {
    VitalOutcome outcome;
    journal::Batch batch;
    std::vector<SeenValues::Key> keys;
    std::move_only_function<void(Result<VitalOutcome>)> done;
};

HeartIntake::HeartIntake(Dependencies on, std::size_t values)
    : on_(on),
      made_utc_(on.clock.utc()),
      made_steady_(on.clock.steady()),
      seen_(values),
      accepted_(values_total(on.metrics, "accepted")),
      duplicates_(values_total(on.metrics, "duplicate")),
      refused_(values_total(on.metrics, "refused")),
      skipped_(values_total(on.metrics, "skipped")) {}

/// A wall clock that was set back does not make live values "future": the time since this object
/// was made counts too.
UtcTime HeartIntake::latest() const {
    const auto since = std::chrono::duration_cast<Microseconds>(on_.clock.steady() - made_steady_);
    return std::max(on_.clock.utc(), made_utc_ + since) + future_allowed;
}

v1::Entry HeartIntake::entry(
    v1::EntryType type,
    const Holder& holder,
    std::int64_t device_time_us,
    std::string payload
) const {
    const auto& patient = holder.patient;
    const auto directory = on_.directory.state();
    v1::Entry entry;
    entry.set_id(random_id(on_.random));
    entry.set_type(type);
    entry.set_schema_version(1);
    entry.set_patient(patient);
    entry.set_partition(journal::partition_of(patient, directory->partitions));
    entry.set_source("heart_intake");
    entry.set_device_time_us(device_time_us);
    entry.set_receipt_time_us(to_us(on_.clock.utc()));
    if (const auto* known = directory->patient(patient)) {
        entry.set_unit(known->unit());
    }
    entry.set_payload(std::move(payload));
    if (patient.empty()) {
        access::quarantine(
            entry,
            {.device = holder.device,
             .stream = holder.stream,
             .start_us = device_time_us,
             .partitions = directory->partitions}
        );
    }
    return entry;
}

void HeartIntake::count(const VitalOutcome& outcome) {
    accepted_.Increment(static_cast<double>(outcome.accepted));
    duplicates_.Increment(static_cast<double>(outcome.duplicates));
    refused_.Increment(static_cast<double>(outcome.refused.size()));
    skipped_.Increment(static_cast<double>(outcome.skipped));
}

void HeartIntake::submit(
    const access::Sender& sender,
    PostedVitals posted,
    TraceId trace,
    std::move_only_function<void(Result<VitalOutcome>)> done
) {
    auto writing = std::make_unique<Writing>();
    writing->done = std::move(done);
    auto& outcome = writing->outcome;
    outcome.skipped = posted.skipped;
    outcome.refused = std::move(posted.refused);
    const auto directory = on_.directory.state();
    const std::string no_stream;
    std::unordered_map<std::uint64_t, std::uint64_t> here; // identity -> content, of this request
    for (auto& point : posted.points) {
        if (auto checked = check_vital(point.vital, latest()); !checked) {
            outcome.refused.push_back(
                {point.index,
                 point.place + '.' + checked.error().field,
                 std::move(checked.error().detail)}
            );
            continue;
        }
        // a value has no device of its own: the key's is meant
        const auto whose =
            access::patient_of(*directory, sender, sender.device, point.vital.start_time_us());
        if (!whose) {
            outcome.refused.push_back({point.index, point.place, whose.error().detail});
            continue;
        }
        const auto key = SeenValues::key(holder_of(*whose, sender.device), point.vital);
        const auto earlier = here.find(key.identity);
        bool held = earlier != here.end() && earlier->second == key.content;
        if (earlier == here.end()) {
            const std::lock_guard lock(mutex_);
            held = seen_.holds(key);
        }
        if (held) {
            ++outcome.duplicates;
            continue;
        }
        here[key.identity] = key.content;
        ++outcome.accepted;
        auto made = entry(
            v1::VITAL,
            {.patient = *whose, .device = sender.device, .stream = no_stream},
            point.vital.start_time_us(),
            point.vital.SerializeAsString()
        );
        made.set_trace_id(std::string(trace.bytes()));
        writing->batch.entries.push_back(std::move(made));
        writing->keys.push_back(key);
    }
    if (writing->batch.entries.empty()) {
        count(outcome);
        return writing->done(std::move(outcome));
    }
    auto batch = std::move(writing->batch);
    on_.journal.append(
        std::move(batch),
        [this, writing = std::move(writing)](Result<journal::Appended> result) {
            if (!result) {
                return writing->done(std::unexpected(std::move(result.error())));
            }
            {
                const std::lock_guard lock(mutex_);
                for (const auto& key : writing->keys) {
                    seen_.add(key);
                }
            }
            count(writing->outcome);
            writing->done(std::move(writing->outcome));
        }
    );
}

journal::SampleRanges& HeartIntake::beats_of(const std::string& key) {
    if (const auto found = beats_by_key_.find(key); found != beats_by_key_.end()) {
        beat_streams_.splice(beat_streams_.begin(), beat_streams_, found->second);
        return beat_streams_.front().seen;
    }
    if (beat_streams_.size() >= max_beat_streams) {
        beats_by_key_.erase(beat_streams_.back().key);
        beat_streams_.pop_back();
    }
    beat_streams_.push_front({key, journal::SampleRanges{}});
    beats_by_key_.emplace(key, beat_streams_.begin());
    return beat_streams_.front().seen;
}

void HeartIntake::submit(
    const access::Sender& sender,
    v1::Beats beats,
    TraceId trace,
    std::move_only_function<void(Result<bool>)> done
) {
    beats.DiscardUnknownFields();
    if (auto checked = check_beats(beats, latest()); !checked) {
        refused_.Increment();
        return done(std::unexpected(std::move(checked.error())));
    }
    const auto directory = on_.directory.state();
    const auto whose =
        access::patient_of(*directory, sender, beats.device(), beats.start_time_us());
    if (!whose) {
        refused_.Increment();
        return done(std::unexpected(whose.error()));
    }
    const auto key = key_of(*whose, beats);
    const auto range = range_of(beats);
    auto cells = compared(beats).cells(false);
    auto seen = journal::SampleRanges::Seen::fresh;
    {
        const std::lock_guard lock(mutex_);
        seen = beats_of(key).look(compared(beats));
    }
    if (seen == journal::SampleRanges::Seen::conflict) {
        refused_.Increment();
        return done(
            fail(ErrorCode::conflict, "the same beats are held with other intervals", "first_beat")
        );
    }
    if (seen == journal::SampleRanges::Seen::duplicate) {
        duplicates_.Increment();
        return done(true);
    }
    journal::Batch batch;
    batch.entries.push_back(entry(
        v1::BEATS,
        {.patient = *whose, .device = beats.device(), .stream = beats.stream()},
        beats.start_time_us(),
        beats.SerializeAsString()
    ));
    batch.entries.back().set_trace_id(std::string(trace.bytes()));
    on_.journal.append(
        std::move(batch),
        [this, key, range, cells = std::move(cells), done = std::move(done)](
            Result<journal::Appended> result
        ) mutable {
            if (!result) {
                return done(std::unexpected(std::move(result.error())));
            }
            {
                const std::lock_guard lock(mutex_);
                auto& ranges = beats_of(key);
                ranges.hold(cells, result->front());
                ranges.add(range);
            }
            accepted_.Increment();
            done(false);
        }
    );
}

void HeartIntake::apply(std::span<const journal::StoredPtr> entries) {
    v1::Vital vital;
    v1::Beats beats;
    v1::Quarantined held;
    for (const auto& stored : entries) {
        const auto& entry = stored->entry;
        const bool is_held =
            entry.type() == v1::QUARANTINED && held.ParseFromString(entry.payload());
        const auto type = is_held ? held.type() : entry.type();
        const auto& payload = is_held ? held.payload() : entry.payload();
        if (entry.key_id() != 0) {
            continue;
        }
        if (type == v1::VITAL && vital.ParseFromString(payload)) {
            const auto key = SeenValues::key(holder_of(entry.patient(), held.device()), vital);
            const std::lock_guard lock(mutex_);
            seen_.add(key);
        } else if (type == v1::BEATS && beats.ParseFromString(payload)) {
            const std::lock_guard lock(mutex_);
            beats_of(key_of(entry.patient(), beats)).add(compared(beats), stored->sequence);
        }
    }
}

} // namespace vigil::heart_intake
