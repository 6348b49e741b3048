// The store in memory: for unit tests and the seeded simulation, which makes it fail at chosen
// moments.
#pragma once

#include "store/store.hpp"

#include <map>
#include <mutex>
#include <tuple>

namespace vigil::store {

/// threads any
class MemoryStore final : public Store {
public:
    Result<void> write(const Write& write) override;
    [[nodiscard]] Result<journal::Sequence> position() override;
    [[nodiscard]] Result<std::vector<StreamRow>> streams() override;
    [[nodiscard]] Result<Page<ChunkRow>> chunks(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<std::vector<ChunkRow>> pyramid(std::int64_t stream_id, TimeRange time)
        override;
    [[nodiscard]] Result<Page<DetectionRow>> detections(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<Page<EventRow>> events(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<Page<ChronicleRow>> chronicle(
        ChronicleRow::Kind kind,
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<Page<VitalRow>> vitals(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<std::vector<BeatsRow>> beats(const std::string& patient, TimeRange time)
        override;
    [[nodiscard]] Result<std::vector<ClockRow>> clocks() override;
    [[nodiscard]] Result<std::vector<QuarantineSum>> quarantine() override;
    [[nodiscard]] Result<std::vector<QuarantinedRow>>
    quarantined(const std::string& device, TimeRange time, std::size_t limit) override;
    [[nodiscard]] Result<std::vector<NewestWindow>> newest_windows() override;
    [[nodiscard]] Result<std::vector<VitalRow>> newest_heart_rates() override;
    [[nodiscard]] Result<Size> size() override;

    /// The next `count` writes fail with this error and change nothing.
    void refuse_next(Error error, std::size_t count = 1);

private:
    using ChunkKey =
        std::tuple<std::int64_t, std::int64_t, std::uint64_t>; // start, stream, first sample
    using VitalKey = std::tuple<std::int64_t, std::string, std::string>; // start, name, source
    using IdKey = std::pair<std::int64_t, std::string>;                  // start, id

    struct Patient {
        std::map<ChunkKey, ChunkRow> chunks;
        std::map<IdKey, DetectionRow> detections;
        std::map<IdKey, EventRow> events; // by onset
        std::map<ChronicleRow::Kind, std::map<IdKey, ChronicleRow>> chronicle;
        std::map<VitalKey, VitalRow> vitals;
        std::map<IdKey, BeatsRow> beats;
        std::optional<NewestWindow> newest;
    };

    void apply(const Write& write);
    std::vector<StreamRow> apply_streams(const Write& write);

    std::mutex mutex_;
    journal::Sequence position_ = 0;
    std::vector<StreamRow> streams_; // id = index + 1
    std::map<std::string, Patient> patients_;
    std::map<std::tuple<std::string, std::string, int>, ClockRow> clocks_;
    std::map<std::string, QuarantinedRow> quarantine_; // by id
    Error refusal_;
    std::size_t refusals_ = 0;
};

} // namespace vigil::store
