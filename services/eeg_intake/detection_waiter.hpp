// Answers of the old contract that wait for the detection of their own window. Used by the old EEG
// route.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/detection.pb.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

namespace vigil::eeg_intake {

/// What the detector made of a window.
struct WindowScore {
    std::uint32_t score_q16 = 0;
    bool not_evaluated = false;
};

/// A table of entry id -> who waits. Each waiting call ends exactly once: with the score as soon as
/// the journal's tail brings it, with nothing at its deadline but not before the entry is durable,
/// or with the error of a failed append.
///
/// bounds  at most `most` wait; who comes beyond it ends with nothing as soon as the entry is
/// durable threads any; a Done runs outside the lock, in the thread that ended it
class DetectionWaiter {
public:
    using Done = std::move_only_function<void(Result<std::optional<WindowScore>>)>;

    explicit DetectionWaiter(std::size_t most) : most_(most) {}

    /// Begins to wait, before the entry is appended: its detection may be read before the append's
    /// own answer.
    void wait(const std::string& id, std::uint32_t partition, SteadyTime deadline, Done done);
    /// The entry is in the journal.
    void accepted(const std::string& id);
    /// The entry was not written, since `original` holds the same window; empty when it is not
    /// known any more.
    void follow(const std::string& id, const std::string& original);
    /// The entry is not in the journal.
    void failed(const std::string& id, const Error& error);

    /// Looks for awaited detections. Steps of partitions for which nobody waits are not parsed.
    void apply(std::span<const journal::StoredPtr> entries);
    /// Ends whose deadline has passed.
    void expire(SteadyTime now);
    /// Calls expire() every 20 ms while somebody waits, until asked to stop.
    void run(std::stop_token stop, const Clock& clock);

    [[nodiscard]] std::size_t waiting() const;

private:
    using Deadlines = std::multimap<SteadyTime, std::string>; // -> own id

    struct Waiting {
        std::uint32_t partition = 0;
        Deadlines::iterator
            deadline; // end() once it has passed, or where there was no room to wait
        bool durable = false;
        std::string original; // whose detection is awaited in place of the own
        Done done;
    };

    using Table = std::unordered_map<std::string, Waiting>; // by own id

    [[nodiscard]] bool late(const Waiting& waiting) const {
        return waiting.deadline == deadlines_.end();
    }

    [[nodiscard]] Done take(Table::iterator place);
    void take_all(const v1::Detection& detection, std::vector<std::pair<Done, WindowScore>>& ready);
    void keep_score(const std::string& id, WindowScore score);

    static constexpr std::size_t max_scores = 1024;

    std::size_t most_;
    mutable std::mutex mutex_;
    std::condition_variable_any somebody_;
    std::condition_variable_any never_; // only a stop ends a wait on it
    Table waiting_;
    Deadlines deadlines_;
    std::unordered_multimap<std::string, std::string> followers_; // original -> own ids
    std::unordered_map<std::uint32_t, std::size_t> partitions_;   // how many wait for each
    std::unordered_map<std::string, WindowScore>
        scores_; // newest that were awaited: for a window sent again
    std::deque<std::string> score_order_;
};

} // namespace vigil::eeg_intake
