// TechnicalWatch to a checkpoint and back.
#include "detector/technical_watch.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::detector {

namespace {

void write(const alarm::ClockWatch::State& clock, v1::TechnicalMemory& out) {
    out.set_odd_since_us(clock.since_us);
    out.set_odd_delay_us(clock.delay_us);
    out.set_clock_is_odd(clock.is_odd);
}

void write(const alarm::LagWatch::State& lag, v1::TechnicalMemory& out) {
    out.set_run_first(lag.run_first);
    out.set_run_end(lag.run_end);
    out.set_scored_end(lag.scored_end);
    out.set_period_s(lag.period_s);
    out.set_block_us(lag.block_us);
    out.set_receipt_us(lag.receipt_us);
    out.set_is_behind(lag.is_behind);
}

alarm::ClockWatch::State clock_of(const v1::TechnicalMemory& in) {
    return {
        .since_us = in.odd_since_us(),
        .delay_us = in.odd_delay_us(),
        .is_odd = in.clock_is_odd(),
    };
}

alarm::LagWatch::State lag_of(const v1::TechnicalMemory& in) {
    return {
        .run_first = in.run_first(),
        .run_end = in.run_end(),
        .scored_end = in.scored_end(),
        .period_s = std::max(1U, in.period_s()),
        .block_us = in.block_us(),
        .receipt_us = in.receipt_us(),
        .is_behind = in.is_behind(),
    };
}

} // namespace

void TechnicalWatch::remember(v1::Step& checkpoint) const {
    std::vector<Streams::const_pointer> heard_last_first;
    for (const auto& one : streams_) {
        heard_last_first.push_back(&one);
    }
    std::ranges::stable_sort(heard_last_first, std::ranges::greater{}, [](const auto* one) {
        return one->second.touched_us;
    });
    std::size_t bytes = 0;
    for (const auto* one : heard_last_first) {
        const auto& [key, stream] = *one;
        v1::TechnicalMemory memory;
        memory.set_patient(key.patient);
        memory.set_device(key.device);
        memory.set_stream(key.stream);
        memory.set_layout(stream.layout);
        memory.set_touched_us(stream.touched_us);
        memory.set_end_sample(stream.end_sample);
        memory.set_link_ended(stream.link_ended);
        write(stream.clock.state(), memory);
        if (stream.channels) {
            memory.set_rate_numerator(stream.rate.numerator);
            memory.set_rate_denominator(stream.rate.denominator);
            memory.mutable_uv_per_count()->Add(
                stream.uv_per_count.begin(),
                stream.uv_per_count.end()
            );
            memory.mutable_labels()->Add(stream.labels.begin(), stream.labels.end());
            *memory.mutable_channels() = stream.channels->memory();
            write(stream.lag.state(), memory);
        }
        bytes += memory.ByteSizeLong();
        if (bytes > most_memory_bytes) {
            return;
        }
        *checkpoint.add_technical() = std::move(memory);
    }
}

void TechnicalWatch::load(const v1::Step& checkpoint) {
    for (const auto& memory : checkpoint.technical()) {
        Stream stream{
            .layout = memory.layout(),
            .touched_us = memory.touched_us(),
            .end_sample = memory.end_sample(),
            .link_ended = memory.link_ended(),
        };
        stream.clock.load(clock_of(memory));
        if (memory.has_channels()) {
            stream.rate = {
                .numerator = memory.rate_numerator(),
                .denominator = memory.rate_denominator(),
            };
            stream.uv_per_count.assign(memory.uv_per_count().begin(), memory.uv_per_count().end());
            stream.labels.assign(memory.labels().begin(), memory.labels().end());
            stream.channels.emplace(stream.rate, stream.uv_per_count);
            stream.lag.load(lag_of(memory));
            if (stream.labels.size() != stream.channels->channels() ||
                !stream.channels->load(memory.channels())) {
                continue;
            }
        }
        streams_.insert_or_assign(
            {memory.patient(), memory.device(), memory.stream()},
            std::move(stream)
        );
    }
}

} // namespace vigil::detector
