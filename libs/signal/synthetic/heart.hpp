// A heart that beats: R-R intervals with respiration, 1/f wandering and an ictal rise. Used by
// SyntheticPatient.
#pragma once

#include "signal/synthetic/noise.hpp"

#include <cstdint>
#include <vector>

namespace vigil::signal {

struct HeartPlan {
    double resting_bpm = 70;
    double ictal_rise_bpm = 40;
    double respiration_hz = 0.25;
};

/// One beat: its time from the start of the stream and the interval since the beat before.
struct SyntheticBeat {
    double time_s = 0;
    std::uint32_t rr_us = 0;
};

class SyntheticHeart {
public:
    SyntheticHeart(HeartPlan plan, std::uint64_t seed);

    /// Lets time pass until `until_s`, in or out of a seizure. Beats are appended.
    void advance(double until_s, bool ictal, std::vector<SyntheticBeat>& beats);

    /// Mean of the last five intervals, as monitors show it; beats per minute.
    [[nodiscard]] double rate_bpm() const;

private:
    void next_interval(bool ictal);

    HeartPlan plan_;
    WhiteNoise noise_;
    PinkNoise wander_;
    double beat_s_ = 0;     // time of the next beat
    double interval_s_ = 0; // that ends with it
    double rise_ = 0;       // 0 to 1 of the ictal rise
    std::vector<double> recent_s_;
};

} // namespace vigil::signal
