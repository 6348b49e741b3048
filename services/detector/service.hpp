// The detector as a service: a thread that follows the journal, steps the core and appends what it
// gives.
#pragma once

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "detect/scorer.hpp"
#include "detector/core.hpp"
#include "journal/journal.hpp"
#include "journal/new_entries.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace vigil::detector {

struct ServiceOptions {
    CoreOptions core;
    journal::ReadLimits step{.entries = 512, .bytes = 2 << 20}; // taken in at once
    journal::Pace pace{};                                       // between steps while much comes
    std::chrono::milliseconds clock_interval{1000};             // between CLOCK entries
    std::chrono::milliseconds retry_wait{1000}; // after a journal that could not be read or written
    /// After a lost fence or a failed model, before the next takeover: the first time, and at most.
    std::chrono::milliseconds shortest_return{5000};
    std::chrono::milliseconds longest_return{300'000};
    std::chrono::milliseconds behind_after{3000
    }; // an entry that waits longer: the detector is behind
    /// False: it ends where it would try again after a wait, and ended() says so.
    bool returns = true;
    /// Asked before every takeover, also that after an append in doubt: false is a lost fence.
    /// Nothing: always. Called by the service's thread.
    std::function<bool()> may_take_over = {};
    Metrics::Labels gauge_labels = {}; // where a process has several
};

/// Owns its partitions (CoreOptions::owned) from its start on until it is stopped, another owner
/// takes over, or the model fails; then it tries again after a wait that grows.
/// threads any
class Service {
public:
    /// All but the options must outlive the service. Starts its thread at once.
    Service(
        journal::Journal& journal,
        detect::Scorer& scorer,
        const Clock& clock,
        Log& log,
        Metrics& metrics,
        ServiceOptions options
    );
    /// Finishes the step that runs and joins the thread.
    ~Service();

    /// False before the takeover and after another owner's, until the next try.
    [[nodiscard]] bool owns() const;
    /// Whether it has given up for good, which only one that does not return does.
    [[nodiscard]] bool ended() const;
    /// Whether entries wait longer than they should, or nobody here works on them.
    [[nodiscard]] bool behind() const;
    /// Everything up to here was taken in, and what follows from it is in the journal.
    [[nodiscard]] journal::Sequence reached() const;
    /// Up to here the journal may be freed: Core::replay_floor() of what it has published.
    [[nodiscard]] journal::Sequence replay_floor() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::detector
