// Tachycardia, bradycardia and pauses from beats, with limits per patient. A state machine that
// takes time only from its inputs, for whoever turns beats into alarms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace vigil::signal {

/// What a patient's heart may do without notice.
struct HeartLimits {
    /// Sinus bradycardia is under 50 a minute. source  Kusumoto et al., ACC/AHA/HRS guideline,
    /// Circulation 140 (2019) e382
    double bradycardia_bpm = 50;
    /// Tachycardia is over 100 a minute (Page et al., ACC/AHA/HRS guideline, Circulation 133 (2016)
    /// e506), which any effort reaches; no standard fixes a limit for monitors.
    double tachycardia_bpm = 120;
    /// source  Kusumoto et al.: sinus pause
    double pause_s = 3;

    /// In order, 20 to 300 a minute, 1 to 20 s. A pause must not be shorter than an interval at the
    /// lower limit, or every slow beat would be one.
    [[nodiscard]] bool valid() const;

    friend bool operator==(const HeartLimits&, const HeartLimits&) = default;
};

enum class HeartState : std::uint8_t { tachycardia, bradycardia, pause };

/// A state begins or ends.
struct HeartChange {
    enum class Kind : std::uint8_t {
        begins,
        ends,
        lost, // it ends because nothing is known any more
    };

    HeartState state = {};
    Kind kind = {};
    std::int64_t at_us = 0;
    /// Beats a minute; of a pause its seconds so far.
    double value = 0;

    friend bool operator==(const HeartChange&, const HeartChange&) = default;
};

/// The rate is that of the last 8 intervals, at least 4; a state ends where the rate is 5 a minute
/// inside its limit, so that it does not flicker. Times are those of the stream and ascend; an
/// input before the last one is passed over. The same inputs give the same changes.
///
/// threads one
class HeartRules {
public:
    /// Throws std::invalid_argument where the limits are not valid.
    explicit HeartRules(HeartLimits limits = {});

    /// A beat, with the interval since the one before where that is known.
    [[nodiscard]] std::vector<HeartChange>
    beat(std::int64_t at_us, std::optional<std::uint32_t> rr_us);

    /// Every beat before this time has been given.
    [[nodiscard]] std::vector<HeartChange> clock(std::int64_t at_us);

    /// From here on nothing is known, until the next beat.
    [[nodiscard]] std::vector<HeartChange> unknown(std::int64_t at_us);

    /// Of the last intervals; nothing while fewer than 4 are known.
    [[nodiscard]] std::optional<double> rate_bpm() const;

private:
    [[nodiscard]] bool is_on(HeartState state) const;
    void set(HeartState state, HeartChange::Kind kind, double value, std::vector<HeartChange>& out);
    void judge_rate(std::vector<HeartChange>& out);
    void judge_silence(std::vector<HeartChange>& out);

    HeartLimits limits_;
    std::vector<std::uint32_t> intervals_us_;
    std::optional<std::int64_t> last_beat_us_;
    std::int64_t now_us_ = 0;
    bool started_ = false;
    std::uint8_t on_ = 0; // a bit a state
};

} // namespace vigil::signal
