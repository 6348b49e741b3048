// The journal in memory: for unit tests and the seeded simulation, which makes it fail at chosen
// moments.
#pragma once

#include "journal/held.hpp"
#include "journal/journal.hpp"
#include "journal/watchers.hpp"

#include <mutex>

namespace vigil::journal {

/// Nothing happens by itself: appends are taken in the caller's thread, at once or, while held,
/// when the test says so. threads any, also `done` and watchers run in the thread that appended or
/// released
class MemoryJournal final : public Journal {
public:
    struct Options {
        std::size_t queue_entries = 1 << 16; // bounds of what is held
        std::size_t queue_bytes = 64 << 20;
        std::size_t max_bytes = std::size_t{1}
                                << 40; // of the kept entries: beyond, appends are unavailable
    };

    MemoryJournal() : MemoryJournal(Options{}) {}

    explicit MemoryJournal(Options options) : options_(options), held_(SIZE_MAX) {}

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

    /// The next `count` appends are not taken and get this error.
    void refuse_next(Error error, std::size_t count = 1);
    /// The next `count` appends are taken, but their `done` gets unavailable with Retry::in_doubt.
    void doubt_next(std::size_t count = 1);
    /// From now on appends wait, as they do for a slow disk.
    void hold();
    /// Takes the oldest `count` waiting appends, in order, and calls their `done`.
    void release(std::size_t count);
    /// Takes all that wait, and later ones at once.
    void release();
    /// What a crash leaves: the oldest `taken` waiting appends are in the journal, the rest is
    /// lost; no `done` is called.
    void crash(std::size_t taken);
    [[nodiscard]] std::size_t waiting() const;

private:
    struct Request {
        Batch batch;
        AppendDone done;
        std::size_t bytes = 0;
        bool in_doubt = false;
    };

    Result<void> admit(const Batch& batch, std::size_t bytes);
    Result<Appended> take(Batch& batch);
    void finish(std::vector<Request> requests, bool answered);

    Options options_;
    mutable std::mutex mutex_;
    Held held_;
    Watchers watchers_;
    Sequence newest_ = 0;
    Sequence oldest_ = 1;
    std::size_t kept_bytes_ = 0;
    std::deque<std::size_t> sizes_; // of oldest_ to newest_
    bool holding_ = false;
    bool writable_ = true;
    std::deque<Request> waiting_;
    std::size_t waiting_entries_ = 0;
    std::size_t waiting_bytes_ = 0;
    Error refusal_;
    std::size_t refusals_ = 0;
    std::size_t doubts_ = 0;
};

} // namespace vigil::journal
