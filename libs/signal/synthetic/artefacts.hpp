// What EEG holds beside the brain: blinks, chewing, movement, electrode pops, mains and drop-outs,
// each kind on its own seeded schedule. Used by synthetic recordings.
#pragma once

#include "signal/synthetic/electrodes.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace vigil::signal {

enum class ArtefactKind : std::uint8_t {
    blink,
    chewing,
    movement,
    electrode_pop,
    mains,
    drop_out, // an electrode, or all of them, without contact: its channels are flat
};

inline constexpr std::size_t artefact_kinds = 6;

struct ArtefactTraits {
    ArtefactKind kind;
    std::string_view name;    // "blink", as the command line has it
    std::string_view hed_tag; // "Eye-blink-artifact"
    double usual_per_hour;    // of a person who is awake half of the time
    double most_per_hour;     // more would not fit one after another
    double shortest_s, longest_s;
    double least_uv, most_uv; // at the electrode that has most of it
};

/// What is known of each kind, in the order of ArtefactKind.
///
/// source  tags: HED schema 8.4, Data-artifact; amplitudes and durations: chosen to look like
///         recordings, not measured on any
[[nodiscard]] const std::array<ArtefactTraits, artefact_kinds>& artefact_traits();

struct ArtefactPlan {
    /// In the order of ArtefactKind; 0: none of the kind.
    std::array<double, artefact_kinds> per_hour = {};
    double mains_hz = 50;
};

/// Every kind as often as usual, times `share`.
[[nodiscard]] ArtefactPlan usual_artefacts(double share = 1);

struct ArtefactMark {
    ArtefactKind kind = ArtefactKind::blink;
    std::uint64_t first = 0; // sample
    std::uint64_t end = 0;   // one past the last
    double amplitude_uv = 0;
    std::vector<std::size_t> electrodes = {}; // that show it, ascending
    std::uint64_t seed = 0;                   // of its own noise
};

/// Draws when each kind happens and on which electrodes; two of one kind never overlap, different
/// kinds may. Another kind switched off, or made rarer, changes nothing of this one.
///
/// shape   sorted by first sample, none reaches beyond `samples`
[[nodiscard]] std::vector<ArtefactMark> artefact_schedule(
    const ArtefactPlan& plan,
    double rate_hz,
    std::uint64_t samples,
    std::uint64_t seed
);

/// One artefact's potential; made from its mark when it begins.
class ArtefactWave {
public:
    virtual ~ArtefactWave() = default;
    /// Adds the next sample.
    virtual void add(std::span<float, electrode_count> potential_uv) = 0;
};

/// errors  none: a drop-out has no potential of its own and adds nothing
[[nodiscard]] std::unique_ptr<ArtefactWave>
artefact_wave(const ArtefactMark& mark, double rate_hz, double mains_hz);

/// Plays a schedule, sample by sample.
class Artefacts {
public:
    Artefacts(std::vector<ArtefactMark> marks, double rate_hz, double mains_hz);

    /// Adds the next sample of all that is going on.
    void add(std::span<float, electrode_count> potential_uv);

    /// Whether the electrode had no contact in the sample that was just added.
    [[nodiscard]] bool dropped(std::size_t electrode) const { return dropped_[electrode] > 0; }

    [[nodiscard]] const std::vector<ArtefactMark>& marks() const { return marks_; }

private:
    struct Running {
        std::size_t mark;
        std::unique_ptr<ArtefactWave> wave;
    };

    std::vector<ArtefactMark> marks_;
    double rate_hz_, mains_hz_;
    std::uint64_t index_ = 0;
    std::size_t next_ = 0; // mark that has not begun
    std::vector<Running> running_;
    std::array<unsigned, electrode_count> dropped_{};
};

} // namespace vigil::signal
