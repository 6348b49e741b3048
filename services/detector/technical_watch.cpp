#include "detector/technical_watch.hpp"

#include "signal/block_samples.hpp"
#include "vigil/v1/alarm.pb.h"
#include "vigil/v1/vitals.pb.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <tuple>

namespace vigil::detector {

namespace {

using alarm::Condition;
using signal::ChannelFault;

struct FaultCondition {
    ChannelFault fault;
    Condition condition;
};

constexpr std::array fault_conditions{
    FaultCondition{ChannelFault::flat_or_saturated, v1::Alarm::FLAT_OR_SATURATED},
    FaultCondition{ChannelFault::electrode_off, v1::Alarm::ELECTRODE_OFF},
    FaultCondition{ChannelFault::frozen, v1::Alarm::FROZEN_VALUE},
};

constexpr std::array stream_conditions{
    v1::Alarm::FLAT_OR_SATURATED,
    v1::Alarm::ELECTRODE_OFF,
    v1::Alarm::FROZEN_VALUE,
    v1::Alarm::CLOCK_SKEW,
    v1::Alarm::DETECTOR_BEHIND,
    v1::Alarm::LINK_LOST,
};

std::vector<double> scales_of(const v1::EegBlock& block) {
    std::vector<double> scales;
    for (const auto& channel : block.channels()) {
        scales.push_back(std::abs(signal::microvolt_scale(channel).scale_uv));
    }
    return scales;
}

std::int64_t length_us(const v1::EegBlock& block) {
    return static_cast<std::int64_t>(
        static_cast<__int128>(block.samples()) * 1'000'000 * block.rate_denominator() /
        std::max(1U, block.rate_numerator())
    );
}

template <class Message>
std::optional<Message> read(const v1::Entry& entry) {
    Message message;
    return message.ParseFromString(entry.payload()) ? std::optional(std::move(message))
                                                    : std::nullopt;
}

} // namespace

TechnicalWatch::Stream& TechnicalWatch::stream_of(
    const Key& key,
    std::uint64_t layout,
    std::int64_t now_us,
    Touched& touched
) {
    auto place = streams_.find(key);
    if (place != streams_.end() && place->second.layout != layout) {
        erase(place, touched);
        place = streams_.end();
    }
    if (place == streams_.end()) {
        const Key device{.patient = key.patient, .device = key.device, .stream = {}};
        for (auto at = streams_.lower_bound(device); at != streams_.end() &&
                                                     at->first.patient == key.patient &&
                                                     at->first.device == key.device;) {
            const auto other = at++;
            if (other->second.layout == layout) {
                erase(other, touched);
            }
        }
        if (streams_.size() >= most_streams) {
            erase(
                std::ranges::min_element(
                    streams_,
                    {},
                    [](const auto& one) { return one.second.touched_us; }
                ),
                touched
            );
        }
        place = streams_.emplace(key, Stream{.layout = layout}).first;
    }
    place->second.touched_us = now_us;
    return place->second;
}

void TechnicalWatch::begin(Stream& stream, const v1::EegBlock& block) {
    stream.rate = {.numerator = block.rate_numerator(), .denominator = block.rate_denominator()};
    stream.uv_per_count = scales_of(block);
    for (const auto& channel : block.channels()) {
        stream.labels.push_back(channel.label());
    }
    stream.channels.emplace(stream.rate, stream.uv_per_count);
}

void TechnicalWatch::erase(Streams::iterator place, Touched& touched) {
    for (const auto condition : stream_conditions) {
        touched.emplace(place->first.patient, place->first.device, condition);
    }
    streams_.erase(place);
}

void TechnicalWatch::arrive(
    const Key& key,
    Stream& stream,
    std::int64_t receipt_us,
    std::int64_t end_us,
    Touched& touched
) {
    if (stream.clock.arrive(receipt_us, end_us)) {
        touched.emplace(key.patient, key.device, v1::Alarm::CLOCK_SKEW);
    }
    if (std::exchange(stream.link_ended, false)) {
        touched.emplace(key.patient, key.device, v1::Alarm::LINK_LOST);
    }
}

TechnicalWatch::Changes
TechnicalWatch::block(const v1::Entry& entry, const ReadBlock& read, std::uint64_t layout) {
    const auto& block = read.block;
    Touched touched;
    const Key key{.patient = entry.patient(), .device = block.device(), .stream = block.stream()};
    auto& stream = stream_of(key, layout, entry.receipt_time_us(), touched);
    const auto end = block.first_sample() + block.samples();
    if (end <= stream.end_sample) {
        return changes(touched);
    }
    stream.end_sample = end;
    const auto us = length_us(block);
    arrive(key, stream, entry.receipt_time_us(), block.start_time_us() + us, touched);
    if (block.isolated()) {
        return changes(touched);
    }
    if (!stream.channels) {
        begin(stream, block);
    }
    stream.lag.block(block.first_sample(), end, us, entry.receipt_time_us());
    if (stream.channels
            ->take(block.first_sample(), read.samples, block.samples(), limit_of(block.codec()))) {
        for (const auto& [fault, condition] : fault_conditions) {
            touched.emplace(key.patient, key.device, condition);
        }
    }
    return changes(touched);
}

TechnicalWatch::Changes TechnicalWatch::take(const v1::Entry& entry) {
    Touched touched;
    switch (entry.type()) {
        case v1::BEATS:
            take_beats(entry, touched);
            break;
        case v1::CLOCK:
            take_clock(touched);
            break;
        case v1::STREAM_END:
            if (const auto message = read<v1::StreamEnd>(entry)) {
                end(entry, message->device(), message->stream(), touched);
            }
            break;
        case v1::ACT:
            if (const auto message = read<v1::Act>(entry);
                message && message->kind() == v1::Act::STREAM_ENDED) {
                end(entry, message->device(), message->stream(), touched);
            }
            break;
        case v1::LINK_END:
            if (const auto message = read<v1::LinkEnd>(entry)) {
                const auto place =
                    streams_.find({entry.patient(), message->device(), message->stream()});
                if (place != streams_.end() && !std::exchange(place->second.link_ended, true)) {
                    touched.emplace(entry.patient(), message->device(), v1::Alarm::LINK_LOST);
                }
            }
            break;
        case v1::STORAGE_STATE:
            if (const auto message = read<v1::StorageState>(entry)) {
                alarm::TechnicalInput state{
                    .condition = v1::Alarm::STORAGE_FAILING,
                    .device = {},
                    .sources = {},
                };
                if (message->failing()) {
                    state.sources.emplace_back("store");
                }
                return {{.patient = {}, .state = std::move(state)}};
            }
            break;
        default:
            break;
    }
    return changes(touched);
}

void TechnicalWatch::take_beats(const v1::Entry& entry, Touched& touched) {
    const auto beats = read<v1::Beats>(entry);
    if (!beats) {
        return;
    }
    const Key key{
        .patient = entry.patient(),
        .device = beats->device(),
        .stream = beats->stream(),
    };
    auto& stream = stream_of(key, 0, entry.receipt_time_us(), touched);
    const auto end = beats->first_beat() + static_cast<std::uint64_t>(beats->rr_us_size());
    if (end > stream.end_sample) {
        stream.end_sample = end;
        const auto us =
            std::accumulate(beats->rr_us().begin(), beats->rr_us().end(), std::int64_t{0});
        arrive(key, stream, entry.receipt_time_us(), beats->start_time_us() + us, touched);
    }
}

void TechnicalWatch::take_clock(Touched& touched) {
    for (auto& [key, stream] : streams_) {
        if (stream.channels && stream.lag.clock(stream.rate.hertz())) {
            touched.emplace(key.patient, key.device, v1::Alarm::DETECTOR_BEHIND);
        }
    }
}

/// On purpose: what it was like is not any more.
void TechnicalWatch::end(
    const v1::Entry& entry,
    const std::string& device,
    const std::string& stream,
    Touched& touched
) {
    const auto place = streams_.find({entry.patient(), device, stream});
    if (place != streams_.end()) {
        erase(place, touched);
    }
}

void TechnicalWatch::detections(const v1::Step& step) {
    for (const auto& detection : step.detections()) {
        if (detection.shadow() || detection.window() == 0) {
            continue;
        }
        const auto place =
            streams_.find({detection.patient(), detection.device(), detection.stream()});
        if (place != streams_.end()) {
            place->second.lag.detection(detection.end_sample(), detection.period_s());
        }
    }
}

std::vector<std::string> TechnicalWatch::sources(
    const std::string& patient,
    const std::string& device,
    Condition condition
) const {
    const auto* const of_channels =
        std::ranges::find(fault_conditions, condition, &FaultCondition::condition);
    std::vector<std::string> all;
    for (auto at = streams_.lower_bound({patient, device, {}});
         at != streams_.end() && at->first.patient == patient && at->first.device == device;
         ++at) {
        const auto& [key, stream] = *at;
        const bool is_one = (condition == v1::Alarm::CLOCK_SKEW && stream.clock.is_odd()) ||
                            (condition == v1::Alarm::DETECTOR_BEHIND && stream.lag.is_behind()) ||
                            (condition == v1::Alarm::LINK_LOST && stream.link_ended);
        if (is_one) {
            all.push_back(key.stream);
        }
        if (of_channels == fault_conditions.end() || !stream.channels) {
            continue;
        }
        for (std::size_t i = 0; i < stream.labels.size(); ++i) {
            if (stream.channels->has(i, of_channels->fault)) {
                all.push_back(key.stream + "/" + stream.labels[i]);
            }
        }
    }
    return all;
}

TechnicalWatch::Changes TechnicalWatch::changes(const Touched& touched) const {
    Changes all;
    for (const auto& [patient, device, condition] : touched) {
        all.push_back(
            {.patient = patient,
             .state =
                 {
                     .condition = condition,
                     .device = device,
                     .sources = sources(patient, device, condition),
                 }}
        );
    }
    return all;
}

} // namespace vigil::detector
