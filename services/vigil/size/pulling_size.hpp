// What `vigil size` answers for services that refuse nothing: pullers and streams.
#pragma once

#include "base/error.hpp"
#include "queueing/pulling.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vigil::size {

/// A service whose owners pull the partitions of their patients from the journal.
struct PullingLoad {
    std::string name = "service";
    double entries_per_s = 0; // of all patients together
    double service_s = 0;     // of an entry
    double variation = 1;     // squared, of the service time
    std::uint64_t patients = 50;
    std::uint64_t partitions = 64;
    double outage_s = 600;
    double headroom = 0.7; // the utilisation that the hottest owner may have
    std::optional<std::uint64_t> pods = {};
};

struct OwnersRow {
    std::uint64_t owners = 0;
    double utilisation = 0;                // mean
    double hottest = 1;                    // times the mean
    std::optional<queueing::Lag> lag = {}; // of the hottest; none where it never catches up
    std::optional<double> drain_s = {};    // of the hottest after the outage
};

struct PullingSize {
    PullingLoad load;
    std::uint64_t needed = 0;
    std::vector<OwnersRow> rows; // needed - 1, needed, needed + 1, and what runs now
};

/// The fewest owners whose hottest stays below the headroom.
///
/// errors  invalid_argument: a rate, a time, a headroom that is none; unprocessable: as many
///         owners as partitions are not enough
[[nodiscard]] Result<PullingSize> size_pulling(const PullingLoad& load);

[[nodiscard]] std::string pulling_text(const PullingSize& size);
[[nodiscard]] std::string pulling_json(const PullingSize& size);

/// A service that holds one stream for each patient.
struct StreamsLoad {
    std::string name = "service";
    std::uint64_t patients = 50;
    double cpu_s = 0; // CPU seconds of a second of a patient
    double cores = 1; // of a pod
    double headroom = 0.7;
};

struct StreamsSize {
    StreamsLoad load;
    std::uint64_t pods = 0;
    double utilisation = 0;
    double utilisation_without_one = 0; // while one pod restarts; above 1 where there is none left
};

///
/// errors  invalid_argument: a cost, cores or a headroom that is none
[[nodiscard]] Result<StreamsSize> size_streams(const StreamsLoad& load);

[[nodiscard]] std::string streams_text(const StreamsSize& size);
[[nodiscard]] std::string streams_json(const StreamsSize& size);

} // namespace vigil::size
