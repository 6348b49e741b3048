// Which streams a patient has, whether they are silent, and how old what they say is. Used by
// AlarmMachine.
#pragma once

#include "alarm/outputs.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace vigil::alarm {

/// New samples or beats of a stream, as its entry says.
struct DataArrival {
    StreamName name;
    std::uint64_t layout = 0;          // equal for streams of the same channels and rate
    std::uint64_t end_sample = 0;      // one past the last
    std::int64_t end_in_stream_us = 0; // that by the index and the rate
    std::int64_t end_us = 0;           // ... and by the device's clock
    std::int64_t block_us = 0;         // the length of the block
    /// Of beats: so many. Their index has no rate: where they are in the stream follows from how
    /// long they are, and `end_in_stream_us` counts for the first ones alone.
    std::uint64_t beats = 0;
};

/// Only samples beyond the newest are an arrival: repeats and backfill are not. A stream that
/// begins takes the place of those of its device with the same layout: their silence is none.
///
/// Lateness. A device's clock may be wrong by hours and must then not make every onset look old, so
/// it is never compared with ours. What samples need to get here is looked at by the stream's index
/// and by the device's clock; the least of it so far is what the newest are compared with, and the
/// one that accuses less counts. Samples that were held back for an hour are late by both. A device
/// whose clock is set is so by its clock alone; one that does not count while it is off, by the
/// index alone. Beats that are missing count as long as those that came behind them.
///
/// threads one      cost  a look-up in a map of at most `most_streams`
class StreamWatch {
public:
    /// Vigil's own, as are the next two. Beyond it the stream that is not watched, else the one
    /// that was silent longest, is forgotten.
    static constexpr std::size_t most_streams = 32;
    /// Twice a crystal's 100 ppm: by so much the least delay may grow with time.
    static constexpr std::int64_t drift_ppm = 200;
    /// However long a block says that it is.
    static constexpr std::int64_t longest_mark_us = 600'000'000;
    /// source  issue 5 of the project: max(5 s, twice the declared block)
    static constexpr std::int64_t least_mark_us = 5'000'000;

    using Stream = v1::AlarmMemory::Stream;
    using Streams = std::map<StreamName, Stream>;

    enum class Arrival : std::uint8_t { usual, of_note };

    /// `of_note`: what follows from the streams must be looked at anew. Samples that are late by
    /// more than `late_after_us` do not end a silence.
    [[nodiscard]] Arrival
    arrive(const DataArrival& arrival, const Moment& now, std::int64_t late_after_us, Outputs& out);

    /// Its silence is none from now on. False: it was not watched.
    bool end(const StreamName& name);

    /// All that are watched count as heard of just now.
    void hear_all(const Moment& now);

    /// No arrival was later than the newest clock entry.
    void clamp(std::int64_t passed_us);

    /// Marks what has become silent.
    void mark(std::int64_t passed_us, Outputs& out);

    /// When the next one will have been silent for long enough.
    [[nodiscard]] std::optional<std::int64_t> next_mark_us() const;

    /// How long ago the samples before this place of the stream were made; nothing: there is no
    /// such stream.
    [[nodiscard]] std::optional<std::int64_t>
    age_us(const StreamName& name, std::int64_t in_stream_us, const Moment& now) const;

    /// How much longer the newest of a stream needed than the quickest; 0 where there is no such
    /// stream.
    [[nodiscard]] std::int64_t late_us(const StreamName& name) const;

    [[nodiscard]] const Streams& streams() const { return streams_; }

    void load(Streams streams) { streams_ = std::move(streams); }

private:
    Stream& begin(const DataArrival& arrival, Outputs& out);
    static void measure(Stream& stream, const DataArrival& arrival, const Moment& now);
    /// The arrival's end by the stream's own index.
    [[nodiscard]] static std::int64_t
    end_in_stream_us(const Stream& stream, const DataArrival& arrival);

    Streams streams_;
};

} // namespace vigil::alarm
