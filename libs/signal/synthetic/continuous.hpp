// Hours of synthetic EEG with the events that happen in it: background, seizures, artefacts. Used
// by `vigil synthesise` and by tests.
#pragma once

#include "base/error.hpp"
#include "signal/synthetic/artefacts.hpp"
#include "signal/synthetic/electrodes.hpp"
#include "signal/synthetic/noise.hpp"
#include "signal/synthetic/seizures.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace vigil::signal {

struct ContinuousPlan {
    std::uint32_t rate_hz = 256;
    double duration_s = 3600; // a whole number of seconds
    Montage montage = Montage::referential;
    double seizures_per_hour = 1; // over the whole recording, rounded to a whole number
    ArtefactPlan artefacts = usual_artefacts();
    std::uint64_t seed = 1;
};

inline constexpr std::uint32_t least_continuous_rate_hz = 128; // under it 60 Hz would fold
inline constexpr std::uint32_t most_continuous_rate_hz = 2048;
inline constexpr double longest_continuous_s = 7.0 * 86'400;

/// What a plan means in whole seizures.
[[nodiscard]] std::uint64_t planned_seizures(const ContinuousPlan& plan);

/// Says what of a plan cannot be made.
///
/// errors  invalid_argument with the field "rate", "hours", "seizures", "mains" or "artefacts": out
///         of its range, or more than find room
[[nodiscard]] Result<void> check(const ContinuousPlan& plan);

/// A seizure by the state that the model reached.
struct ContinuousSeizure {
    double onset_s = 0;
    double end_s = 0;
};

/// One patient's recording, made as it is read. The same plan gives the same samples, however they
/// are cut; another seed gives another patient with another focus.
///
/// shape   channels after channels, 0.1 uV a step, 16 bits
/// source  background: 1/f that neighbouring electrodes share, and alpha that is largest over the
///         back of the head and absent in seizures; seizures: the Epileptor (epileptor.hpp),
///         largest at a focus and later and smaller away from it; amplitudes are those of ward.hpp
/// threads one      cost  0.28 s of CPU an hour at 256 Hz (synthetic_bench)
class ContinuousRecording {
public:
    static constexpr double scale_uv = 0.1;

    /// The plan must be one that check() lets pass.
    explicit ContinuousRecording(const ContinuousPlan& plan);

    [[nodiscard]] const ContinuousPlan& plan() const { return plan_; }

    [[nodiscard]] const std::vector<MontageChannel>& channels() const { return channels_; }

    [[nodiscard]] std::uint64_t samples() const { return samples_; }

    [[nodiscard]] std::uint64_t position() const { return position_; }

    /// The electrode, of electrodes_10_20(), at which seizures begin.
    [[nodiscard]] std::size_t focus() const { return focus_; }

    /// The next `count` samples of all channels, channel after channel.
    void next(std::size_t count, std::vector<std::int16_t>& channel_major);

    /// The seizures up to the position; one that still runs ends there.
    [[nodiscard]] std::vector<ContinuousSeizure> seizures() const;

    /// All of the recording, known from the start.
    [[nodiscard]] const std::vector<ArtefactMark>& artefacts() const { return artefacts_.marks(); }

    /// Labels of the channels that show the mark.
    [[nodiscard]] std::vector<std::string> channels_of(const ArtefactMark& mark) const;

private:
    using Potentials = std::array<float, electrode_count>;

    struct Seeds {
        std::uint64_t noise, focus, left_alpha, right_alpha, onsets, seizures, artefacts;
    };

    [[nodiscard]] static Seeds draw_seeds(std::uint64_t seed);
    ContinuousRecording(const ContinuousPlan& plan, const Seeds& seeds);
    void spread_sources();
    [[nodiscard]] Potentials next_potentials();

    ContinuousPlan plan_;
    std::uint64_t samples_;
    std::vector<MontageChannel> channels_;
    WhiteNoise noise_;
    std::size_t focus_;
    std::array<Rhythm, 2> alphas_; // left and right
    AlphaPresence alpha_presence_;
    Seizures seizures_;
    Artefacts artefacts_;
    std::vector<PinkNoise> pinks_;
    std::array<Potentials, electrode_count> pink_share_{}; // of each source at each electrode
    std::array<std::array<float, 2>, electrode_count> alpha_share_{};
    Potentials discharge_share_{};
    std::array<std::size_t, electrode_count> discharge_delay_{};
    std::vector<float> discharge_; // ring of the last moments: far electrodes read older values
    std::uint64_t position_ = 0;
};

} // namespace vigil::signal
