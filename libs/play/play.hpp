// Plays patients to an intake: the engine of `vigil play` and of the demonstration ward of `vigil
// serve`.
#pragma once

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "play/play_options.hpp"
#include "play/source.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace vigil::play {

struct PlaySummary {
    std::uint64_t patients = 0;
    double played_s = 0;   // of signal, per patient
    double duration_s = 0; // of it that was asked for; 0: no end
    std::uint64_t blocks = 0;
    std::uint64_t made = 0; // blocks, values, beats and ends
    std::uint64_t accepted = 0;
    std::uint64_t accepted_blocks = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t refused = 0;
    std::uint64_t retries = 0;
    std::uint64_t backfilled = 0;
    std::uint64_t waiting =
        0; // not delivered yet; at the end: kept in the spool folder for the next run
    /// On which the server failed every time: kept in the spool folder, the next run tries again.
    std::uint64_t set_aside = 0;
    std::uint64_t lost = 0;                      // no room was left for them
    std::chrono::microseconds acceptance_p50{0}; // of live requests, from sending to the answer
    std::chrono::microseconds acceptance_p99{0};
    std::chrono::microseconds age_p99{0}; // of live items, from being ready to the answer
    std::string trouble = {};            // the last reason why something was refused or tried again
    std::vector<std::string> notes = {}; // recordings that ended early
    std::vector<std::string> aside = {}; // the first few that were set aside, kept or lost

    /// 0: all that was made is accepted; 1: something was refused, set aside, lost or is still
    /// undelivered.
    [[nodiscard]] int exit_status() const;
};

/// What is wrong with the options, as a sentence.
/// errors  invalid_argument with the option's name as the field
[[nodiscard]] Result<void> check(const PlayOptions& options);

/// Plays until the duration is over, the recordings have ended (`once`) or a stop is requested,
/// then ends the streams and waits for what is undelivered, at most `drain` (a tenth of it after a
/// stop was requested).
///
/// report  is called about five times a second from this thread; may be empty
/// errors  invalid_argument: options, or a patient without a key; unavailable: the spool folder
/// cannot be used threads runs 1 (this) + live + backfill connections of them
[[nodiscard]] Result<PlaySummary> run(
    const PlayOptions& options,
    std::vector<PlayedPatient> patients,
    const Clock& clock,
    Random& random,
    std::stop_token stop,
    const std::function<void(const PlaySummary&)>& report
);

} // namespace vigil::play
