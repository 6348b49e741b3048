// Tachycardia, bradycardia and pauses from beats or rates, with limits per patient. A state machine
// that takes time only from its inputs, which come in order; heart_monitor.hpp puts them in order.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace vigil::signal {

/// What a patient's heart may do without notice. The defaults are Vigil's own, for adults; nothing
/// fixes limits for every patient.
struct HeartLimits {
    /// source  sinus bradycardia is under 50 a minute: Kusumoto et al., 2018 ACC/AHA/HRS guideline,
    /// Circulation 140 (2019) e382, as UpToDate ("Sinus node dysfunction") quotes it; the guideline
    /// itself could not be read
    double bradycardia_bpm = 50;
    /// Vigil's own: over 100 is called a tachycardia, and any effort reaches that.
    double tachycardia_bpm = 120;
    /// source  sinus pause is over 3 s: as bradycardia_bpm
    double pause_s = 3;

    friend bool operator==(const HeartLimits&, const HeartLimits&) = default;
};

/// errors  invalid_argument with the field: a rate outside 20 to 300 a minute, a pause outside 1 to
///         20 s, the rates less than 10 a minute apart, or a pause no longer than an interval at
///         the lower limit, by which every slow beat would be one
/// source  Vigil's own bounds
[[nodiscard]] Result<void> check(const HeartLimits& limits);

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
    /// Beats a minute; of a pause its seconds so far; 0 where the state is lost.
    double value = 0;
    /// What `value` passed, or came back from: beats a minute, or seconds.
    double limit = 0;

    friend bool operator==(const HeartChange&, const HeartChange&) = default;
};

/// All that HeartRules remembers, for a checkpoint.
struct HeartMemory {
    std::vector<std::uint32_t> intervals_us = {}; // the newest last
    std::optional<std::int64_t> last_beat_us = {};
    std::optional<std::int64_t> now_us = {};
    std::optional<double> rate_bpm = {};
    std::uint8_t on = 0; // a bit a state

    friend bool operator==(const HeartMemory&, const HeartMemory&) = default;
};

/// The rate is that of the last 8 intervals, at least 4, or the one that a device gives; a state
/// ends where the rate is 5 a minute inside its limit, so that it does not flicker. A pause begins
/// when it has lasted as long as its limit, whenever that is noticed. Times are those of the stream
/// and ascend; an input before the last one is passed over. The same inputs give the same changes.
///
/// source  8 and 4 are Vigil's own; monitors state 12 intervals, 4 where they are long (manuals of
///         Philips MP2 and Mindray BeneHeart D60, by IEC 60601-2-27, 201.7.9.2.9.101 b) 3))
/// threads one
class HeartRules {
public:
    static constexpr std::size_t most_intervals = 8;

    /// Throws std::invalid_argument where the limits are not valid.
    explicit HeartRules(HeartLimits limits = {}, HeartMemory memory = {});

    /// A beat, with the interval since the one before where that is known.
    [[nodiscard]] std::vector<HeartChange>
    beat(std::int64_t at_us, std::optional<std::uint32_t> rr_us);

    /// A rate that a device has measured; one that is not over 0 is passed over.
    [[nodiscard]] std::vector<HeartChange> rate(std::int64_t at_us, double bpm);

    /// Every beat before this time has been given.
    [[nodiscard]] std::vector<HeartChange> clock(std::int64_t at_us);

    /// From here on nothing is known, until the next beat or rate.
    [[nodiscard]] std::vector<HeartChange> unknown(std::int64_t at_us);

    /// The last one; nothing while fewer than 4 intervals are known.
    [[nodiscard]] std::optional<double> rate_bpm() const { return memory_.rate_bpm; }

    [[nodiscard]] bool is_on(HeartState state) const;

    [[nodiscard]] double limit_of(HeartState state) const;

    [[nodiscard]] const HeartLimits& limits() const { return limits_; }

    [[nodiscard]] const HeartMemory& memory() const { return memory_; }

private:
    [[nodiscard]] bool starts(std::int64_t at_us);
    void set(HeartChange change, std::vector<HeartChange>& out);
    void judge_rate(double bpm, std::vector<HeartChange>& out);
    void judge_silence(std::vector<HeartChange>& out);

    HeartLimits limits_;
    HeartMemory memory_;
};

} // namespace vigil::signal
