// Windows of the old contract: 178 integers of one channel at 173.61 Hz as JSON. Used by Feed.
#pragma once

#include "base/time.hpp"
#include "play/item.hpp"
#include "signal/recording.hpp"
#include "signal/resampler.hpp"

#include <optional>
#include <span>
#include <vector>

namespace vigil::play {

/// threads one at a time
class LegacyFeed {
public:
    /// `user` is the fk_user. Rates whose ratio to 173.61 Hz no resampler can have are refused.
    /// errors  unprocessable
    static Result<LegacyFeed>
    make(unsigned user, const signal::RecordingChannel& channel, signal::Rate rate);

    /// The next samples of the channel from index `first` of the stream; `origin` is the time of
    /// index 0. Where `first` is not the next index (samples are missing, or a new stream begins)
    /// what waits for a whole window is dropped.
    void push(
        std::uint64_t first,
        std::span<const std::int32_t> samples,
        UtcTime origin,
        std::vector<Item>& items
    );

private:
    LegacyFeed(unsigned user, const signal::RecordingChannel& channel)
        : user_(user), scale_(channel.scale), offset_(channel.offset) {}

    unsigned user_;
    double scale_;
    double offset_;
    std::optional<signal::PolyphaseResampler> resampler_;
    std::vector<float> waiting_;
    std::uint64_t expected_ = 0;
    std::uint64_t next_ = 0; // index at 173.61 Hz of the first value that waits
};

} // namespace vigil::play
