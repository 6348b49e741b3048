#include "ward/live_state.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace vigil::ward {

namespace {

/// Streams and models of one patient whose scores are kept: twice as many as streams.
constexpr std::size_t most_origins = 32;

std::string stream_key(const auto& message) {
    return message.device() + '\n' + message.stream();
}

std::int64_t length_us(const v1::EegBlock& block, std::uint64_t samples) {
    return static_cast<std::int64_t>(
        static_cast<double>(samples) * 1e6 * block.rate_denominator() /
        std::max<std::uint32_t>(block.rate_numerator(), 1)
    );
}

std::size_t bytes_per_sample(const v1::EegBlock& block) {
    return block.codec() == v1::INT24_LE ? 3 : 2;
}

/// Leaves the part of a block that lies in `range`: every channel cut alike.
void cut(v1::EegBlock& block, journal::SampleRange range) {
    if (range.first == block.first_sample() &&
        range.end == block.first_sample() + block.samples()) {
        return;
    }
    const auto width = bytes_per_sample(block);
    const auto skipped = range.first - block.first_sample();
    const auto samples = range.end - range.first;
    std::string data;
    data.reserve(samples * width * static_cast<std::size_t>(block.channels_size()));
    for (int channel = 0; channel < block.channels_size(); ++channel) {
        data.append(
            block.data(),
            (static_cast<std::size_t>(channel) * block.samples() + skipped) * width,
            samples * width
        );
    }
    block.set_data(std::move(data));
    block.set_samples(static_cast<std::uint32_t>(samples));
    block.set_first_sample(range.first);
    block.set_start_time_us(block.start_time_us() + length_us(block, skipped));
}

/// The first `channels` channels of a block; the samples lie channel after channel, so they are a
/// prefix.
void keep_channels(v1::EegBlock& block, std::uint32_t channels) {
    if (channels == 0 || block.channels_size() <= static_cast<int>(channels)) {
        return;
    }
    block.mutable_channels()->DeleteSubrange(
        static_cast<int>(channels),
        block.channels_size() - static_cast<int>(channels)
    );
    block.mutable_data()->resize(std::size_t{channels} * block.samples() * bytes_per_sample(block));
}

/// The kept items after `since`, in order.
template <class Items>
auto newer(const Items& items, journal::Sequence since) {
    const auto first =
        std::ranges::upper_bound(items, since, {}, [](const auto& kept) { return kept.sequence; });
    return std::ranges::subrange(first, items.end());
}

template <class Items>
void forget_before(Items& items, std::int64_t time_us) {
    while (!items.empty() && items.front().time_us < time_us) {
        items.pop_front();
    }
}

} // namespace

void LiveState::apply(const access::DirectoryState& directory) {
    const auto own = directory.alarm_settings.find(std::string{});
    own_.alarms_on = own != directory.alarm_settings.end() && own->second.switched_on();
    for (const auto& [id, known] : directory.patients) {
        auto& patient = patients_[id];
        const auto settings = directory.alarm_settings.find(id);
        const bool alarms_on =
            settings != directory.alarm_settings.end() && settings->second.switched_on();
        const bool changed = patient.label != known.label() || patient.alarms_on != alarms_on ||
                             patient.monitoring != static_cast<std::uint32_t>(known.monitoring());
        patient.label = known.label();
        patient.alarms_on = alarms_on;
        patient.monitoring = static_cast<std::uint32_t>(known.monitoring());
        patient.synthetic = patient.synthetic || known.synthetic();
        if (changed) {
            patient.changed = std::max(patient.changed, directory.reaches);
        }
    }
}

void LiveState::apply(std::span<const journal::StoredPtr> entries) {
    for (const auto& stored : entries) {
        if (stored->sequence <= sequence_) {
            continue;
        }
        sequence_ = stored->sequence;
        switch (stored->entry.type()) {
            case v1::EEG_BLOCK:
                take_block(stored);
                break;
            case v1::STEP:
                take_step(*stored);
                break;
            case v1::VITAL: {
                v1::Vital vital;
                if (vital.ParseFromString(stored->entry.payload())) {
                    take_vital(*stored, std::move(vital));
                }
                break;
            }
            case v1::BEATS:
                take_beats(*stored);
                break;
            case v1::STREAM_END:
                take_end(*stored);
                break;
            case v1::CLOCK:
                chain_us_ = stored->entry.receipt_time_us();
                break;
            case v1::TAKEOVER:
            case v1::CONFLICT:
            case v1::PATIENT:
            case v1::DEVICE:
            case v1::DEVICE_KEY:
            case v1::STAFF_USER:
            case v1::PARTITIONS:
            case v1::ACT:
            case v1::LINK_END:
            case v1::STORAGE_STATE:
            case v1::MARK:
            case v1::ALARM_SETTINGS:
            case v1::MODEL_ASSIGNMENT:
            case v1::MODEL_PROMOTION:
            case v1::IDENTITY:
            case v1::QUARANTINED:
            case v1::STATION:
            case v1::STAFF_PIN:
            case v1::ALARM_CONFIRMED:
            case v1::CALL:
            case v1::CALL_ATTEMPT:
            case v1::SECOND_WAY:
            case v1::PUSH_BROWSER:
            case v1::VIDEO_LINK:
                break;
            default:
                ++unknown_entries_;
        }
    }
}

LiveState::Stream& LiveState::stream_of(Patient& patient, const std::string& key, bool isolated) {
    if (const auto found = patient.streams.find(key); found != patient.streams.end()) {
        return found->second;
    }
    if (patient.streams.size() >= limits_.streams_per_patient) {
        patient.streams.erase(std::ranges::min_element(patient.streams, {}, [](const auto& entry) {
            return entry.second.newest_receipt_us;
        }));
    }
    return patient.streams.emplace(key, Stream{.seen = journal::SampleRanges(isolated)})
        .first->second;
}

void LiveState::take_block(const journal::StoredPtr& stored) {
    v1::EegBlock block;
    if (!block.ParseFromString(stored->entry.payload())) {
        return;
    }
    auto& patient = patients_[stored->entry.patient()];
    const auto key = stream_key(block);
    auto& stream = stream_of(patient, key, block.isolated());
    const journal::SampleRange range{block.first_sample(), block.first_sample() + block.samples()};
    const auto fresh = stream.seen.unseen(range);
    if (fresh.empty()) {
        return;
    }
    stream.seen.add(range);
    const auto receipt_us = stored->entry.receipt_time_us();
    clocks_.take(stored->entry.patient(), block, receipt_us);
    stream.newest_receipt_us = receipt_us;
    const auto end_us = block.start_time_us() + length_us(block, block.samples());
    patient.block_us = length_us(block, block.samples());
    patient.newest_sample_us = std::max(patient.newest_sample_us, end_us);
    patient.newest_receipt_us = std::max(patient.newest_receipt_us, receipt_us);
    patient.newest_stream = key;
    patient.ended_on_purpose = false;
    patient.synthetic = patient.synthetic || block.synthetic();
    patient.changed = stored->sequence;
    if (patient.unscored_since_us == 0 && end_us > patient.newest_scored_us) {
        patient.unscored_since_us = receipt_us;
        patient.unscored_from_us = block.start_time_us();
    }
    if (end_us >= patient.newest_sample_us - limits_.samples.count()) {
        for (const auto& part : fresh) {
            const auto part_end_us =
                block.start_time_us() + length_us(block, part.end - block.first_sample());
            patient.block_bytes += stored->entry.payload().size();
            patient.blocks.push_back({stored->sequence, part_end_us, {stored, part}});
        }
    }
    trim(patient);
}

void LiveState::take_step(const journal::Stored& stored) {
    v1::Step step;
    if (!step.ParseFromString(stored.entry.payload())) {
        return;
    }
    for (const auto& detection : step.detections()) {
        if (detection.shadow()) {
            continue; // compared, not shown
        }
        auto& patient = patients_[detection.patient()];
        patient.newest_scored_us =
            std::max({patient.newest_scored_us, detection.end_time_us(), detection.known_until_us()}
            );
        const bool caught_up = patient.newest_sample_us - patient.newest_scored_us <=
                               std::max(LiveLimits::keeping_up_us, patient.block_us);
        patient.unscored_since_us = caught_up ? 0 : patient.unscored_since_us;
        patient.changed = stored.sequence;
        patient.detections.push_back(
            {stored.sequence,
             detection.end_time_us(),
             {.first_sample = detection.first_sample(),
              .delay_us = detection.delay_us(),
              .samples =
                  static_cast<std::uint32_t>(detection.end_sample() - detection.first_sample()),
              .length_us =
                  static_cast<std::uint32_t>(detection.end_time_us() - detection.start_time_us()),
              .score_q16 = detection.score_q16(),
              .origin = origin_of(patient, detection),
              .state = static_cast<std::uint8_t>(detection.state()),
              .not_evaluated = detection.not_evaluated()}}
        );
        trim(patient);
    }
    for (const auto& event : step.events()) {
        take_event(stored.sequence, event);
    }
    for (const auto& output : step.alarms()) {
        if (output.has_alarm()) {
            take_alarm(stored.sequence, output.alarm());
        } else if (output.has_notice()) {
            take_notice(stored.sequence, output.notice());
        }
    }
    for (const auto& change : step.heart()) {
        take_heart(stored.sequence, change);
    }
}

std::uint16_t LiveState::origin_of(Patient& patient, const v1::Detection& detection) {
    const auto found = std::ranges::find_if(patient.origins, [&](const v1::Detection& origin) {
        return origin.stream() == detection.stream() && origin.device() == detection.device() &&
               origin.model() == detection.model() &&
               origin.model_version() == detection.model_version() &&
               origin.standing() == detection.standing() &&
               std::ranges::equal(origin.doubts(), detection.doubts());
    });
    if (found != patient.origins.end()) {
        return static_cast<std::uint16_t>(found - patient.origins.begin());
    }
    if (patient.origins.size() >= most_origins) {
        // the oldest origin's scores go with it
        std::erase_if(patient.detections, [](const auto& kept) { return kept.value.origin == 0; });
        for (auto& kept : patient.detections) {
            --kept.value.origin;
        }
        patient.origins.erase(patient.origins.begin());
    }
    auto& origin = patient.origins.emplace_back();
    origin.set_patient(detection.patient());
    origin.set_device(detection.device());
    origin.set_stream(detection.stream());
    origin.set_model(detection.model());
    origin.set_model_version(detection.model_version());
    origin.set_standing(detection.standing());
    *origin.mutable_doubts() = detection.doubts();
    origin.set_period_s(detection.period_s());
    return static_cast<std::uint16_t>(patient.origins.size() - 1);
}

void LiveState::take_end(const journal::Stored& stored) {
    v1::StreamEnd end;
    if (!end.ParseFromString(stored.entry.payload())) {
        return;
    }
    auto& patient = patients_[stored.entry.patient()];
    patient.ended_on_purpose = patient.ended_on_purpose || stream_key(end) == patient.newest_stream;
    patient.changed = stored.sequence;
    patient.ended.push_back({stored.sequence, stored.entry.receipt_time_us(), std::move(end)});
    trim(patient);
}

void LiveState::trim(Patient& patient) const {
    const auto oldest = patient.newest_sample_us - limits_.samples.count();
    while (!patient.blocks.empty() && (patient.blocks.front().time_us < oldest ||
                                       patient.block_bytes > limits_.bytes_per_patient)) {
        patient.block_bytes -= patient.blocks.front().value.entry->entry.payload().size();
        patient.blocks.pop_front();
    }
    forget_before(patient.detections, patient.newest_scored_us - limits_.scores.count());
    if (!patient.vitals.empty()) {
        forget_before(patient.vitals, patient.vitals.back().time_us - limits_.vitals.count());
    }
    // Bounds that hold whatever times a sender claims: one detection a second and channel-less
    // vitals over the kept time.
    const auto at_most = [](auto& items, std::size_t count) {
        while (items.size() > count) {
            items.pop_front();
        }
    };
    at_most(patient.detections, 4096);
    at_most(patient.vitals, 4096);
    at_most(patient.ended, limits_.streams_per_patient);
    forget_events(patient);
}

void LiveState::prune(UtcTime now) {
    for (auto& patient : patients_ | std::views::values) {
        forget_before(patient.ended, to_us(now - limits_.scores));
        trim(patient);
    }
}

v1::LiveFrame
LiveState::frame(journal::Sequence since, const LiveView& view, UtcTime now, bool status) const {
    v1::LiveFrame frame;
    frame.set_server_time_us(to_us(now));
    frame.set_whole(since == 0);
    frame.set_sequence(sequence_);
    show_own_alarms(since, frame);
    frame.set_chain_us(chain_us_);
    for (const auto& [id, patient] : patients_) {
        if (!view.patients.empty() && !std::ranges::contains(view.patients, id)) {
            continue;
        }
        if (patient.monitoring == v1::Patient::OFF) {
            frame.add_removed(id);
            continue;
        }
        if (since != 0 && !status && patient.changed <= since) {
            continue;
        }
        auto& shown = *frame.add_patients();
        shown.set_id(id);
        shown.set_test(id == access::test_patient);
        describe(patient, now, shown);
        describe_watch(patient, shown);
        for (const auto& kept : newer(patient.blocks, since)) {
            auto& block = *shown.add_blocks();
            block.ParseFromString(kept.value.entry->entry.payload()); // was parsed when it came
            cut(block, kept.value.range);
            keep_channels(block, view.channels);
        }
        for (const auto& kept : newer(patient.detections, since)) {
            const auto& score = kept.value;
            auto& detection = *shown.add_detections() = patient.origins[score.origin];
            detection.set_first_sample(score.first_sample);
            detection.set_end_sample(score.first_sample + score.samples);
            detection.set_start_time_us(kept.time_us - score.length_us);
            detection.set_end_time_us(kept.time_us);
            detection.set_score_q16(score.score_q16);
            detection.set_not_evaluated(score.not_evaluated);
            detection.set_state(static_cast<v1::Detection::State>(score.state));
            detection.set_delay_us(score.delay_us);
        }
        for (const auto& kept : newer(patient.vitals, since)) {
            *shown.add_vitals() = kept.value;
        }
        for (const auto& kept : newer(patient.ended, since)) {
            *shown.add_ended() = kept.value;
        }
        show_events(patient, since, shown);
        show_heart(patient, since, shown);
        show_alarms(patient, since, shown);
        if (shown.detector_behind()) {
            frame.set_detector_behind(true);
        }
    }
    return frame;
}

} // namespace vigil::ward
