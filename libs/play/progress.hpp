// What `vigil play` shows while it runs and at its end. Used by the command line.
#pragma once

#include "play/play.hpp"

#include <chrono>
#include <ostream>
#include <string>

namespace vigil::play {

/// A bar that is drawn again in place on a terminal; elsewhere a plain line every ten seconds.
/// threads one at a time
class Progress {
public:
    Progress(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}

    void show(const PlaySummary& summary, std::chrono::steady_clock::time_point now);
    /// Ends the bar's line.
    void end();

private:
    std::ostream& out_;
    bool terminal_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point next_line_{};
};

/// One line: how far, how much, and what is wrong.
[[nodiscard]] std::string progress_line(const PlaySummary& summary);
/// The summary at the end, of several lines.
[[nodiscard]] std::string summary_text(const PlaySummary& summary);

} // namespace vigil::play
