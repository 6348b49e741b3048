// Says in the journal that the store takes nothing, so that staff are called although the page goes
// on: it needs no store. Used by Service.
#pragma once

#include "base/time.hpp"
#include "journal/journal.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace vigil::records {

/// A STORAGE_STATE entry once the store has failed for a while, again and again as long as it does,
/// and one when it takes: at the start too, since who said that it fails may have ended meanwhile.
/// Of no patient: it goes where the alarms of Vigil itself are made. What the journal refuses is
/// said again.
///
/// threads one
class StorageTeller {
public:
    struct Pace {
        std::chrono::milliseconds after;
        std::chrono::milliseconds every;
    };

    StorageTeller(journal::Journal& journal, const Clock& clock, Pace pace)
        : journal_(journal), clock_(clock), pace_(pace) {}

    /// To be called often, with what is so now, once that is known.
    void look(bool is_failing);

private:
    void say(bool is_failing);
    [[nodiscard]] std::uint32_t partition() const;

    journal::Journal& journal_;
    const Clock& clock_;
    Pace pace_;
    std::int64_t since_us_ = 0; // UTC of the first failure; 0: it takes
    SteadyTime next_{};
    /// The journal has it that the store takes; by the append's own thread.
    std::shared_ptr<std::atomic<bool>> takes_known_ = std::make_shared<std::atomic<bool>>(false);
};

} // namespace vigil::records
