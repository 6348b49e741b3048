// Which calls there are: what no station has confirmed, what nobody has answered, and how far the
// delivery of each has come. Pure; SecondWay drives it with the journal's entries and a clock.
#pragma once

#include "base/time.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/station.pb.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vigil::ward {

struct CallRules {
    Microseconds confirm_within{5'000'000}; // a high alarm, by a station
    Microseconds first_pause{1'000'000};    // after a failed attempt; doubled each time
    Microseconds longest_pause{60'000'000};
    Microseconds give_up_after{std::chrono::hours(1)};
};

using Way = v1::CallAttempt::Try::Way;

/// A call and its attempts, as GET /v1/calls tells it.
struct ToldCall {
    v1::Call call;
    std::vector<v1::CallAttempt> attempts; // the newest few
    bool open = true;
};

/// A wall clock that is set back puts nothing off: what would be due later than it can be is due.
/// The test patient calls nobody.
///
/// threads one
class CallLedger {
public:
    explicit CallLedger(CallRules rules = {}) : rules_(rules) {}

    /// Takes an entry, in the journal's order. What was added here before it came back changes
    /// nothing.
    void apply(const journal::Stored& stored, UtcTime now);

    /// Calls that are to be made now; each is due until it was added.
    [[nodiscard]] std::vector<v1::Call> due(UtcTime now) const;
    void add(const v1::Call& call);

    /// The call whose attempt is due longest, and which attempt; nullopt: none.
    struct Turn {
        v1::Call call;
        std::uint32_t attempt = 1;
        std::set<Way> accepted{}; // ways that are done
        bool needed = true;       // false: somebody has acknowledged the alarm, or it has ended
    };

    [[nodiscard]] std::optional<Turn> turn(UtcTime now) const;
    /// What became of a turn; `delivered` false: when it is tried again, or that it is not. `wait`
    /// is how long all who did not accept it ask for; the longest pause is kept.
    [[nodiscard]] v1::CallAttempt attempt_of(
        const Turn& turn,
        bool delivered,
        UtcTime now,
        Microseconds wait = Microseconds(0)
    ) const;
    void add(const v1::CallAttempt& attempt);

    [[nodiscard]] std::size_t waiting() const { return open_.size(); }

    [[nodiscard]] const std::deque<ToldCall>& told() const { return told_; }

    /// How delivery goes, by the attempts that were added.
    struct Standing {
        std::int64_t delivered_us = 0;     // the newest that was; 0: none
        std::int64_t failing_since_us = 0; // 0: it does not fail, or nothing is kept back
        std::string trouble{};             // of the newest attempt
    };

    [[nodiscard]] const Standing& standing() const { return standing_; }

    /// For a restart. What it does not know any more it makes again rather than never.
    [[nodiscard]] v1::SecondWayMemory memory() const;
    void load(const v1::SecondWayMemory& memory);

    static constexpr std::size_t most_told = 200;
    static constexpr std::size_t most_done = 200;

private:
    struct Watched {
        v1::Alarm alarm;
        std::int64_t due_us = 0;
    };

    struct Open {
        v1::Call call;
        std::uint32_t attempts = 0;
        std::int64_t next_us = 0;
        std::set<Way> accepted{};
        bool needed = true;
    };

    void take_alarm(const v1::Alarm& alarm, UtcTime now);
    void take_confirmation(const v1::AlarmConfirmed& confirmed);
    void finish(const std::string& id);
    void judge(const v1::CallAttempt& attempt);
    ToldCall* told(const std::string& id);
    [[nodiscard]] static bool is_due(std::int64_t due_us, UtcTime now, Microseconds at_most_ahead);

    CallRules rules_;
    journal::Sequence sequence_ = 0;
    std::map<std::string, Watched> watched_; // by alarm: high ones that no station has confirmed
    std::map<std::string, v1::Call> wanted_; // by id: of unanswered alarms, not added yet
    std::map<std::string, Open> open_;       // by id
    std::set<std::string> done_;             // ids
    std::deque<std::string> done_order_;
    std::deque<ToldCall> told_; // the newest last
    Standing standing_;
};

} // namespace vigil::ward
