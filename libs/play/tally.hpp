// What was sent and what became of it: for the progress line, the summary and the exit status. Used
// by the player.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace vigil::play {

/// Durations in steps of a sixteenth of an octave (4.4 %), from 1 us on.
/// threads any
class Durations {
public:
    void add(std::chrono::steady_clock::duration duration);
    /// Upper bound of the step that holds the quantile; zero when nothing was added.
    [[nodiscard]] std::chrono::microseconds quantile(double q) const;

private:
    static constexpr std::size_t steps_per_octave = 16;
    std::array<std::atomic<std::uint64_t>, 40 * steps_per_octave> counts_{};
};

/// threads any
struct Tally {
    std::atomic<std::uint64_t> made{0};   // blocks, values, beats and ends, by the sources
    std::atomic<std::uint64_t> blocks{0}; // of these, blocks or windows
    std::atomic<std::uint64_t> sent{0};   // items of all requests, repeats included
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> accepted_blocks{0};
    std::atomic<std::uint64_t> duplicates{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> retries{0};    // requests sent again
    std::atomic<std::uint64_t> backfilled{0}; // items that the backfill lane delivered
    Durations acceptance;                     // of live requests, from sending to the answer
    Durations age; // of accepted live items, from being ready to the answer

    /// An item was set aside; the first few are remembered by name.
    void set_aside(std::string name) {
        const std::scoped_lock lock(mutex_);
        if (set_aside_.size() < most_names) {
            set_aside_.push_back(std::move(name));
        }
    }

    [[nodiscard]] std::vector<std::string> set_aside() const {
        const std::scoped_lock lock(mutex_);
        return set_aside_;
    }

    void last_trouble(std::string why) {
        const std::scoped_lock lock(mutex_);
        trouble_ = std::move(why);
    }

    [[nodiscard]] std::string last_trouble() const {
        const std::scoped_lock lock(mutex_);
        return trouble_;
    }

private:
    static constexpr std::size_t most_names = 20;
    mutable std::mutex mutex_;
    std::vector<std::string> set_aside_;
    std::string trouble_;
};

} // namespace vigil::play
