// A long-context model live: one channel's samples to a score every two seconds, of a moment that
// lies a little back. Made to run in the detector; pure but for the model behind its port.
#pragma once

#include "detect/spectrogram.hpp"
#include "detect/spectrogram_model.hpp"

#include <optional>

namespace vigil::detect {

struct LongContextRules {
    /// How far back the decided second ends, in half seconds: what follows a moment tells much of
    /// it, and waiting for it is delay. 0 to 40.
    ///
    /// source  chosen on joined recordings: models/sladky_2022/live.json and the card's limits
    std::uint32_t lag_half_s = 2;
    /// Of the 599 segments so many must say something, else the step is not evaluated. Ours.
    std::uint32_t least_segments = 300;
    /// A hole so long begins the context anew. The detector's own: it joins nothing after so long.
    std::uint32_t longest_hole_s = 30;
};

/// At what scores an event begins and ends, chosen with the lag.
inline constexpr double long_context_high = 0.65;
inline constexpr double long_context_low = long_context_high / 2;

/// errors  invalid_argument with the field
[[nodiscard]] Result<void> check(const LongContextRules& rules);

struct LongContextScore {
    enum class State : std::uint8_t { warming_up, not_evaluated, scored };
    State state = State::warming_up;
    /// One past the last sample that it knew: a multiple of two seconds.
    std::uint64_t known_until = 0;
    /// The second that it is about.
    std::uint64_t first_sample = 0;
    std::uint64_t end_sample = 0;
    /// 0 where it was not scored.
    float score = 0;

    friend bool operator==(const LongContextScore&, const LongContextScore&) = default;
};

/// The steps follow the stream's index: each even second has one, over the 300 s before it. What
/// comes out depends on the samples alone and not on how they were cut into blocks.
///
/// threads one
/// cost    one spectrum each half second, one run of the model each step; 240 kB
class LongContext {
public:
    /// errors  those of Spectrum::make and of check
    [[nodiscard]] static Result<LongContext> make(
        SpectrogramModel& model,
        std::uint32_t rate_numerator,
        std::uint32_t rate_denominator,
        LongContextRules rules = {}
    );

    /// Takes the channel's next samples, from index `first` of the stream on, and says what became
    /// known. A hole before them is missing data; samples that lie before those already taken are
    /// passed over. What is not finite is missing.
    ///
    /// units   microvolts
    /// errors  those of the model; the channel then has to begin anew
    [[nodiscard]] Result<std::vector<LongContextScore>>
    push(std::uint64_t first, std::span<const double> samples_uv);

    /// The same without asking the model: what comes later is as if push() had been called. Says
    /// how many steps went by that the model would have been asked for.
    std::size_t pass(std::uint64_t first, std::span<const double> samples_uv);

    /// The oldest sample that a later step may still depend on; nothing before the first sample.
    [[nodiscard]] std::optional<std::uint64_t> needs_from() const;

private:
    struct Column {
        bool says_anything = false;
        std::vector<float> power;
    };

    LongContext(SpectrogramModel& model, Spectrum spectrum, LongContextRules rules);
    void begin_at(std::uint64_t index);
    template <class AtStep>
    [[nodiscard]] Result<void>
    take_all(std::uint64_t first, std::span<const double> samples_uv, AtStep at_step);
    /// Whether a step is due.
    [[nodiscard]] bool take(double sample_uv);
    void take_hop();
    [[nodiscard]] bool can_decide(const std::vector<bool>& has_power) const;
    [[nodiscard]] std::vector<bool> with_power() const;
    [[nodiscard]] Result<LongContextScore> step() const;
    [[nodiscard]] Result<float> decide(const std::vector<bool>& has_power) const;
    [[nodiscard]] const Column& column(std::size_t number) const;

    SpectrogramModel* model_;
    Spectrum spectrum_;
    LongContextRules rules_;
    std::optional<std::uint64_t> began_; // index of the first sample since the last long hole
    std::uint64_t next_ = 0;             // index of the sample that comes next
    std::vector<double> recent_;         // the last whole hop and what came after it
    std::vector<Column> columns_;        // a ring: that of the second that begins with hop number j
};

} // namespace vigil::detect
