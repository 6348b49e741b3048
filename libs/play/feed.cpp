#include "play/feed.hpp"

#include "signal/block_samples.hpp"

#include <algorithm>
#include <format>

namespace vigil::play {

namespace {

/// A block's payload at most, at three bytes a sample (docs/considerations.md).
constexpr std::uint64_t longest_payload = 512 << 10;
constexpr std::size_t longest_name = 64;

std::string device_of(const std::string& patient) {
    return ("play." + patient).substr(0, longest_name);
}

} // namespace

Feed::Feed(
    PlayedPatient patient,
    const PlayOptions& options,
    unsigned number,
    std::string run,
    UtcTime origin
)
    : patient_(std::move(patient)),
      block_ms_(static_cast<std::uint64_t>(options.block.count())),
      once_(options.once),
      run_(std::move(run)),
      origin_(origin),
      rate_(patient_.source->rate()),
      heart_(
          {.every_s = options.legacy && number != 0
                          ? 0
                          : options.heart_every_s, // the old contract knows one heart
           .synthetic = patient_.source->synthetic(),
           .legacy = options.legacy},
          device_of(patient_.id)
      ) {
    const auto& channels = patient_.source->channels();
    longest_block_ = std::max<std::uint64_t>(1, longest_payload / 3 / channels.size());
    pattern_.set_device(device_of(patient_.id));
    pattern_.set_rate_numerator(rate_.numerator);
    pattern_.set_rate_denominator(rate_.denominator);
    pattern_.set_synthetic(patient_.source->synthetic());
    pattern_.set_signal_kind(options.signal_kind);
    pattern_.set_reference(options.reference);
    for (const auto& channel : channels) {
        auto& out = *pattern_.add_channels();
        out.set_label(channel.label);
        out.set_unit(channel.unit);
        out.set_scale(channel.scale);
        out.set_offset(channel.offset);
    }
    if (options.duration_s > 0) {
        limit_ = std::max<std::uint64_t>(
            1,
            static_cast<std::uint64_t>(options.duration_s * rate_.hertz())
        );
    }
    if (options.legacy) {
        if (auto made =
                LegacyFeed::make(options.legacy_first_user + number, channels.front(), rate_)) {
            legacy_.emplace(std::move(*made));
        }
        finished_ = !legacy_;
    }
    name_stream();
    std::vector<Item> none;
    heart_.begin_stream(pattern_.stream(), epoch_, none);
}

void Feed::name_stream() {
    ++epoch_;
    pattern_.set_stream(std::format("{}-{}", run_, epoch_));
}

UtcTime Feed::time_of(std::uint64_t sample) const {
    // in two steps: a year of samples times a million times the denominator would not fit
    const auto all = base_ + sample;
    const auto whole = all / rate_.numerator * rate_.denominator;
    const auto rest = all % rate_.numerator * rate_.denominator;
    return origin_ + std::chrono::seconds(whole) +
           Microseconds((rest * 1'000'000 + rate_.numerator / 2) / rate_.numerator);
}

Result<std::vector<Item>> Feed::next() {
    std::vector<Item> items;
    ++slot_;
    // block k ends at the last whole sample before k block times
    auto until = slot_ * block_ms_ * rate_.numerator / (std::uint64_t{1000} * rate_.denominator);
    if (limit_ != 0 && until >= limit_) {
        until = limit_;
        finished_ = true;
    }
    while (played_ < until) {
        auto stretch = patient_.source->next(std::min(until - played_, longest_block_));
        if (!stretch) {
            return std::unexpected(stretch.error());
        }
        const auto origin = time_of(0);
        for (const auto& beat : stretch->beats) {
            const auto into = std::chrono::duration<double>(beat.time_s);
            heart_.add_beat(
                origin + std::chrono::duration_cast<Microseconds>(into),
                beat.rr_us,
                items
            );
        }
        if (auto added = add_block(*stretch, items); !added) {
            return std::unexpected(std::move(added.error()));
        }
        played_ += stretch->span;
        if (stretch->last) {
            finished_ = finished_ || once_;
            if (finished_) {
                break;
            }
            end_stream(items);
            base_ = played_;
            name_stream();
            heart_.begin_stream(pattern_.stream(), epoch_, items);
        }
    }
    heart_.advance(time_of(played_ - base_), items);
    return items;
}

Result<void> Feed::add_block(const Stretch& stretch, std::vector<Item>& items) {
    if (stretch.samples == 0) {
        return {};
    }
    if (legacy_) {
        const auto channel = std::span(stretch.channel_major).first(stretch.samples);
        legacy_->push(stretch.first_sample, channel, time_of(0), items);
        return {};
    }
    v1::EegBlockBatch batch;
    auto& block = *batch.add_blocks();
    block = pattern_;
    block.set_first_sample(stretch.first_sample);
    block.set_start_time_us(to_us(time_of(stretch.first_sample)));
    if (auto set = signal::set_block_samples(block, stretch.channel_major, v1::INT16_LE); !set) {
        return set;
    }
    end_sample_ = stretch.first_sample + stretch.samples;
    items.push_back({
        .kind = Kind::eeg_block,
        .body = batch.SerializeAsString(),
        .epoch = epoch_,
        .first_sample = stretch.first_sample,
    });
    return {};
}

void Feed::end_stream(std::vector<Item>& items) {
    if (end_sample_ == 0) {
        return; // nothing was sent of it, or the old contract, which knows no ends
    }
    v1::StreamEnd end;
    end.set_device(pattern_.device());
    end.set_stream(pattern_.stream());
    end.set_end_sample(std::exchange(end_sample_, 0));
    items.push_back({.kind = Kind::stream_end, .body = end.SerializeAsString(), .epoch = epoch_});
}

std::vector<Item> Feed::finish() {
    std::vector<Item> items;
    finished_ = true;
    heart_.flush(items);
    end_stream(items);
    return items;
}

} // namespace vigil::play
