// What a stream's samples themselves say of its electrodes, second by second: flat, at the
// converter's limit, full of mains, or the same again and again. Used by the detector.
#pragma once

#include "base/error.hpp"
#include "signal/recording.hpp"
#include "vigil/v1/technical.pb.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace vigil::signal {

/// Each is a bit of ChannelWatch::faults().
enum class ChannelFault : std::uint8_t {
    flat_or_saturated = 1,
    electrode_off = 2,
    frozen = 4,
};

inline constexpr std::array channel_faults{
    ChannelFault::flat_or_saturated,
    ChannelFault::electrode_off,
    ChannelFault::frozen,
};

struct ChannelWatchRules {
    /// A whole second that stays within it is flat.
    /// source  MNE-Python's tutorial "Rejecting bad data spans and breaks": 1 uV for EEG; under the
    ///         2 uV of electrocerebral inactivity (ACNS guideline 3), so that no brain is flat
    double flat_uv = 1.0;
    /// So much of a second at the converter's limit is saturated: as detect::can_be_evaluated().
    std::uint32_t saturated_share = 10; // one in so many
    /// Half the height of 50 or 60 Hz over a whole second, and its share of all that moves: an
    /// electrode without contact is an aerial. Vigil's own, as is all that follows: no recording of
    /// CHB-MIT and Bonn that is tested reaches it.
    double mains_uv = 50.0;
    double mains_share = 0.5;
    /// 64 samples that came before, at most so long ago, are a device that sends its last buffer.
    std::uint32_t repeats_within_s = 4;
    /// Whole seconds without it before a fault is over.
    std::uint32_t over_after_s = 3;
};

/// Looks at samples once, in order: what comes before the newest (a repeat, backfill) is passed
/// over, and after a gap a second counts only from its next beginning on. Seconds are those of the
/// stream's own index, so that nothing depends on how it was cut to blocks.
///
/// A flat channel is neither full of mains nor frozen. Under 134 Hz mains cannot be told from what
/// they fold to, and no electrode is off.
///
/// shape   samples [channels][samples] row-major, as integers
/// threads one      cost  about 20 instructions a sample (docs/performance.md)
class ChannelWatch {
public:
    static constexpr std::uint64_t digest_samples = 64;

    /// Microvolts a step of each channel; 0: of another unit, where only a constant is flat.
    ChannelWatch(Rate rate, std::span<const double> uv_per_count, ChannelWatchRules rules = {});

    /// Samples from index `first` on, all channels; `limit` is the converter's. True where a
    /// channel's faults have changed.
    ///
    /// errors  of another number of channels nothing is taken
    bool take(
        std::uint64_t first,
        std::span<const std::int32_t> channel_major,
        std::uint64_t samples,
        std::int32_t limit
    );

    [[nodiscard]] std::size_t channels() const { return channels_.size(); }

    /// The bits of ChannelFault; of the whole seconds so far.
    [[nodiscard]] std::uint8_t faults(std::size_t channel) const {
        return channels_[channel].faults;
    }

    [[nodiscard]] bool has(std::size_t channel, ChannelFault fault) const {
        return (faults(channel) & static_cast<std::uint8_t>(fault)) != 0;
    }

    /// For a checkpoint: equal memories mean equal futures.
    [[nodiscard]] v1::ChannelWatchMemory memory() const;

    /// errors  invalid_argument: what no watch of so many channels remembers; nothing is changed
    Result<void> load(const v1::ChannelWatchMemory& memory);

private:
    static constexpr std::size_t mains_frequencies = 2;

    /// Goertzel's two sums.
    struct Tone {
        double newest = 0;
        double before = 0;
    };

    struct Channel {
        std::int32_t least = 0; // of the second that has begun
        std::int32_t most = 0;
        std::int32_t first = 0;
        std::uint32_t at_limit = 0;
        std::array<Tone, mains_frequencies> tones{};
        std::uint64_t newest = 0;       // digest of the newest samples
        std::uint64_t anchor = 0;       // 0: none
        bool repeated = false;          // since the second began
        bool repeats = false;           // ... and lately
        std::uint32_t anchor_age_s = 0; // since it was taken or came again
        std::uint8_t faults = 0;
        std::array<std::uint32_t, channel_faults.size()> since_fault{}; // whole seconds
    };

    [[nodiscard]] std::uint64_t end_of(std::uint64_t second) const;
    void skip_to(std::uint64_t sample);
    void look(Channel& channel, std::span<const std::int32_t> samples, std::int32_t limit) const;
    void look_at_mains(Channel& channel, std::span<const std::int32_t> samples) const;
    static void look_for_repeats(Channel& channel, std::span<const std::int32_t> samples);
    bool end_second();
    void look_at_anchor(Channel& channel, bool is_flat) const;
    [[nodiscard]] std::uint8_t faults_now(Channel& channel, double uv_per_count) const;
    [[nodiscard]] bool has_mains(const Channel& channel, double uv_per_count) const;

    Rate rate_;
    ChannelWatchRules rules_;
    std::vector<double> uv_per_count_;
    std::array<double, mains_frequencies> turn_{}; // 2 cos of the angle of one sample; 0: too slow
    std::vector<Channel> channels_;
    std::uint64_t next_ = 0;     // sample
    std::uint64_t second_ = 0;   // the one that it is in
    std::uint64_t counted_ = 0;  // samples of that second so far
    bool whole_ = true;          // ... from its beginning on
    std::uint64_t digested_ = 0; // samples without a gap, up to digest_samples
};

} // namespace vigil::signal
