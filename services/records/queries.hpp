// Questions about stored data: the store together with what is not flushed yet, each sample once.
// Used by the routes.
#pragma once

#include "evaluate/ward_figures.hpp"
#include "records/core.hpp"
#include "records/overview.hpp"
#include "records/rows.hpp"
#include "store/store.hpp"
#include "vigil/v1/mark.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigil::records {

struct StreamSamples {
    std::shared_ptr<const store::StreamRow> stream;
    std::vector<Run> runs; // in the order of their indices
};

/// One page; the next begins at `next_us`. Pages are cut by time, not by row: whatever is flushed
/// between two pages, each sample and row whose time lies in the range is on exactly one of them.
struct EegPage {
    std::vector<StreamSamples> streams;
    std::optional<std::int64_t> next_us;
};

template <class Row>
struct TimePage {
    std::vector<Row> rows; // by start time
    std::optional<std::int64_t> next_us;
};

struct EegLimits {
    std::size_t rows = 100;      // of the store
    std::size_t bytes = 4 << 20; // of compressed rows, and of pending blocks; one row may exceed it
};

/// errors  those of the store; an unknown patient has no rows
/// threads any, blocking: on a pool, never on a server's thread
class Queries {
public:
    Queries(const Core& core, store::Store& store) : core_(core), store_(store) {}

    [[nodiscard]] Result<EegPage>
    eeg(const std::string& patient, store::TimeRange time, EegLimits limits) const;
    /// Streams with nothing in the time are left out; of more than max_overview_streams the newest
    /// are kept.
    [[nodiscard]] Result<std::vector<StreamOverview>>
    overview(const std::string& patient, store::TimeRange time, std::size_t points) const;
    [[nodiscard]] Result<TimePage<store::DetectionRow>>
    detections(const std::string& patient, store::TimeRange time, std::size_t limit) const;
    /// The newest revision of each, by onset.
    [[nodiscard]] Result<TimePage<store::EventRow>>
    events(const std::string& patient, store::TimeRange time, std::size_t limit) const;
    [[nodiscard]] Result<TimePage<store::ChronicleRow>> chronicle(
        store::ChronicleRow::Kind kind,
        const std::string& patient,
        store::TimeRange time,
        std::size_t limit
    ) const;
    [[nodiscard]] Result<TimePage<store::VitalRow>>
    vitals(const std::string& patient, store::TimeRange time, std::size_t limit) const;
    [[nodiscard]] Result<TimePage<store::BeatsRow>>
    beats(const std::string& patient, store::TimeRange time, std::size_t limit) const;
    /// A moment of Vigil's time as a device's EEG has it, by what is known of its clock.
    [[nodiscard]] std::int64_t
    device_us(const std::string& patient, const std::string& device, std::int64_t vigil_us) const;
    /// What people said of a patient's record, at any time, and did not take back, by when it is
    /// of.
    [[nodiscard]] Result<std::vector<v1::Mark>> standing_marks(const std::string& patient) const;
    /// What staff said of the detector's events in the time, and what follows from it. Where a mark
    /// was taken back it does not count; of several verdicts on an event the last does.
    [[nodiscard]] Result<evaluate::WardFigures>
    figures(const std::string& patient, store::TimeRange time) const;
    /// For each patient the heart rates of the five hours before its newest (old contract), by
    /// patient and time.
    [[nodiscard]] Result<std::vector<store::VitalRow>> newest_heart_rates() const;

    static constexpr std::size_t max_overview_streams = 64;

private:
    const Core& core_;
    store::Store& store_;
};

} // namespace vigil::records
