// A connection that answers questions about store.db, its statements prepared when first used. Used
// by SqliteStore.
#pragma once

#include "journal/sqlite_file.hpp"
#include "store/cursor.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <map>

namespace vigil::store {

/// Throws sqlite::Failure. threads one at a time
class StoreReader {
public:
    explicit StoreReader(const std::filesystem::path& file);

    [[nodiscard]] journal::Sequence position();
    [[nodiscard]] std::vector<StreamRow> streams();
    /// `after` is the last row of the page before; its stream and first sample stand in `rest`.
    [[nodiscard]] Result<Page<ChunkRow>> chunks(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] std::vector<ChunkRow> pyramid(std::int64_t stream_id, TimeRange time);
    [[nodiscard]] Result<Page<DetectionRow>> detections(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] Result<Page<EventRow>> events(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] Result<Page<ChronicleRow>> chronicle(
        ChronicleRow::Kind kind,
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] Result<Page<VitalRow>> vitals(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] std::vector<BeatsRow> beats(const std::string& patient, TimeRange time);
    std::vector<ClockRow> clocks();
    std::vector<QuarantineSum> quarantine();
    [[nodiscard]] std::vector<QuarantinedRow>
    quarantined(const std::string& device, TimeRange time, std::size_t limit);
    [[nodiscard]] std::vector<NewestWindow> newest_windows();
    [[nodiscard]] std::vector<VitalRow> newest_heart_rates();
    [[nodiscard]] Store::Size size();

private:
    /// `sql` must be a literal: its address is the key.
    sqlite::Statement& statement(const char* sql);
    std::int64_t single(const char* sql, std::string_view text);

    sqlite::File file_;
    std::map<const char*, sqlite::Statement> statements_;
};

} // namespace vigil::store
