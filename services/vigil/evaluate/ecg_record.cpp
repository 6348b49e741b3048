#include "vigil/evaluate/ecg_record.hpp"

#include "signal/heart.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::evaluate {

namespace {

constexpr std::size_t least_intervals = 3;
// As the WFDB library writes it; nothing here would scale the times.
constexpr std::string_view own_resolution = "\" ## time resolution";

bool is_called_ecg(std::string label) {
    std::ranges::transform(label, label.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    });
    return label.contains("ECG") || label.contains("EKG");
}

std::vector<std::optional<double>>
rates(const DetectedEcg& detected, double rate_hz, double duration_s) {
    std::vector<std::vector<std::uint32_t>> intervals(
        static_cast<std::size_t>(std::ceil(duration_s / rate_step_s))
    );
    for (const auto& beat : detected.beats) {
        const double at_s = static_cast<double>(beat.sample) / rate_hz;
        const auto step = static_cast<std::size_t>(at_s / rate_step_s);
        if (beat.rr_us && signal::is_plausible_rr(*beat.rr_us) && step < intervals.size()) {
            intervals[step].push_back(*beat.rr_us);
        }
    }
    std::vector<std::optional<double>> out;
    for (const auto& some : intervals) {
        out.push_back(some.size() < least_intervals ? std::nullopt : signal::heart_rate_bpm(some));
    }
    return out;
}

} // namespace

double EcgSamples::recorded_s() const {
    std::size_t samples = 0;
    for (const Run& run : runs) {
        samples += run.uv.size();
    }
    return static_cast<double>(samples) / rate.hertz();
}

Result<std::size_t> choose_ecg(
    const signal::RecordingInfo& info,
    bool is_wfdb,
    const std::vector<std::string>& wanted
) {
    std::vector<std::size_t> voltages;
    for (std::size_t index = 0; index < info.channels.size(); ++index) {
        if (info.channels[index].unit == "uV") {
            voltages.push_back(index);
        }
    }
    const auto first = [&](auto fits) {
        const auto at = std::ranges::find_if(voltages, fits);
        return at == voltages.end() ? std::nullopt : std::optional(*at);
    };
    std::optional<std::size_t> chosen;
    if (!wanted.empty()) {
        chosen = first([&](std::size_t i) {
            return std::ranges::contains(wanted, info.channels[i].label);
        });
    } else {
        chosen = first([&](std::size_t i) { return is_called_ecg(info.channels[i].label); });
        if (!chosen && !voltages.empty() && (is_wfdb || voltages.size() == 1)) {
            chosen = voltages.front();
        }
    }
    if (!chosen) {
        return fail(
            ErrorCode::unprocessable,
            wanted.empty() ? "no voltage is called ECG or EKG; name one with --channels"
                           : "no named channel is there and a voltage"
        );
    }
    return *chosen;
}

Result<EcgSamples> read_ecg(const signal::Recording& recording, std::size_t channel) {
    const auto& info = recording.info();
    if (!signal::QrsDetector::supports(info.rate)) {
        return fail(
            ErrorCode::unprocessable,
            std::format("the beat detector takes 100 to 1000 Hz, not {:g}", info.rate.hertz())
        );
    }
    const auto& described = info.channels[channel];
    const auto piece = static_cast<std::uint64_t>(60 * info.rate.hertz());
    EcgSamples out{.rate = info.rate};
    for (const auto& segment : info.segments) {
        auto& run = out.runs.emplace_back();
        run.first = static_cast<std::int64_t>(segment.first);
        run.uv.reserve(segment.count);
        for (std::uint64_t done = 0; done < segment.count; done += piece) {
            const auto count = std::min(piece, segment.count - done);
            const auto read = recording.read(segment.first + done, count);
            if (!read) {
                return std::unexpected(read.error());
            }
            for (const auto sample : std::span(*read).subspan(channel * count, count)) {
                run.uv.push_back(static_cast<float>(sample * described.scale + described.offset));
            }
        }
    }
    return out;
}

Result<ReferenceBeats> reference_beats(std::span<const signal::RecordingAnnotation> annotations) {
    ReferenceBeats out;
    std::optional<std::int64_t> since;
    for (const auto& annotation : annotations) {
        if (annotation.text.starts_with(own_resolution)) {
            return fail(
                ErrorCode::unprocessable,
                "its annotations have a time resolution of their own, which is not supported"
            );
        }
        if (annotation.text.starts_with('[')) {
            since = since.value_or(annotation.sample);
        } else if (annotation.text.starts_with(']') && since) {
            out.excluded.push_back({.first = *since, .end = annotation.sample + 1});
            since.reset();
        } else if (annotation.beat && !since) {
            out.beats.push_back(annotation.sample);
        }
    }
    if (since) {
        out.excluded.push_back({.first = *since, .end = std::int64_t{1} << 62});
    }
    std::ranges::sort(out.beats);
    if (out.beats.empty()) {
        return fail(ErrorCode::unprocessable, "its annotations have no beat");
    }
    return out;
}

DetectedEcg detect_beats(const EcgSamples& samples, const EcgProgress& progress) {
    DetectedEcg out;
    signal::QrsDetector detector(samples.rate);
    const auto block = static_cast<std::size_t>(samples.rate.hertz());
    const double whole_s = samples.recorded_s();
    double done_s = 0;
    for (const auto& run : samples.runs) {
        detector.reset(static_cast<std::uint64_t>(run.first));
        for (std::size_t at = 0; at < run.uv.size(); at += block) {
            const auto count = std::min(block, run.uv.size() - at);
            detector.push(std::span(run.uv).subspan(at, count));
            done_s += static_cast<double>(count) / samples.rate.hertz();
            progress(done_s / whole_s);
        }
        detector.finish();
        std::ranges::copy(detector.take_beats(), std::back_inserter(out.beats));
        std::ranges::copy(detector.take_seconds(), std::back_inserter(out.seconds));
    }
    return out;
}

double unusable_share(const DetectedEcg& detected) {
    std::int64_t all = 0;
    std::int64_t bad = 0;
    for (const auto& second : detected.seconds) {
        const auto length = second.range.end - second.range.first;
        all += length;
        bad += second.quality == signal::EcgQuality::usable ? 0 : length;
    }
    return all == 0 ? 0 : static_cast<double>(bad) / static_cast<double>(all);
}

signal::BeatCounts compare(
    const ReferenceBeats& reference,
    const DetectedEcg& detected,
    double rate_hz,
    const signal::BeatComparisonRules& rules
) {
    std::vector<std::int64_t> found;
    for (const auto& beat : detected.beats) {
        found.push_back(beat.sample);
    }
    return signal::compare_beats(
        reference.beats,
        found,
        rate_hz,
        signal::unusable_ranges(detected.seconds),
        reference.excluded,
        rules
    );
}

EcgRecord
describe(const signal::RecordingInfo& info, std::size_t channel, const DetectedEcg& detected) {
    const double rate_hz = info.rate.hertz();
    EcgRecord out{
        .name = info.name,
        .channel = info.channels[channel].label,
        .duration_s = static_cast<double>(info.samples) / rate_hz,
        .beats = detected.beats.size(),
        .unusable_share = unusable_share(detected),
    };
    for (const auto& segment : info.segments) {
        out.recorded_s += static_cast<double>(segment.count) / rate_hz;
    }
    for (const auto& range : signal::unusable_ranges(detected.seconds)) {
        out.unusable.push_back({
            .onset_s = static_cast<double>(range.first) / rate_hz,
            .end_s = static_cast<double>(range.end) / rate_hz,
        });
    }
    out.rate_bpm = rates(detected, rate_hz, out.duration_s);
    return out;
}

} // namespace vigil::evaluate
