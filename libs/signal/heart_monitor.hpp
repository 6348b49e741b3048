// The heart's rules live: beats and rates as they come, late, repeated or out of order, to changes
// of tachycardia, bradycardia and pause. For the owner of a patient's entries.
#pragma once

#include "signal/heart_rules.hpp"
#include "vigil/v1/vitals.pb.h"

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigil::v1 {
class HeartMonitorState;
}

namespace vigil::signal {

/// What followed from one input.
struct HeartUpdate {
    /// News, as soon as what has come so far shows them: for alarms. Of each state a beginning and
    /// an end take turns, in order of time; what was told is never told again. Where late input
    /// shows that a state had not been what was told, its other end is told.
    std::vector<HeartChange> told = {};
    /// The record, once nothing can come in between any more: the same for every order.
    std::vector<HeartChange> settled = {};

    friend bool operator==(const HeartUpdate&, const HeartUpdate&) = default;
};

/// HeartRules over one source's intervals and rates, which come in order. Private to
/// heart_monitor.cpp.
class HeartCourse {
public:
    explicit HeartCourse(HeartLimits limits) : rules_(limits) {}

    HeartCourse(HeartRules rules, std::optional<std::int64_t> known_until_us)
        : rules_(std::move(rules)), known_until_us_(known_until_us) {}

    void interval(std::int64_t end_us, std::uint32_t rr_us, std::vector<HeartChange>& out);
    void rate(std::int64_t at_us, double bpm, std::vector<HeartChange>& out);
    /// Nothing is known before this time: states are lost where the last input stopped to count.
    void silent_until(std::int64_t at_us, std::vector<HeartChange>& out);

    void set_limits(HeartLimits limits) { rules_ = HeartRules(limits, rules_.memory()); }

    [[nodiscard]] const HeartRules& rules() const { return rules_; }

    [[nodiscard]] std::optional<std::int64_t> known_until_us() const { return known_until_us_; }

private:
    HeartRules rules_;
    std::optional<std::int64_t> known_until_us_;
};

/// One source of a patient: a (device, stream) of beats, or a source of rates. Takes time from its
/// inputs only: the data's own times order them, and clock entries say how long nothing has come.
/// The two clocks are never compared, so that a device's clock may be wrong. The same entries in
/// the same order give the same updates. The settled changes are the same in every order in which
/// no entry comes more than `horizon_us` after its last beat, for entries up to `longest_entry_us`
/// long.
///
/// A state is lost where no beat came for 15 s of the data's time, or no rate for 5 minutes;
/// Vigil's own bounds. Silence is never a pause: a pause is an interval that a device reported.
/// What comes when its time has settled is passed over; only where a device's clock was set back by
/// more than that, beats begin anew.
///
/// threads one      cost  the last 40 s of beats again for each input
class HeartMonitor {
public:
    static constexpr std::int64_t horizon_us = 10'000'000;
    static constexpr std::int64_t longest_entry_us = 30'000'000;
    static constexpr std::int64_t beats_last_us = 15'000'000;
    static constexpr std::int64_t rates_last_us = 300'000'000;

    /// Throws std::invalid_argument where the limits are not valid.
    explicit HeartMonitor(HeartLimits limits = {});

    /// A BEATS entry. Intervals that were taken before, by their index, change nothing.
    [[nodiscard]] HeartUpdate beats(const v1::Beats& beats);

    /// A VITAL entry; what is no heart rate, or came in a batch long after its time, is passed
    /// over. Of two values for one time the one that came last counts.
    [[nodiscard]] HeartUpdate vital(const v1::Vital& vital);

    /// A clock entry of the owner.
    [[nodiscard]] HeartUpdate clock(std::int64_t now_us);

    /// The source has ended: settles what is left.
    [[nodiscard]] HeartUpdate finish();

    /// Limits for all that is not settled yet. Throws std::invalid_argument where they are not
    /// valid.
    void set_limits(HeartLimits limits) { course_.set_limits(limits); }

    /// Whether something may follow from a clock entry.
    [[nodiscard]] bool waits() const {
        return !intervals_.empty() || !rates_.empty() || course_.known_until_us().has_value();
    }

    /// Inputs whose time had settled, repeats among them; each interval counts.
    [[nodiscard]] std::uint64_t passed_over() const { return passed_over_; }

    /// All of it, as vigil.v1.HeartMonitorState.
    [[nodiscard]] std::string serialize() const;

    /// errors  invalid_argument: no checkpoint, limits that check() refuses, or what no monitor
    ///         remembers
    [[nodiscard]] static Result<HeartMonitor> restore(std::string_view bytes);

private:
    struct Interval {
        std::int64_t end_us = 0;
        std::uint32_t rr_us = 0;
        friend auto operator<=>(const Interval&, const Interval&) = default;
    };

    struct Told {
        bool on = false;
        std::optional<std::int64_t> until_us = {};
    };

    [[nodiscard]] Result<void> read(const v1::HeartMonitorState& in);
    [[nodiscard]] bool take(std::uint64_t index, Interval interval);
    [[nodiscard]] bool was_set_back(std::uint64_t first_index, std::int64_t start_us) const;
    void begin_anew(HeartUpdate& update);
    void advance(HeartUpdate& update);
    void settle(std::int64_t until_us, HeartUpdate& update);
    void tell(const std::vector<HeartChange>& changes, const HeartRules& now, HeartUpdate& update);
    /// Gives the pending inputs before this time to a course, in order.
    void replay(HeartCourse& course, std::int64_t until_us, std::vector<HeartChange>& out) const;

    HeartCourse course_;                          // of what is settled
    std::map<std::uint64_t, Interval> intervals_; // pending, by index
    std::map<std::int64_t, double> rates_;        // pending, by time
    std::array<Told, 3> told_{};                  // by state
    std::optional<std::int64_t> settled_until_us_;
    std::optional<std::uint64_t> settled_index_;
    std::optional<std::int64_t> latest_us_;
    std::optional<std::uint64_t> newest_index_;
    std::optional<std::int64_t> clock_us_, heard_us_;
    std::uint64_t passed_over_ = 0;
};

} // namespace vigil::signal
