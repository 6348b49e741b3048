#include "vigil/evaluate/run.hpp"

#include "recordings/recording_file.hpp"
#include "vigil/evaluate/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <fstream>

namespace vigil::evaluate {

namespace {

namespace fs = std::filesystem;

// a table of whole seconds may round; more is another recording
constexpr double length_slack_s = 1;

double seconds(std::int64_t us) {
    return static_cast<double>(us) / 1e6;
}

std::vector<Event> detections_of(const ScoredRecording& scored) {
    std::vector<Event> events;
    for (const auto& event : scored.events) {
        events.push_back({
            .onset_s = seconds(event.start_us),
            .end_s = seconds(event.end_us),
            .raised_s = scored.raised_live ? std::optional(seconds(event.raised_us)) : std::nullopt,
        });
    }
    return events;
}

void remark_on_lengths(
    Results& results,
    const std::string& name,
    double duration_s,
    std::optional<double> other_s,
    std::string_view whose
) {
    if (other_s && std::abs(*other_s - duration_s) > length_slack_s) {
        results.remarks.push_back(
            {.name = name,
             .why = std::format("it has {:.2f} s, by {} {:.2f} s", duration_s, whose, *other_s)}
        );
    }
}

void remark_on_marks(Results& results, const std::string& name, const RecordingResult& result) {
    const auto outside = std::ranges::count_if(result.reference, [&result](const Event& event) {
        return event.end_s > result.duration_s;
    });
    if (outside > 0) {
        results.remarks.push_back(
            {.name = name,
             .why = std::format(
                 "{} of {} seizures of the reference reach beyond its end",
                 outside,
                 result.reference.size()
             )}
        );
    }
}

/// What metadata say of it; what cannot be read is remarked.
bool is_synthetic(const Case& one, Results& results) {
    if (!one.synthetic) {
        results.remarks.push_back({.name = one.name, .why = one.synthetic.error().detail});
    }
    return one.synthetic.value_or(false);
}

Result<void> evaluate_recording(
    const Case& one,
    const RunOptions& options,
    RecordingModel& model,
    const ScoreProgress& progress,
    Results& results
) {
    if (!one.reference) {
        return std::unexpected(one.reference.error());
    }
    const auto recording = recordings::open_recording_file(one.file);
    if (!recording) {
        return std::unexpected(recording.error());
    }
    const auto scored = score_recording(**recording, model, options.score, progress);
    if (!scored) {
        return std::unexpected(scored.error());
    }
    if (!options.write_events.empty()) {
        auto table = options.write_events / fs::path(one.name);
        table.replace_extension(".tsv");
        if (auto written = write_file(table, events_table(*scored, options.score.parameters));
            !written) {
            return written;
        }
    }
    RecordingResult result{
        .name = one.name,
        .patient = one.patient,
        .duration_s = scored->duration_s,
        .reference = one.reference->seizures,
        .detections = detections_of(*scored),
        .synthetic = is_synthetic(one, results) || (*recording)->info().synthetic,
    };
    remark_on_lengths(
        results,
        one.name,
        result.duration_s,
        one.reference->recording_duration_s,
        "its reference"
    );
    remark_on_marks(results, one.name, result);
    const auto unscored = std::ranges::count_if(scored->windows, [](const auto& window) {
        return !window.score_q16;
    });
    if (unscored > 0) {
        results.remarks.push_back(
            {.name = one.name,
             .why = std::format(
                 "{} of {} windows could not be evaluated",
                 unscored,
                 scored->windows.size()
             )}
        );
    }
    results.add(std::move(result));
    return {};
}

/// Adds the recording of a reference that could be read.
void compare_table(const Case& one, const Result<Reference>& found, Results& results) {
    const auto other_s = found ? found->recording_duration_s : std::nullopt;
    const auto duration_s = one.reference->recording_duration_s.or_else([&] { return other_s; });
    if (!duration_s) {
        results.left_out.push_back(
            {.name = one.name, .why = "no recordingDuration says how long it was"}
        );
        return;
    }
    if (!found) {
        const bool absent = found.error().code == ErrorCode::not_found;
        results.without_hypothesis.push_back(
            {.name = one.name,
             .why = "counted as without events: " +
                    (absent ? std::string("there is no hypothesis") : found.error().detail)}
        );
    }
    RecordingResult result{
        .name = one.name,
        .patient = one.patient,
        .duration_s = *duration_s,
        .reference = one.reference->seizures,
        .detections = found ? found->seizures : std::vector<Event>{},
        .synthetic = is_synthetic(one, results),
    };
    remark_on_lengths(results, one.name, *duration_s, other_s, "the hypothesis");
    remark_on_marks(results, one.name, result);
    results.add(std::move(result));
}

Result<Results> unless_empty(Results results) {
    if (results.recordings.empty()) {
        std::string why;
        for (const auto& one : results.left_out) {
            why += std::format("\n  {}: {}", one.name, one.why);
        }
        return fail(ErrorCode::not_found, "nothing could be evaluated" + why);
    }
    return results;
}

} // namespace

std::string describe(const detect::EventParameters& parameters) {
    return std::format(
        "events: mean of {} scores at or above {:.4f} for {:g} s, until below {:.4f} for {:g} s",
        parameters.smoothed_windows,
        parameters.high_q16 / 65536.0,
        seconds(parameters.minimum_us),
        parameters.low_q16 / 65536.0,
        seconds(parameters.end_after_us)
    );
}

Result<void> write_file(const fs::path& file, std::string_view text) {
    std::error_code failed;
    if (file.has_parent_path()) {
        fs::create_directories(file.parent_path(), failed);
    }
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) {
        return fail(ErrorCode::unavailable, std::format("{} cannot be written", file.string()));
    }
    return {};
}

std::string events_table(const ScoredRecording& scored, const detect::EventParameters& parameters) {
    std::vector<Mark> marks;
    for (const auto& event : scored.events) {
        Mark mark{
            .onset_s = seconds(event.start_us),
            .duration_s = seconds(event.end_us - event.start_us),
            .type = "sz",
            .confidence = event.peak_q16 / 65536.0,
        };
        for (std::size_t channel = 0; channel < event.channel_peak_q16.size(); ++channel) {
            const auto peak = event.channel_peak_q16[channel];
            if (peak != detect::no_score_q16 && peak >= parameters.high_q16) {
                mark.channels.push_back(scored.channels[channel]);
            }
        }
        marks.push_back(std::move(mark));
    }
    return hed_score_text(marks, scored.duration_s, scored.start);
}

Result<Results>
evaluate_recordings(const RunOptions& options, RecordingModel& model, const RunProgress& progress) {
    const auto cases = find_recordings(options.recordings, options.reference);
    if (!cases) {
        return std::unexpected(cases.error());
    }
    Results results{
        .detector = model.name(),
        .parameters = describe(options.score.parameters) +
                      (model.is_causal() ? ""
                                         : "; latency to the event's onset, since each score "
                                           "needs what comes after it"),
    };
    for (std::size_t number = 0; number < cases->size(); ++number) {
        const auto& one = (*cases)[number];
        progress(number, cases->size(), one.name, 0);
        const auto done = evaluate_recording(
            one,
            options,
            model,
            [&](double share) { progress(number, cases->size(), one.name, share); },
            results
        );
        if (done) {
            continue;
        }
        const auto& error = done.error();
        if (error.code == ErrorCode::internal) {
            return std::unexpected(error);
        }
        results.left_out.push_back({.name = one.name, .why = error.detail});
    }
    return unless_empty(std::move(results));
}

Result<Results> evaluate_tables(const fs::path& hypothesis, const fs::path& reference) {
    const auto cases = find_tables(reference);
    if (!cases) {
        return std::unexpected(cases.error());
    }
    std::error_code failed;
    if (!fs::is_directory(hypothesis, failed)) {
        return fail(
            ErrorCode::not_found,
            std::format("the folder {} cannot be read", hypothesis.string())
        );
    }
    Results results{.detector = std::format("events in {}", hypothesis.filename().string())};
    for (const auto& one : *cases) {
        if (!one.reference) {
            results.left_out.push_back({.name = one.name, .why = one.reference.error().detail});
        } else {
            compare_table(one, read_table(hypothesis / one.name), results);
        }
    }
    return unless_empty(std::move(results));
}

} // namespace vigil::evaluate
