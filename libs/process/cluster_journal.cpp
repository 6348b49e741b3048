#include "process/cluster_journal.hpp"

#include <utility>

namespace vigil::process {

namespace {

constexpr std::chrono::milliseconds between_tries{1'000};

} // namespace

Result<void> try_for(
    std::chrono::milliseconds patience,
    StopSignal& stop,
    const Clock& clock,
    const std::function<Result<void>()>& attempt
) {
    const auto until = clock.steady() + patience;
    while (true) {
        auto tried = attempt();
        if (tried || tried.error().code == ErrorCode::invalid_argument || clock.steady() >= until ||
            stop.wait_for(between_tries)) {
            return tried;
        }
    }
}

Result<std::unique_ptr<journal::NatsJournal>> open_cluster_journal(
    const journal::NatsJournalOptions& options,
    std::chrono::milliseconds patience,
    StopSignal& stop,
    const Clock& clock,
    Log& log
) {
    std::unique_ptr<journal::NatsJournal> journal;
    bool told = false;
    const auto opened = try_for(patience, stop, clock, [&]() -> Result<void> {
        auto tried = journal::NatsJournal::open(options, clock, log);
        if (tried) {
            journal = *std::move(tried);
            return {};
        }
        if (!std::exchange(told, true)) { // once: it goes on each second
            log.error("journal_waited_for", tried.error());
        }
        return std::unexpected(tried.error());
    });
    if (!opened) {
        return std::unexpected(opened.error());
    }
    return journal;
}

} // namespace vigil::process
