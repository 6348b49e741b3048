#include "vigil/evaluate/ecg_run.hpp"

#include "recordings/recording_file.hpp"
#include "signal/wfdb_annotations.hpp"
#include "vigil/evaluate/dataset.hpp"
#include "vigil/evaluate/ecg_record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

namespace vigil::evaluate {

namespace {

namespace fs = std::filesystem;
using signal::EcgNoiseKind;

constexpr std::array noise_kinds{
    EcgNoiseKind::baseline_wander,
    EcgNoiseKind::muscle,
    EcgNoiseKind::electrode_motion
};
constexpr std::array noise_snrs_db{12.0, 6.0, 0.0};
constexpr std::uintmax_t largest_annotations = std::uintmax_t{64} << 20;

std::string lower_ending(const fs::path& file) {
    auto ending = file.extension().string();
    std::ranges::transform(ending, ending.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return ending;
}

bool is_wfdb(const fs::path& file) {
    return lower_ending(file) == ".hea";
}

Result<ReferenceBeats> find_reference(const fs::path& file, const signal::RecordingInfo& info) {
    std::vector<fs::path> places{fs::path(file).replace_extension(".atr")};
    if (!is_wfdb(file)) {
        places.emplace_back(file.string() + ".atr");
    }
    std::error_code failed;
    const auto there = std::ranges::find_if(places, [&](const fs::path& place) {
        return fs::exists(place, failed);
    });
    if (there == places.end()) {
        return fail(
            ErrorCode::not_found,
            std::format(
                "there are no reference beats: no {} beside it",
                places.front().filename().string()
            )
        );
    }
    if (is_wfdb(file)) { // read with the record
        return reference_beats(info.annotations);
    }
    return recordings::read_file(*there, largest_annotations)
        .and_then(signal::wfdb_annotations)
        .and_then([](const auto& annotations) { return reference_beats(annotations); });
}

// The whole record with each noise; a record with gaps has none, since the noise would have gaps
// too.
void stress(
    const EcgRecord& record,
    const EcgSamples& samples,
    const ReferenceBeats& reference,
    const EcgOptions& options,
    const EcgProgress& progress,
    EcgResults& results
) {
    const double rate_hz = samples.rate.hertz();
    const auto runs = noise_kinds.size() * noise_snrs_db.size() * options.noise_seeds.size();
    std::size_t done = 0;
    for (const auto kind : noise_kinds) {
        for (const double snr_db : noise_snrs_db) {
            for (const auto seed : options.noise_seeds) {
                EcgSamples noisy = samples;
                signal::add_noise(noisy.runs[0].uv, reference.beats, rate_hz, kind, snr_db, seed);
                const auto detected = detect_beats(noisy, [&](double share) {
                    progress((static_cast<double>(done) + share) / static_cast<double>(runs));
                });
                results.noise.push_back({
                    .record = record.name,
                    .kind = kind,
                    .snr_db = snr_db,
                    .seed = seed,
                    .counts = compare(reference, detected, rate_hz, results.rules),
                    .unusable_share = unusable_share(detected),
                });
                ++done;
            }
        }
    }
}

void remark_on_seizures(const Case& one, EcgRecord& record, EcgResults& results) {
    if (one.reference) {
        record.seizures = normalised(one.reference->seizures, record.duration_s);
    } else if (one.reference.error().code != ErrorCode::not_found) {
        results.remarks.push_back({.name = one.name, .why = one.reference.error().detail});
    }
}

Result<void> evaluate_one(
    const Case& one,
    const EcgOptions& options,
    const EcgProgress& progress,
    EcgResults& results
) {
    const auto recording = recordings::open_recording_file(one.file);
    if (!recording) {
        return std::unexpected(recording.error());
    }
    const auto& info = (*recording)->info();
    const auto channel = choose_ecg(info, is_wfdb(one.file), options.channels);
    if (!channel) {
        return std::unexpected(channel.error());
    }
    const auto samples = read_ecg(**recording, *channel);
    if (!samples) {
        return std::unexpected(samples.error());
    }
    const auto reference = find_reference(one.file, info);
    const bool stressed = reference && !options.noise_seeds.empty();
    const double part = stressed ? 0.1 : 1;
    const auto detected = detect_beats(*samples, [&](double share) { progress(part * share); });
    EcgRecord record = describe(info, *channel, detected);
    record.name = one.name;
    remark_on_seizures(one, record, results);
    if (!reference) {
        results.left_out.push_back({.name = one.name, .why = reference.error().detail});
    } else {
        record.counts = compare(*reference, detected, samples->rate.hertz(), results.rules);
        if (record.duration_s <= results.rules.learning_s) {
            results.remarks.push_back(
                {.name = one.name, .why = "it is not longer than what EC57 leaves out"}
            );
        }
    }
    if (stressed && samples->runs.size() == 1 && samples->runs[0].first == 0) {
        stress(
            record,
            *samples,
            *reference,
            options,
            [&](double share) { progress(part + (1 - part) * share); },
            results
        );
    } else if (stressed) {
        results.remarks.push_back({.name = one.name, .why = "it has gaps: no noise was added"});
    }
    results.records.push_back(std::move(record));
    return {};
}

} // namespace

Result<std::vector<std::uint64_t>> parse_seeds(std::string_view text) {
    const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
        return error == std::errc{} && end == digits.end() ? std::optional(value) : std::nullopt;
    };
    const auto dash = text.find('-');
    const auto first = number(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= most_noise_seeds) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("one seed, or FIRST-LAST of at most {}", most_noise_seeds),
            "noise-seeds"
        );
    }
    std::vector<std::uint64_t> seeds;
    for (std::uint64_t more = 0; more <= *last - *first; ++more) {
        seeds.push_back(*first + more);
    }
    return seeds;
}

Result<EcgResults> evaluate_ecg(const EcgOptions& options, const RunProgress& progress) {
    auto cases = find_recordings(options.folder, options.folder);
    if (!cases) {
        return std::unexpected(cases.error());
    }
    std::erase_if(*cases, [](const Case& one) {
        return !is_wfdb(one.file) && lower_ending(one.file) != ".edf";
    });
    EcgResults results;
    for (std::size_t number = 0; number < cases->size(); ++number) {
        const auto& one = (*cases)[number];
        const auto show = [&](double share) { progress(number, cases->size(), one.name, share); };
        show(0);
        if (const auto done = evaluate_one(one, options, show, results); !done) {
            results.left_out.push_back({.name = one.name, .why = done.error().detail});
        }
    }
    if (results.records.empty()) {
        std::string why = cases->empty()
                              ? "there is no WFDB or EDF record in " + options.folder.string()
                              : "no electrocardiogram could be read";
        for (const auto& one : results.left_out) {
            why += std::format("\n  {}: {}", one.name, one.why);
        }
        return fail(ErrorCode::not_found, std::move(why));
    }
    return results;
}

} // namespace vigil::evaluate
