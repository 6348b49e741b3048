// What every fuzz target does with a recording that opened, and how it tells that something is
// wrong.
#pragma once

#include "signal/recording.hpp"

#include <cstdlib>
#include <set>

namespace vigil::fuzz {

inline void check(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Whatever the bytes were, a recording that opens keeps its promises and its samples can all be
/// read.
inline void check_recording(const Result<std::unique_ptr<signal::Recording>>& opened) {
    if (!opened) {
        check(!opened.error().detail.empty());
        return;
    }
    const signal::RecordingInfo& info = (*opened)->info();
    check(!info.channels.empty() && info.channels.size() <= signal::max_recording_channels);
    check(info.rate.numerator > 0 && info.rate.denominator > 0);
    std::set<std::string> labels;
    for (const signal::RecordingChannel& channel : info.channels) {
        check(
            !channel.label.empty() && channel.label.size() <= 32 &&
            labels.insert(channel.label).second
        );
        check(!channel.unit.empty());
    }
    std::uint64_t end = 0;
    for (const signal::RecordingSegment& segment : info.segments) {
        check(segment.first >= end && segment.count > 0);
        end = segment.first + segment.count;
        const auto samples = (*opened)->read(segment.first, segment.count);
        check(samples && samples->size() == segment.count * info.channels.size());
        check(!(*opened)->read(segment.first, segment.count + 1));
    }
    check(end == info.samples);
}

} // namespace vigil::fuzz
