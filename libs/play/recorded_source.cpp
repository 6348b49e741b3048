#include "play/source_parts.hpp"

#include <algorithm>

namespace vigil::play {

namespace {

class RecordedSource final : public Source {
public:
    RecordedSource(
        std::unique_ptr<signal::Recording> recording,
        std::vector<std::size_t> played,
        double start_s
    )
        : recording_(std::move(recording)), played_(std::move(played)) {
        const auto& info = recording_->info();
        for (const auto index : played_) {
            channels_.push_back(info.channels[index]);
        }
        const double start = start_s * info.rate.hertz();
        if (start > 0 && start < static_cast<double>(info.samples)) {
            begin_ = static_cast<std::uint64_t>(start);
        }
        read_beats();
        position_ = begin_;
    }

    [[nodiscard]] const std::vector<signal::RecordingChannel>& channels() const override {
        return channels_;
    }

    [[nodiscard]] signal::Rate rate() const override { return recording_->info().rate; }

    [[nodiscard]] bool synthetic() const override { return recording_->info().synthetic; }

    [[nodiscard]] std::uint64_t length() const override {
        return recording_->info().samples - begin_;
    }

    [[nodiscard]] Result<Stretch> next(std::uint64_t samples) override;

private:
    void read_beats();
    [[nodiscard]] Result<std::vector<std::int32_t>> read(std::uint64_t count) const;

    std::unique_ptr<signal::Recording> recording_;
    std::vector<std::size_t> played_; // indices of the channels
    std::vector<signal::RecordingChannel> channels_;
    std::uint64_t begin_ = 0;
    std::uint64_t position_ = 0;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> beats_; // sample, interval in us
    std::size_t next_beat_ = 0;
};

void RecordedSource::read_beats() {
    std::optional<std::int64_t> before;
    for (const auto& mark : recording_->info().annotations) {
        if (!mark.beat || mark.sample < 0) {
            continue;
        }
        if (before && mark.sample > *before && mark.sample >= static_cast<std::int64_t>(begin_)) {
            const double rr_us = static_cast<double>(mark.sample - *before) / rate().hertz() * 1e6;
            beats_.emplace_back(
                static_cast<std::uint64_t>(mark.sample),
                static_cast<std::uint32_t>(std::min(rr_us, 4e9))
            );
        }
        before = mark.sample;
    }
    std::ranges::sort(beats_);
}

Result<std::vector<std::int32_t>> RecordedSource::read(std::uint64_t count) const {
    auto all = recording_->read(position_, count);
    if (!all || played_.size() == recording_->info().channels.size()) {
        return all;
    }
    std::vector<std::int32_t> some;
    some.reserve(played_.size() * count);
    for (const auto index : played_) {
        const auto from = all->begin() + static_cast<std::ptrdiff_t>(index * count);
        some.insert(some.end(), from, from + static_cast<std::ptrdiff_t>(count));
    }
    return some;
}

Result<Stretch> RecordedSource::next(std::uint64_t samples) {
    const auto& info = recording_->info();
    Stretch stretch{.first_sample = position_ - begin_};
    auto end = std::min(position_ + samples, info.samples);
    const auto segment = std::ranges::find_if(info.segments, [this](const auto& one) {
        return one.first + one.count > position_;
    });
    if (segment != info.segments.end() && segment->first <= position_) {
        end = std::min(end, segment->first + segment->count);
        auto values = read(end - position_);
        if (!values) {
            return std::unexpected(values.error());
        }
        stretch.samples = end - position_;
        stretch.channel_major = std::move(*values);
    } else if (segment != info.segments.end()) {
        end = std::min(end, segment->first); // a gap: time passes and nothing is sent
    }
    for (; next_beat_ < beats_.size() && beats_[next_beat_].first < end; ++next_beat_) {
        const auto [sample, rr_us] = beats_[next_beat_];
        stretch.beats.push_back(
            {.time_s = static_cast<double>(sample - begin_) / rate().hertz(), .rr_us = rr_us}
        );
    }
    stretch.span = end - position_;
    position_ = end;
    if (position_ >= info.samples) {
        stretch.last = true;
        position_ = begin_;
        next_beat_ = 0;
    }
    return stretch;
}

} // namespace

Result<std::shared_ptr<Source>>
recorded_source(std::unique_ptr<signal::Recording> recording, double start_s) {
    std::vector<std::size_t> played;
    const auto& info = recording->info();
    for (std::size_t i = 0; i < info.channels.size(); ++i) {
        if (info.channels[i].unit == "uV") {
            played.push_back(i);
        }
    }
    if (played.empty() || info.samples == 0) {
        return fail(ErrorCode::unprocessable, "no channel is a voltage");
    }
    return std::make_shared<RecordedSource>(std::move(recording), std::move(played), start_s);
}

} // namespace vigil::play
