// The hearts of one partition's patients: beats and rates to changes of tachycardia, bradycardia
// and pause. Used by Partition.
#pragma once

#include "signal/heart_monitor.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/entry.pb.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vigil::detector {

/// One signal::HeartMonitor per patient and source, with the limits that were set for the patient.
///
/// threads one      cost  of an entry: that of its monitor
class Hearts {
public:
    static constexpr std::size_t most_sources = 1'024;
    static constexpr std::size_t most_memory_bytes = 128 << 10;

    /// Takes a BEATS, VITAL or CLOCK entry; others change nothing. `now_us` is the
    /// owner's time, which orders nothing but silence. The changes have all but their cause.
    [[nodiscard]] std::vector<v1::HeartChange> take(const v1::Entry& entry, std::int64_t now_us);

    /// For all that is not settled yet of the patient's hearts; limits that no heart can have
    /// change nothing.
    void set_limits(const std::string& patient, const v1::HeartLimits& limits);

    /// Whether something may follow from a CLOCK entry.
    [[nodiscard]] bool need_clock() const;

    /// Adds what a new owner must know to a checkpoint, but for limits: the sources that were heard
    /// last, up to most_memory_bytes.
    void remember(v1::Step& checkpoint) const;
    void load(const v1::Step& checkpoint);

private:
    struct Source {
        signal::HeartMonitor monitor;
        std::int64_t touched_us = 0;
    };

    using Sources = std::map<std::string, Source, std::less<>>;

    [[nodiscard]] std::vector<v1::HeartChange>
    take_beats(const v1::Entry& entry, std::int64_t now_us);
    [[nodiscard]] std::vector<v1::HeartChange>
    take_vital(const v1::Entry& entry, std::int64_t now_us);
    Sources::iterator source_of(const std::string& key, std::int64_t now_us);

    Sources sources_; // by stream_key(): of rates the device is their source and the stream empty
    std::map<std::string, signal::HeartLimits, std::less<>>
        limits_; // by patient, where they were set
};

} // namespace vigil::detector
