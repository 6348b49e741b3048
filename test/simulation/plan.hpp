// What the simulated senders have to say: streams whose every sample follows from the seed, its
// stream and its index.
#pragma once

#include "base/time.hpp"
#include "journal/sample_ranges.hpp"
#include "vigil/v1/eeg.pb.h"
#include "vigil/v1/vitals.pb.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace vigil::simulation {

using Engine = std::mt19937_64;

/// 0 to bound-1.
inline std::uint64_t pick(Engine& random, std::uint64_t bound) {
    return random() % bound;
}

inline bool chance(Engine& random, unsigned percent) {
    return random() % 100 < percent;
}

inline constexpr UtcTime epoch{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

struct Stream {
    static constexpr std::uint64_t long_blocks = 16; // of a stream that waits, of 5 s each
    static constexpr std::uint64_t long_block_samples = 868;

    std::uint64_t salt = 0;
    std::string patient;
    std::string device;
    std::string name;
    std::uint32_t rate_numerator = 0;
    std::uint32_t rate_denominator = 1;
    std::size_t channels = 1;
    bool isolated = false;  // windows of the old contract
    bool waits = false;     // for World::fall_behind(), which sends it
    bool by_device = false; // by a key of the device, which is nobody's at first
    std::uint64_t broken_from = ~std::uint64_t{0}; // from here on its last channel stands still,
    std::uint64_t repeats = 1;                     // or says so many samples again and again
    std::deque<journal::SampleRange> todo;         // not acknowledged and not on its way
    std::vector<journal::SampleRange> accepted;    // acknowledged
    std::vector<journal::SampleRange> written;     // of these, those with an entry of their own
    std::map<std::uint64_t, std::int64_t> starts;  // of isolated windows: their times

    [[nodiscard]] std::string key() const { return patient + '/' + device + '/' + name; }

    [[nodiscard]] std::int32_t sample(std::uint64_t index, std::size_t channel) const;
    /// `other` gives other samples for the same range: a conflict.
    [[nodiscard]] v1::EegBlock block(journal::SampleRange range, bool other = false) const;
};

/// One patient's heart: what a phone exports of it, and the beats of a chest strap.
struct Heart {
    static constexpr const char* source = "watch";
    static constexpr const char* device = "strap";
    static constexpr const char* stream = "rr";

    std::uint64_t salt = 0;
    std::string patient;
    std::vector<unsigned> sent; // by point: versions of its value that were sent; an
                                // export has the newest
    std::vector<std::optional<unsigned>> accepted; // by point: the newest version acknowledged
    std::uint64_t beats = 0;
    std::deque<journal::SampleRange> todo; // of beats, as in Stream
    std::vector<journal::SampleRange> accepted_beats;

    [[nodiscard]] std::int64_t point_us(std::size_t point) const;
    [[nodiscard]] double value(std::size_t point, unsigned version) const;
    [[nodiscard]] std::uint32_t rr_us(std::uint64_t beat) const;
    [[nodiscard]] std::int64_t beat_us(std::uint64_t beat) const; // where its interval begins
    [[nodiscard]] v1::Beats beats_of(journal::SampleRange range) const;
    /// The points from `first` on as the phone's app exports them.
    [[nodiscard]] std::string exported(std::size_t first, std::size_t count) const;
    /// The same for POST /v1/vitals.
    [[nodiscard]] std::string batch(std::size_t first, std::size_t count) const;
};

[[nodiscard]] Heart make_heart(Engine& random, std::string patient);

/// Two or three patients with one or two streams each, cut to blocks, some of them sent in another
/// order; with `overlaps` some that overlap. In every seventh world one that is long and waits.
[[nodiscard]] std::vector<Stream> make_streams(Engine& random, bool overlaps);

} // namespace vigil::simulation
