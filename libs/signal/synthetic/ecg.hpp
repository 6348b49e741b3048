// An electrocardiogram that a model makes, with beats at known times. Used by the tests of the QRS
// detector.
#pragma once

#include "signal/synthetic/noise.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace vigil::signal {

struct EcgPlan {
    double rate_hz = 250;
    double bpm = 70;
    double amplitude_uv = 1000;   // height of a normal R wave
    double t_scale = 1;           // of the T wave's usual height
    double variability = 0.03;    // of the interval, by respiration and by slow wandering
    double ventricular_share = 0; // of beats that come early, wide and without P wave
    double atrial_share = 0;      // of beats that come early
    double pause_share = 0;       // of beats after which `pause_s` are added
    double pause_s = 3;
    bool inverted = false;
    bool paced = false; // a spike of 2 ms and 3 times the R wave in front of each wide complex
    std::uint64_t seed = 1;
};

/// P, Q, R, S and T as five Gaussians a beat. What comes out does not depend on how it is cut into
/// blocks.
///
/// units   microvolts
/// source  the form and its parameters: McSharry, Clifford, Tarassenko, Smith, IEEE Trans. Biomed.
///         Eng. 50:289 (2003), table I. Their phase is turned into time here: P and T move with the
///         square root of the interval (Bazett, Heart 7:353, 1920), and the width of Q, R and S
///         does not change with the rate.
/// threads one
class SyntheticEcg {
public:
    explicit SyntheticEcg(const EcgPlan& plan);

    /// The next samples.
    [[nodiscard]] std::vector<float> next(std::size_t count);

    /// Of the R waves so far generated, sample indices, ascending; the last may lie ahead.
    [[nodiscard]] const std::vector<std::int64_t>& beats() const { return beats_; }

private:
    struct Wave {
        double centre_s, width_s, height_uv;
    };

    struct Spike {
        double from_s, to_s, height_uv;
    };

    void plan_beat();
    void add_waves(double at_s, double rr_s, bool ventricular);

    EcgPlan plan_;
    WhiteNoise noise_;
    PinkNoise wander_;
    double beat_s_ = 0.4; // of the next beat to plan
    double rr_s_;         // the interval that ends with it
    bool early_ = false;  // the beat before was: the next pauses
    std::deque<Wave> waves_;
    std::deque<Spike> spikes_;
    std::vector<std::int64_t> beats_;
    std::uint64_t position_ = 0;
};

} // namespace vigil::signal
