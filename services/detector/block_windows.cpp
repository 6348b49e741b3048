#include "detector/block_windows.hpp"

#include "detect/patient_score.hpp"
#include "signal/block_samples.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::detector {

std::int32_t limit_of(v1::Codec codec) {
    return codec == v1::INT16_LE ? 32767 : 8388607;
}

std::int64_t time_of(const v1::EegBlock& block, std::uint64_t index) {
    constexpr std::int64_t millisecond_us = 1'000;
    const auto in_stream_us = [&block](std::uint64_t at) {
        return static_cast<__int128>(at) * 1'000'000 * block.rate_denominator() /
               std::max(1U, block.rate_numerator());
    };
    const auto origin_us = block.start_time_us() - in_stream_us(block.first_sample());
    const auto half = origin_us < 0 ? -millisecond_us / 2 : millisecond_us / 2;
    const auto rounded_us = (origin_us + half) / millisecond_us * millisecond_us;
    return static_cast<std::int64_t>(rounded_us + in_stream_us(index));
}

Pending pending_for(
    const v1::Detection& head,
    const journal::Stored& entry,
    const v1::EegBlock& block,
    journal::SampleRange range
) {
    Pending pending;
    pending.partition = entry.entry.partition();
    auto& detection = pending.detection;
    detection = head;
    detection.set_cause(entry.entry.id());
    detection.set_patient(entry.entry.patient());
    detection.set_device(block.device());
    detection.set_stream(block.stream());
    detection.set_first_sample(range.first);
    detection.set_end_sample(range.end);
    detection.set_start_time_us(time_of(block, range.first));
    detection.set_end_time_us(time_of(block, range.end));
    pending.receipt_time_us = entry.entry.receipt_time_us();
    return pending;
}

std::vector<float> microvolts(std::span<const std::int32_t> samples, const v1::Channel& channel) {
    std::vector<float> values(samples.size());
    const auto in_uv = signal::microvolt_scale(channel);
    std::ranges::transform(samples, values.begin(), [&in_uv](std::int32_t sample) {
        return static_cast<float>(in_uv(sample));
    });
    return values;
}

std::span<float> new_window(Waiting::Batch& batch, Pending& pending, std::size_t samples) {
    pending.score_of_channel.push_back(static_cast<std::ptrdiff_t>(batch.windows));
    ++batch.windows;
    batch.windows_uv.resize(batch.windows * samples);
    return std::span(batch.windows_uv).last(samples);
}

namespace {

/// One part of a block, as runs take it.
StreamRuns::Piece piece_of(
    journal::SampleRange part,
    const journal::Stored& entry,
    const v1::EegBlock& block,
    std::span<const std::int32_t> samples,
    std::int64_t time_us,
    std::optional<JournalTime::State> time_before
) {
    return {
        .first = part.first,
        .channel_major = samples,
        .samples = block.samples(),
        .from = part.first - block.first_sample(),
        .until = part.end - block.first_sample(),
        .origin = {.sequence = entry.sequence, .before = time_before},
        .time_us = time_us,
    };
}

} // namespace

std::optional<ReadBlock> read_block(const v1::Entry& entry) {
    // Higher indices could overflow when a rate multiplies them; at 20 kHz it is seven million
    // years.
    constexpr std::uint64_t max_index = std::uint64_t{1} << 62U;
    ReadBlock read;
    auto& block = read.block;
    if (!block.ParseFromString(entry.payload()) || block.channels_size() == 0 ||
        block.samples() == 0 || block.first_sample() >= max_index) {
        return std::nullopt;
    }
    auto samples = signal::block_samples(block);
    if (!samples) {
        return std::nullopt;
    }
    read.samples = std::move(*samples);
    return read;
}

void restore(
    StreamState& stream,
    journal::SampleRange part,
    const StreamRuns::Held& run,
    const journal::Stored& entry,
    const ReadBlock& read,
    std::optional<JournalTime::State> time_before
) {
    stream.runs->restore(
        piece_of(part, entry, read.block, read.samples, run.time_us, time_before),
        run
    );
}

void take_continuous(
    StreamState& stream,
    std::span<const journal::SampleRange> parts,
    const journal::Stored& entry,
    const ReadBlock& read,
    const JournalTime& time,
    std::optional<JournalTime::State> time_before,
    Waiting* waiting
) {
    const auto& [block, samples] = read;
    const TakenBlock taken{entry, block, samples};
    auto& models = stream.models;
    const auto visit = [&](std::size_t shape, const StreamRuns::Whole& whole) {
        models.take_window(shape, whole, taken, waiting);
    };
    for (const auto& part : parts) {
        if (!models.shapes().empty()) {
            const auto piece = piece_of(part, entry, block, samples, time.now_us(), time_before);
            stream.runs->add(models.shapes(), piece, visit);
        }
        models.take_samples(part, taken, waiting);
    }
}

void take_isolated(
    const detect::ModelCard& card,
    const v1::Detection& head,
    const journal::Stored& entry,
    const v1::EegBlock& block,
    std::span<const std::int32_t> samples,
    Waiting& waiting
) {
    auto pending = pending_for(
        head,
        entry,
        block,
        {block.first_sample(), block.first_sample() + block.samples()}
    );
    const double rate =
        static_cast<double>(block.rate_numerator()) / std::max(1U, block.rate_denominator());
    const double wanted = static_cast<double>(card.rate_numerator) / card.rate_denominator;
    const bool fits = block.samples() == card.samples && std::abs(rate / wanted - 1.0) < 1e-3;
    for (int channel = 0; channel < block.channels_size(); ++channel) {
        const auto raw =
            samples.subspan(static_cast<std::size_t>(channel) * block.samples(), block.samples());
        if (!fits || !detect::can_be_evaluated(raw, limit_of(block.codec()))) {
            pending.score_of_channel.push_back(-1);
            continue;
        }
        std::ranges::copy(
            microvolts(raw, block.channels(channel)),
            new_window(waiting.batches[Models::standard], pending, card.samples).begin()
        );
    }
    waiting.detections.push_back(std::move(pending));
}

void fill_in(Pending& pending, std::span<const float> scores, UtcTime now) {
    auto& detection = pending.detection;
    detection.set_delay_us(to_us(now) - pending.receipt_time_us);
    std::vector<float> evaluated;
    for (const auto index : pending.score_of_channel) {
        if (index < 0) {
            detection.add_channel_q16(detect::no_score_q16);
            continue;
        }
        const float score = scores[static_cast<std::size_t>(index)];
        evaluated.push_back(score);
        detection.add_channel_q16(detect::to_q16(score));
    }
    const auto patient = detect::patient_score(evaluated);
    if (!patient) {
        detection.set_not_evaluated(true);
        return;
    }
    detection.clear_state();
    detection.set_score_q16(detect::to_q16(*patient));
}

} // namespace vigil::detector
