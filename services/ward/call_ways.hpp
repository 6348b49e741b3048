// All ways that a call goes out by, and what an attempt by them comes to. Used by SecondWay.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "ward/call_ledger.hpp"
#include "ward/push_way.hpp"
#include "ward/second_way_config.hpp"

#include <optional>
#include <string>
#include <vector>

namespace vigil::ward {

/// What one attempt came to.
struct Tried {
    /// The webhook, where there is one, has taken it, and where browsers are called, one push
    /// service has: in this attempt or an earlier one.
    bool delivered = false;
    unsigned status = 0; // of the answer that decided
    std::string detail{};
    std::chrono::microseconds took{0};
    Microseconds wait{0}; // what all who did not accept it ask for
    std::vector<v1::CallAttempt::Try> tries{};
    std::vector<v1::PushBrowser> gone{}; // browsers that their push service does not know any more
};

/// threads one
class CallWays {
public:
    /// `push_key` is needed where the configuration has a contact.
    CallWays(
        const access::Directory& directory,
        SecondWayConfig config,
        const http::PushKey* push_key,
        Random& random,
        Log& log,
        Metrics& metrics
    );

    /// Tries the ways that have not accepted the call yet, all at once.
    ///
    /// cost    blocks until all have answered, or their time is over
    [[nodiscard]] Tried attempt(const CallLedger::Turn& turn, UtcTime now);

private:
    void take_pushes(const CallLedger::Turn& turn, std::vector<Pushed> pushed, Tried& tried);

    const access::Directory& directory_;
    const SecondWayConfig config_;
    std::optional<PushWay> push_;
    Log& log_;
    prometheus::Counter& pushed_;
    prometheus::Counter& push_failures_;
};

} // namespace vigil::ward
