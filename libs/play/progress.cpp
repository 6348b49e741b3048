#include "play/progress.hpp"

#include <algorithm>
#include <format>

namespace vigil::play {

namespace {

constexpr std::chrono::seconds line_every{10};
constexpr int bar_width = 24;

std::string clock_text(double seconds) {
    const auto whole = static_cast<std::uint64_t>(seconds);
    return std::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bar(double share) {
    const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * bar_width);
    return std::string(static_cast<std::size_t>(full), '#') +
           std::string(static_cast<std::size_t>(bar_width - full), '.');
}

} // namespace

int PlaySummary::exit_status() const {
    return refused == 0 && set_aside == 0 && lost == 0 && waiting == 0 && notes.empty() ? 0 : 1;
}

std::string progress_line(const PlaySummary& summary) {
    std::string line = clock_text(summary.played_s);
    if (summary.duration_s > 0) {
        const double share = summary.played_s / summary.duration_s;
        line = std::format("[{}] {:3.0f} % {}", bar(share), std::min(100.0, share * 100), line);
    }
    line += std::format(
        "  {} patients  {} blocks  {} accepted",
        summary.patients,
        summary.blocks,
        summary.accepted_blocks
    );
    if (summary.waiting > 0) {
        line += std::format("  {} waiting", summary.waiting);
    }
    if (summary.refused > 0) {
        line += std::format("  {} REFUSED", summary.refused);
    }
    if (summary.set_aside > 0) {
        line += std::format("  {} SET ASIDE", summary.set_aside);
    }
    if (summary.lost > 0) {
        line += std::format("  {} LOST", summary.lost);
    }
    return line;
}

void Progress::show(const PlaySummary& summary, std::chrono::steady_clock::time_point now) {
    if (terminal_) {
        out_ << '\r' << progress_line(summary) << "\x1b[K" << std::flush;
        drawn_ = true;
    } else if (now >= next_line_) {
        next_line_ = now + line_every;
        out_ << progress_line(summary) << std::endl;
    }
}

void Progress::end() {
    if (drawn_) {
        out_ << std::endl;
        drawn_ = false;
    }
}

std::string summary_text(const PlaySummary& summary) {
    const auto ms = [](std::chrono::microseconds time) {
        return static_cast<double>(time.count()) / 1000;
    };
    std::string text = std::format(
        "played      {} of {} patients\n"
        "made        {} blocks, {} with heart values and ends of streams\n"
        "accepted    {} ({} of them by backfill), {} were held already\n"
        "refused     {}   set aside {}   lost {}   not delivered {}   requests tried again {}\n"
        "acceptance  p50 {:.1f} ms, p99 {:.1f} ms; age of a live block when accepted, p99 {:.1f} "
        "ms\n",
        clock_text(summary.played_s),
        summary.patients,
        summary.blocks,
        summary.made,
        summary.accepted,
        summary.backfilled,
        summary.duplicates,
        summary.refused,
        summary.set_aside,
        summary.lost,
        summary.waiting,
        summary.retries,
        ms(summary.acceptance_p50),
        ms(summary.acceptance_p99),
        ms(summary.age_p99)
    );
    if (!summary.trouble.empty()) {
        text += std::format("last trouble: {}\n", summary.trouble);
    }
    for (const auto& name : summary.aside) {
        text += std::format("the server fails on {}\n", name);
    }
    for (const auto& note : summary.notes) {
        text += std::format("ended early: {}\n", note);
    }
    return text;
}

} // namespace vigil::play
