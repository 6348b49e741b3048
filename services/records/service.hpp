// Records as a service: a thread that follows the journal, flushes in time, tries again after a
// failure and frees the journal.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "records/core.hpp"
#include "records/releaser.hpp"
#include "records/storage_teller.hpp"
#include "store/store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace vigil::records {

struct ServiceOptions {
    CoreOptions core{};
    std::size_t pending_limit =
        64 << 20; // bytes: beyond it nothing more is read, the journal holds it
    std::chrono::milliseconds pace{50};         // between reads while little comes
    std::chrono::milliseconds first_retry{500}; // after a failed flush; doubled each time
    std::chrono::milliseconds longest_retry{30'000};
    std::chrono::milliseconds last_reads{5'000}; // at a stop: what is left is read after a start
    std::chrono::minutes keep_time{24 * 60}; // by receipt time: the journal keeps what is younger
    std::chrono::milliseconds free_every{60'000};
    std::chrono::milliseconds release_every{60'000}; // what is quarantined is looked through
    /// Whose devices are: none = nothing that is quarantined is ever released.
    const access::Directory* directory = nullptr;
    std::chrono::milliseconds tell_failing_after{5'000
    }; // an entry says that the store takes nothing
    std::chrono::milliseconds tell_failing_every{60'000}; // ... and again
    /// The lowest position of the journal's other readers; none = only records reads it.
    std::function<journal::Sequence()> floor{};
};

class Service {
public:
    Service(
        journal::Journal& journal,
        store::Store& store,
        const Clock& clock,
        Log& log,
        Metrics& metrics,
        ServiceOptions options = {}
    );
    /// Takes in what the journal holds, flushes once, and stops.
    ~Service();
    Service(const Service&) = delete;

    /// Reads the store's position and starts to follow.
    /// errors  those of the store
    Result<void> start();
    /// What the destructor does, where the time of it matters.
    void stop();

    [[nodiscard]] const Core& core() const { return core_; }

    /// The last flush failed and none has succeeded since.
    [[nodiscard]] bool failing() const { return failing_; }

private:
    struct Gauges;
    void run();
    /// Whether there may be more at once.
    bool read();
    /// Reads on to the journal's end, for last_reads at most.
    void catch_up();
    void flush_when_due();
    void flush();
    void free_when_due();
    /// After each change of the directory, after a flush of what is quarantined, and once in a
    /// while.
    void release_when_due();
    /// The newest sequence that was received before keep_time, 0 when there is none.
    [[nodiscard]] journal::Sequence kept_since(journal::Sequence up_to);
    void show();

    journal::Journal& journal_;
    store::Store& store_;
    const Clock& clock_;
    Log& log_;
    ServiceOptions options_;
    Core core_;
    std::unique_ptr<Gauges> gauges_;
    std::atomic<bool> failing_ = false;
    bool tried_ = false; // to write, in this life
    std::chrono::milliseconds retry_{0};
    SteadyTime retry_at_{};
    SteadyTime free_at_{};
    std::optional<Releaser> releaser_;
    journal::Sequence released_for_ = 0; // the directory's state
    SteadyTime release_at_{};
    std::uint64_t quarantined_ = 0; // entries, at the last flush
    StorageTeller teller_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::jthread thread_;
};

} // namespace vigil::records
