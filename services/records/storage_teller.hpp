// Says in the journal that the store takes nothing, so that staff are called although the page goes
// on: it needs no store. Used by Service.
#pragma once

#include "base/time.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <cstdint>

namespace vigil::records {

/// A STORAGE_STATE entry once the store has failed for a while, again and again as long as it does,
/// and one when it takes again. Of no patient: it goes where the alarms of Vigil itself are made.
/// What the journal refuses is said again.
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

    /// To be called often, with what is so now.
    void look(bool is_failing);

private:
    void say(bool is_failing);
    [[nodiscard]] std::uint32_t partition() const;

    journal::Journal& journal_;
    const Clock& clock_;
    Pace pace_;
    std::int64_t since_us_ = 0; // UTC of the first failure; 0: it takes
    SteadyTime next_{};
    bool told_ = false;
};

} // namespace vigil::records
