// The journal of a cluster, as a program finds it at its start: tried until it is there. Used by
// program.cpp.
#pragma once

#include "base/log.hpp"
#include "base/time.hpp"
#include "journal/nats/nats_journal.hpp"
#include "process/stop_signal.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace vigil::process {

/// Tries each second until it succeeds, `patience` has passed, or a signal says stop.
///
/// errors  the last of what was tried; internal where a signal came: see `stop`
[[nodiscard]] Result<void> try_for(
    std::chrono::milliseconds patience,
    StopSignal& stop,
    const Clock& clock,
    const std::function<Result<void>()>& attempt
);

/// errors  those of NatsJournal::open
[[nodiscard]] Result<std::unique_ptr<journal::NatsJournal>> open_cluster_journal(
    const journal::NatsJournalOptions& options,
    std::chrono::milliseconds patience,
    StopSignal& stop,
    const Clock& clock,
    Log& log
);

} // namespace vigil::process
