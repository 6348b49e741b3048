#include "alarm/stream_watch.hpp"

#include "alarm/passed_time.hpp"

#include <algorithm>
#include <utility>

namespace vigil::alarm {

StreamWatch::Arrival StreamWatch::arrive(
    const DataArrival& arrival,
    const Moment& now,
    std::int64_t late_after_us,
    Outputs& out
) {
    const auto found = streams_.find(arrival.name);
    const bool is_new = found == streams_.end();
    if (!is_new && arrival.end_sample <= found->second.end_sample()) {
        return Arrival::usual;
    }
    auto& stream = is_new ? begin(arrival, out) : found->second;
    measure(stream, arrival, now);
    stream.set_end_in_stream_us(end_in_stream_us(stream, arrival));
    stream.set_end_sample(arrival.end_sample);
    stream.set_grown_passed_us(now.passed_us);
    if (stream.late_us() >= late_after_us) {
        return Arrival::usual;
    }
    const auto marked_at_us = stream.arrived_passed_us() + stream.mark_after_us();
    stream.set_arrived_passed_us(now.passed_us);
    stream.set_mark_after_us(
        std::max(least_mark_us, 2 * std::min(arrival.block_us, longest_mark_us / 2))
    );
    const bool was_watched = stream.watched();
    stream.set_watched(true);
    if (!stream.marked()) {
        // A shorter block is missed sooner than the one before would have been.
        const bool is_sooner = stream.arrived_passed_us() + stream.mark_after_us() < marked_at_us;
        return was_watched && !is_new && !is_sooner ? Arrival::usual : Arrival::of_note;
    }
    stream.set_marked(false);
    add_notice(out, v1::AlarmNotice::DATA_BACK, arrival.name);
    return Arrival::of_note;
}

StreamWatch::Stream& StreamWatch::begin(const DataArrival& arrival, Outputs& out) {
    for (auto& [name, other] : streams_) {
        if (name.device == arrival.name.device && other.layout() == arrival.layout) {
            other.set_watched(false);
            other.set_marked(false);
        }
    }
    if (streams_.size() >= most_streams) {
        const auto oldest = std::ranges::min_element(streams_, {}, [](const auto& entry) {
            return std::pair(entry.second.watched(), entry.second.arrived_passed_us());
        });
        if (oldest->second.watched()) {
            auto& notice = add_notice(out, v1::AlarmNotice::FORGOTTEN, oldest->first);
            notice.set_reason("too many streams: the silence of this one counts no more");
        }
        streams_.erase(oldest);
    }
    auto& stream = streams_[arrival.name];
    stream.set_device(arrival.name.device);
    stream.set_stream(arrival.name.stream);
    stream.set_layout(arrival.layout);
    return stream;
}

std::int64_t StreamWatch::end_in_stream_us(const Stream& stream, const DataArrival& arrival) {
    if (arrival.beats == 0 || stream.end_sample() == 0) {
        return arrival.end_in_stream_us;
    }
    const auto more = static_cast<double>(arrival.end_sample - stream.end_sample());
    const auto each_us = static_cast<double>(arrival.block_us) / static_cast<double>(arrival.beats);
    constexpr auto longest_us = static_cast<double>(PassedTime::longest_leap_us);
    return stream.end_in_stream_us() +
           static_cast<std::int64_t>(std::min(more * each_us, longest_us));
}

void StreamWatch::measure(Stream& stream, const DataArrival& arrival, const Moment& now) {
    const auto by_index = now.passed_us - end_in_stream_us(stream, arrival);
    const auto by_clock = now.passed_us - arrival.end_us;
    if (stream.end_sample() == 0) {
        stream.set_least_by_index_us(by_index);
        stream.set_least_by_clock_us(by_clock);
    } else {
        const auto since = std::clamp<std::int64_t>(
            now.passed_us - stream.grown_passed_us(),
            0,
            PassedTime::longest_leap_us
        );
        const auto drift = since * drift_ppm / 1'000'000;
        stream.set_least_by_index_us(std::min(by_index, stream.least_by_index_us() + drift));
        stream.set_least_by_clock_us(std::min(by_clock, stream.least_by_clock_us() + drift));
    }
    stream.set_late_us(
        std::min(by_index - stream.least_by_index_us(), by_clock - stream.least_by_clock_us())
    );
}

bool StreamWatch::end(const StreamName& name) {
    const auto found = streams_.find(name);
    if (found == streams_.end() || !found->second.watched()) {
        return false;
    }
    found->second.set_watched(false);
    found->second.set_marked(false);
    return true;
}

void StreamWatch::hear_all(const Moment& now) {
    for (auto& [name, stream] : streams_) {
        stream.set_arrived_passed_us(now.passed_us);
        stream.set_marked(false);
    }
}

void StreamWatch::clamp(std::int64_t passed_us) {
    for (auto& [name, stream] : streams_) {
        if (stream.arrived_passed_us() > passed_us) {
            stream.set_arrived_passed_us(passed_us);
        }
        if (stream.grown_passed_us() > passed_us) {
            stream.set_grown_passed_us(passed_us);
        }
    }
}

void StreamWatch::mark(std::int64_t passed_us, Outputs& out) {
    for (auto& [name, stream] : streams_) {
        if (stream.watched() && !stream.marked() &&
            passed_us - stream.arrived_passed_us() >= stream.mark_after_us()) {
            stream.set_marked(true);
            add_notice(out, v1::AlarmNotice::DATA_STOPPED, name);
        }
    }
}

std::optional<std::int64_t> StreamWatch::next_mark_us() const {
    std::optional<std::int64_t> next;
    for (const auto& [name, stream] : streams_) {
        if (stream.watched() && !stream.marked()) {
            const auto at = stream.arrived_passed_us() + stream.mark_after_us();
            next = std::min(next.value_or(at), at);
        }
    }
    return next;
}

std::int64_t StreamWatch::late_us(const StreamName& name) const {
    const auto found = streams_.find(name);
    return found == streams_.end() ? 0 : found->second.late_us();
}

std::optional<std::int64_t>
StreamWatch::age_us(const StreamName& name, std::int64_t in_stream_us, const Moment& now) const {
    const auto found = streams_.find(name);
    if (found == streams_.end()) {
        return std::nullopt;
    }
    const auto& stream = found->second;
    return (stream.end_in_stream_us() - in_stream_us) + (now.passed_us - stream.grown_passed_us()) +
           stream.late_us();
}

} // namespace vigil::alarm
