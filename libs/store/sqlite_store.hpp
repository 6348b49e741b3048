// The store of one machine: store.db, written by `records` alone, read by several threads. Made by
// main.cpp.
#pragma once

#include "base/log.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace vigil::store {

struct SqliteStoreOptions {
    std::filesystem::path file;
    std::size_t readers = 4; // queries at once; more wait
    /// Called after a failed sync was logged; what the disk holds is then unknown. Empty: the
    /// process ends with EX_IOERR.
    std::function<void()> on_failed_sync = {};
};

/// A write is committed without a sync (synchronous=NORMAL): the journal is the truth, and after a
/// power cut `records` reads on from the position that the file still has. sync() says how far the
/// journal may be freed.
///
/// threads  any; writes one after the other, beside up to `readers` queries. Queries see what was
/// written before they began
class SqliteStore final : public Store {
public:
    /// errors  unavailable: the file cannot be opened or written; internal: it was made by a newer
    /// release
    [[nodiscard]] static Result<std::unique_ptr<SqliteStore>>
    open(SqliteStoreOptions options, Log& log);
    ~SqliteStore() override;

    Result<void> write(const Write& write) override;
    [[nodiscard]] Result<journal::Sequence> position() override;
    [[nodiscard]] Result<journal::Sequence> sync() override;
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

private:
    struct Inside;
    explicit SqliteStore(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::store
