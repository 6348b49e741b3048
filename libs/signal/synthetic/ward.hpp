// Patients that a model makes: EEG with seizures at known times, and a heart. Used by `vigil play`
// and by tests; marked synthetic.
#pragma once

#include "signal/synthetic/heart.hpp"
#include "signal/synthetic/noise.hpp"
#include "signal/synthetic/seizures.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vigil::signal {

struct SyntheticPlan {
    std::string patient;             // "ward-1"
    std::vector<std::string> labels; // of the channels: pairs of the 10-20 system
    std::uint32_t rate_numerator = 256;
    std::uint32_t rate_denominator = 1;
    SeizureSchedule seizures;
    HeartPlan heart;
    std::uint64_t seed = 1;
};

struct SyntheticWardOptions {
    unsigned patients = 6;
    unsigned channels = 0; // 1 to 23 for all; 0: 4 to 8, by patient
    std::uint64_t seed = 1;
    double first_seizure_s = 20; // of the first patient
    double stagger_s = 35;       // each patient after the one before, modulo `seizure_every_s`
    double seizure_every_s = 240;
    bool bonn_rate = true; // the third patient has 17361/100 Hz
};

/// The plans of a ward: who has which channels, rate, heart and seizures. Same options, same plans.
[[nodiscard]] std::vector<SyntheticPlan> synthetic_ward(const SyntheticWardOptions& options);

/// The 23 pairs of electrodes of a usual bipolar montage, in the order of CHB-MIT's recordings; the
/// two that occur there twice are numbered.
[[nodiscard]] const std::vector<std::string>& bipolar_labels();

/// One synthetic patient. What comes out does not depend on how it is cut into blocks.
///
/// units   0.1 uV a step (see scale_uv)
/// source  seizures: the Epileptor (epileptor.hpp); background: 1/f and alpha, 35 uV rms together,
/// after Niedermeyer's
///         Electroencephalography, 6th ed., chapter 9 (alpha mostly under 50 uV, strongest at the
///         back, blocked by activity)
/// threads one      cost  about 30 us a second of 4 channels at 256 Hz, 85 us of 23
class SyntheticPatient {
public:
    static constexpr double scale_uv = 0.1;

    explicit SyntheticPatient(const SyntheticPlan& plan);

    [[nodiscard]] const SyntheticPlan& plan() const { return plan_; }

    /// The next `count` samples of all channels, channel after channel.
    void next(std::size_t count, std::vector<std::int32_t>& channel_major);

    [[nodiscard]] std::uint64_t position() const { return position_; }

    [[nodiscard]] const std::vector<SeizureLabel>& seizures() const { return seizures_.labels(); }

    /// The beats since the last call.
    [[nodiscard]] std::vector<SyntheticBeat> take_beats() { return std::exchange(beats_, {}); }

    [[nodiscard]] double heart_rate_bpm() const { return heart_.rate_bpm(); }

private:
    struct Electrode {
        PinkNoise pink;
        float pink_uv, alpha_uv, seizure_uv;
        std::size_t delay; // samples behind the focus
    };

    [[nodiscard]] float sample_uv(Electrode& electrode, float alpha);

    SyntheticPlan plan_;
    double rate_hz_;
    WhiteNoise noise_;
    Rhythm alpha_;
    Seizures seizures_;
    SyntheticHeart heart_;
    std::vector<Electrode> electrodes_;
    std::vector<float> discharge_; // ring of the last second: later electrodes read older values
    std::uint64_t position_ = 0;
    AlphaPresence alpha_presence_;
    std::vector<SyntheticBeat> beats_;
};

} // namespace vigil::signal
