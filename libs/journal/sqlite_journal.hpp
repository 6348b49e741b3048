// The journal of one machine: a folder of SQLite segments with one writer that commits for all
// waiting requests at once. Made by main.cpp; everything else knows only the port.
#pragma once

#include "base/log.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <filesystem>

namespace vigil::journal {

struct SqliteJournalOptions {
    std::filesystem::path folder;
    std::uint64_t segment_bytes = 64 << 20;
    std::chrono::seconds segment_age =
        std::chrono::hours(1); // counted from the start of the process at the earliest
    std::size_t queue_entries = 1 << 16;
    std::size_t queue_bytes = 64 << 20;
    std::size_t group_entries = 4096; // of one commit
    std::size_t group_bytes = 8 << 20;
    std::chrono::microseconds gather{0}; // least time between two commits while many come
    std::size_t recent_bytes =
        32 << 20; // newest entries kept in memory for the readers of the tail
    std::uint64_t max_bytes =
        0; // of all segments: beyond, appends are unavailable; 0 = the disk decides
    /// Called after a failed sync was logged; what the disk holds is then unknown. Empty: the
    /// process ends with EX_IOERR.
    std::function<void()> on_failed_sync;
};

/// A success means: synced. Requests that wait while a commit runs share the next one.
///
/// threads  any. `done` and watchers run on the writer's thread, but a request that is refused at
/// the door (too_large,
///          overloaded, invalid_argument) gets its answer in the caller's thread. The destructor
///          writes what waits.
class SqliteJournal final : public Journal {
public:
    /// errors  conflict: another process has the folder open; unavailable: it cannot be read or
    /// written;
    ///         internal: what is in it does not belong together
    [[nodiscard]] static Result<std::unique_ptr<SqliteJournal>>
    open(SqliteJournalOptions options, const Clock& clock, Log& log);
    ~SqliteJournal() override;

    void append(Batch batch, AppendDone done) override;
    [[nodiscard]] Result<std::vector<StoredPtr>> read(Sequence after, ReadLimits limits = {})
        override;
    [[nodiscard]] Sequence newest() const override;
    [[nodiscard]] Sequence oldest() const override;
    [[nodiscard]] Result<StoredPtr> newest_output(std::uint32_t partition) override;
    [[nodiscard]] Result<Directory> directory() override;
    [[nodiscard]] std::shared_ptr<void> watch(Watcher watcher) override;
    Result<void> free_up_to(Sequence up_to) override;
    [[nodiscard]] Health health() const override;

private:
    struct Inside;
    explicit SqliteJournal(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::journal
