// One patient's seizures: the Epileptor, its excitability driven by a schedule, and what state it
// reached. Used by SyntheticPatient.
#pragma once

#include "signal/synthetic/epileptor.hpp"
#include "signal/synthetic/noise.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace vigil::signal {

/// When seizures are wanted, in seconds of the stream's own time. They come within 8 s of it: the
/// model decides.
struct SeizureSchedule {
    double first_s = 20;
    double every_s = 240; // from wanted onset to wanted onset; at least 90
    /// Wanted instead, ascending, at least shortest_seizure_interval_s apart; may be none.
    std::optional<std::vector<double>> at_s = {};
};

/// From onset to onset where they do not come regularly: the model must have rested.
inline constexpr double shortest_seizure_interval_s = 180;
/// A recording in which all seizures shall begin and end keeps these free at its ends.
inline constexpr double seizure_free_start_s = 30;
inline constexpr double seizure_free_end_s = 75;

/// How many seizures find room in a recording.
[[nodiscard]] std::uint64_t most_seizures(double duration_s);

/// Draws onsets for SeizureSchedule::at_s: uniform among all ways to place so many; fewer where
/// there is no room.
[[nodiscard]] std::vector<double>
random_seizure_onsets(std::uint64_t count, double duration_s, std::uint64_t seed);

/// What really happened, by the state that the model reached. Indices in the stream.
struct SeizureLabel {
    std::uint64_t onset = 0;
    std::uint64_t end = 0; // 0: it is still running
};

class Seizures {
public:
    Seizures(double rate_hz, SeizureSchedule schedule, std::uint64_t seed);

    /// The next sample of the discharge: about -1 to 1 in a seizure, near 0 between them.
    [[nodiscard]] float next();

    [[nodiscard]] bool ictal() const { return ictal_; }

    [[nodiscard]] const std::vector<SeizureLabel>& labels() const { return labels_; }

private:
    void advance_model();
    void watch_state();
    /// The sample from which the next seizure that is still ahead is prepared.
    [[nodiscard]] std::uint64_t next_raise(double after_s) const;

    double rate_hz_;
    SeizureSchedule schedule_;
    Epileptor model_;
    WhiteNoise noise_;
    double dt_;
    unsigned steps_;
    std::uint64_t index_ = 0;
    std::uint64_t raise_at_ = 0; // sample from which excitability is high
    bool raised_ = false;
    bool ictal_ = false;
    double activity_ = -1.6; // x1, low-passed: what the labels are read from
    double activity_keep_;
    std::vector<SeizureLabel> labels_;
    double gain_ = 1;
    double gain_keep_;
    std::array<double, 2> slow_{}; // high-pass of the electrode's amplifier: two sections
    double high_pass_keep_;
};

} // namespace vigil::signal
