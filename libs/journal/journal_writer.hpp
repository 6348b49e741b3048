// The inside of SqliteJournal: what its threads share, and the one thread that writes.
#pragma once

#include "journal/append_queue.hpp"
#include "journal/directory_file.hpp"
#include "journal/held.hpp"
#include "journal/segments.hpp"
#include "journal/sqlite_journal.hpp"
#include "journal/watchers.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace vigil::journal {

/// What the writer, the readers and those who append share.
struct JournalState {
    JournalState(SqliteJournalOptions chosen, const Clock& its_clock, Log& its_log);

    /// Brings directory.db up to what was noted, onto the disk. The caller holds directory_mutex.
    /// Throws sqlite::Failure.
    void save_directory();
    /// Keeps a committed entry in mind for directory.db. The caller holds directory_mutex.
    void note(const StoredPtr& entry);
    /// Logs, then ends the process (or calls the options' hook): a second sync would succeed
    /// without the lost pages.
    void failed_sync(const sqlite::Failure& failure);

    const SqliteJournalOptions options;
    const Clock& clock;
    Log& log;

    Segments segments;
    AppendQueue queue;
    Watchers watchers;

    std::mutex held_mutex;
    Held held;                        // by held_mutex
    std::atomic<Sequence> newest = 0; // written under held_mutex
    std::atomic<Sequence> oldest = 1; // written under held_mutex

    std::mutex directory_mutex; // taken before held_mutex, never after
    DirectoryFile directory;    // the following by directory_mutex
    std::map<std::string, StoredPtr> unsaved_keys;
    std::map<std::uint32_t, StoredPtr> unsaved_outputs;
    Sequence noted = 0;
    Sequence saved = 0;

    std::atomic<bool> writable = true;
    std::atomic<bool> dead = false;  // a sync failed
    std::atomic<bool> freed = false; // room was made since the writer last measured
};

class JournalWriter {
public:
    explicit JournalWriter(JournalState& state) : state_(state) {}

    JournalWriter(const JournalWriter&) = delete;
    JournalWriter& operator=(const JournalWriter&) = delete;
    /// Writes what waits, then saves the directory.
    ~JournalWriter();

    /// Reads what the folder holds, repairs directory.db's lag and starts the thread. Throws
    /// sqlite::Failure.
    Result<void> start();

private:
    using Outcomes = std::vector<Result<Appended>>;

    Result<void> recover();
    void run();
    void write(std::vector<AppendRequest>& group);
    [[nodiscard]] bool has_room(const std::vector<AppendRequest>& group);
    void roll_if_due();
    /// Puts the group's entries into the open transaction; returns the newest sequence that it
    /// gave.
    Sequence insert(std::vector<AppendRequest>& group, Outcomes& outcomes);
    void publish(std::vector<AppendRequest>& group, const Outcomes& outcomes, Sequence newest);
    void refuse(std::vector<AppendRequest>& group, const Error& error);
    void checkpoint();

    JournalState& state_;
    std::optional<OpenSegment> open_;
    SteadyTime opened_at_;
    std::uint64_t disk_bytes_ = 0;
    std::thread thread_;
};

} // namespace vigil::journal
