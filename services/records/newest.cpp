#include "records/newest.hpp"

#include "records/stream_time.hpp"
#include "signal/block_samples.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::records {

namespace {

/// The last `count` samples of the first channel, in the channel's unit; only these are unpacked
/// where the codec allows it.
std::vector<std::int32_t> last_of_first_channel(const v1::EegBlock& block, std::size_t count) {
    const std::size_t width = block.codec() == v1::INT16_LE   ? 2
                              : block.codec() == v1::INT24_LE ? 3
                                                              : 0;
    const auto samples = std::min<std::size_t>(count, block.samples());
    v1::EegBlock tail;
    *tail.add_channels() = block.channels(0);
    if (width == 0) {
        tail = block;
    } else {
        tail.set_codec(block.codec());
        tail.set_samples(static_cast<std::uint32_t>(samples));
        tail.set_data(block.data().substr((block.samples() - samples) * width, samples * width));
    }
    const auto values = signal::block_samples(tail);
    if (!values) {
        return {};
    }
    const auto first = values->begin() + static_cast<std::ptrdiff_t>(tail.samples() - samples);
    std::vector<std::int32_t> window(first, first + static_cast<std::ptrdiff_t>(samples));
    const auto& channel = block.channels(0);
    const auto in_uv = signal::microvolt_scale(channel);
    if (in_uv.scale_uv != 1.0 || in_uv.offset_uv != 0.0) {
        for (auto& value : window) {
            const auto in_range = std::clamp(in_uv(value), -2147483648.0, 2147483647.0);
            value = std::isfinite(in_range) ? static_cast<std::int32_t>(std::lround(in_range)) : 0;
        }
    }
    return window;
}

} // namespace

void NewestTable::load(std::vector<store::NewestWindow> windows) {
    windows_.clear();
    times_.clear();
    changed_.clear();
    for (auto& window : windows) {
        times_[window.patient].sample_us = window.start_us;
        auto patient = window.patient;
        windows_[std::move(patient)].shown = std::move(window);
    }
}

void NewestTable::take(const std::string& patient, const v1::EegBlock& block) {
    const auto end_us =
        block.start_time_us() +
        length_us(block.samples(), block.rate_numerator(), block.rate_denominator());
    auto& times = times_[patient];
    auto& window = windows_[patient];
    times.sample_us = std::max(times.sample_us, end_us);
    auto samples = std::min<std::size_t>(window_samples, block.samples());
    auto stream = block.device() + '\n' + block.stream();
    const bool goes_on =
        !block.isolated() && window.stream == stream && window.end_sample == block.first_sample();
    const auto start_us = end_us - length_us(
                                       goes_on ? window_samples : samples,
                                       block.rate_numerator(),
                                       block.rate_denominator()
                                   );
    if (!window.shown.samples.empty() && start_us < window.shown.start_us) {
        return;
    }
    auto values = last_of_first_channel(block, window_samples);
    if (goes_on && values.size() < window_samples) {
        auto& held = window.shown.samples;
        const auto kept = std::min(held.size(), window_samples - values.size());
        values.insert(values.begin(), held.end() - static_cast<std::ptrdiff_t>(kept), held.end());
    }
    samples = values.size();
    window.shown = {
        .patient = patient,
        .number = 0,
        .start_us = end_us - length_us(samples, block.rate_numerator(), block.rate_denominator()),
        .samples = std::move(values),
        .score_q16 = goes_on ? window.shown.score_q16 : std::nullopt,
    };
    window.stream = std::move(stream);
    window.isolated = block.isolated();
    window.end_sample = block.first_sample() + block.samples();
    changed_.insert(patient);
}

void NewestTable::take(const v1::Detection& detection) {
    if (detection.shadow()) {
        return; // compared, not shown
    }
    auto& times = times_[detection.patient()];
    times.detection_us = std::max(times.detection_us, detection.end_time_us());
    const auto found = windows_.find(detection.patient());
    if (found == windows_.end() || detection.not_evaluated()) {
        return;
    }
    auto& window = found->second;
    // After a restart the window's stream is not known: its time says which detection is its own.
    const bool same_stream =
        window.stream.empty() || window.stream == detection.device() + '\n' + detection.stream();
    const bool its_own = window.stream.empty() ? detection.start_time_us() == window.shown.start_us
                         : window.isolated     ? detection.end_sample() == window.end_sample
                                               : true;
    if (same_stream && its_own) {
        window.shown.score_q16 = detection.score_q16();
        changed_.insert(detection.patient());
    }
}

void NewestTable::take_vital(const std::string& patient, std::int64_t time_us) {
    auto& times = times_[patient];
    times.vital_us = std::max(times.vital_us, time_us);
}

std::vector<store::NewestWindow> NewestTable::windows() const {
    std::vector<store::NewestWindow> all;
    all.reserve(windows_.size());
    for (const auto& [patient, window] : windows_) {
        all.push_back(window.shown);
    }
    return all;
}

std::vector<store::NewestWindow> NewestTable::changed() const {
    std::vector<store::NewestWindow> all;
    for (const auto& patient : changed_) {
        all.push_back(windows_.at(patient).shown);
    }
    return all;
}

} // namespace vigil::records
