// How a reader of the journal waits: at once woken after a quiet time, else a little later for many
// entries together. Used by Tail and by the detector.
#pragma once

#include "journal/journal.hpp"

#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>

namespace vigil::journal {

/// Entries that follow one another closely are looked at together, so that a wake-up, and what the
/// reader then writes, is paid once for all: the next look comes `pause` after the last one or when
/// `enough` entries wait, whichever is first. The first entry after a quiet time is never delayed.
struct Pace {
    std::chrono::microseconds pause{0};
    Sequence enough = 1;
};

/// threads  tell(), stop(): any; the waits: the reader's own
class NewEntries {
public:
    explicit NewEntries(Pace pace) : pace_(pace) {}

    /// The journal has entries up to here.
    void tell(Sequence newest);
    void stop();
    [[nodiscard]] Sequence newest() const;

    /// Waits until a look at what follows `reached` is worth it, `limit` at most for the first of
    /// it; false once stopped.
    bool wait_beyond(Sequence reached, std::chrono::milliseconds limit);
    /// Waits for so long; false once stopped.
    bool rest(std::chrono::milliseconds time);

private:
    static constexpr Sequence nothing = std::numeric_limits<Sequence>::max();

    Pace pace_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    Sequence newest_ = 0;
    Sequence wanted_ = nothing; // whoever brings the journal this far wakes the reader
    std::chrono::steady_clock::time_point next_look_;
};

} // namespace vigil::journal
