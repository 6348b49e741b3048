#include "vigil/synthesise/synthesise.hpp"

#include "recordings/edf_file.hpp"
#include "recordings/recording_file.hpp"
#include "vigil/evaluate/run.hpp"
#include "vigil/synthesise/bids_text.hpp"
#include "vigil/synthesise/overview.hpp"

#include <cmath>
#include <format>
#include <span>
#include <system_error>

namespace vigil::synthesise {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// What a table has where nobody knows a date.
constexpr UtcTime start{std::chrono::sys_days{2000y / 1 / 1}};
constexpr double hour_s = 3600;
// Header and annotations are well under a hundredth of a recording.
constexpr double beside_samples = 1.01;
constexpr std::size_t most_overviews = 12; // some 300 kB each

double bytes_of_one(const signal::ContinuousPlan& plan) {
    const auto channels = static_cast<double>(signal::montage_channels(plan.montage).size());
    return 2 * channels * plan.rate_hz * plan.duration_s * beside_samples;
}

/// "out/" and "out" are one place.
fs::path without_slash(const fs::path& path) {
    const auto normal = path.lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

Result<void> check(const SynthesisOptions& options) {
    if (options.patients == 0 || options.patients > most_patients) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("there may be 1 to {} patients", most_patients),
            "patients"
        );
    }
    if (auto checked = signal::check(options.plan); !checked) {
        return checked;
    }
    const double most = static_cast<double>(recordings::largest_file) / bytes_of_one(options.plan);
    if (most < 1) {
        return fail(
            ErrorCode::invalid_argument,
            std::format(
                "a recording of {:g} hours would be larger than {} GiB, which is not read again; "
                "at this rate {:.1f} hours fit, and more patients make more hours",
                options.plan.duration_s / hour_s,
                recordings::largest_file >> 30U,
                std::floor(10 * most * options.plan.duration_s / hour_s) / 10
            ),
            "hours"
        );
    }
    return {};
}

/// That nothing is in the way, and that the disk has room.
Result<void> check_place(const fs::path& out, const fs::path& partial, double bytes) {
    std::error_code failed;
    if (fs::exists(out, failed) && !(fs::is_directory(out, failed) && fs::is_empty(out, failed))) {
        return fail(
            ErrorCode::conflict,
            std::format("{} is there already and is not overwritten; name another", out.string()),
            "out"
        );
    }
    if (fs::exists(partial, failed)) {
        return fail(
            ErrorCode::conflict,
            std::format(
                "{} was left by a run that did not end, or belongs to one that goes on; remove it",
                partial.string()
            ),
            "out"
        );
    }
    fs::create_directories(partial, failed);
    if (failed) {
        return fail(
            ErrorCode::unavailable,
            std::format("the folder {} cannot be made: {}", partial.string(), failed.message()),
            "out"
        );
    }
    const auto space = fs::space(partial, failed);
    if (!failed && static_cast<double>(space.available) < bytes) {
        fs::remove(partial, failed);
        return fail(
            ErrorCode::unavailable,
            std::format(
                "{:.0f} MB are needed and the disk of {} has {:.0f} MB free",
                bytes / 1e6,
                out.string(),
                static_cast<double>(space.available) / 1e6
            ),
            "out"
        );
    }
    return {};
}

std::vector<std::string> patient_names(unsigned patients) {
    std::vector<std::string> names;
    for (unsigned number = 1; number <= patients; ++number) {
        // BIDS allows letters and digits alone; the name says what it is in every report
        names.push_back(std::format("sub-synthetic{:04}", number));
    }
    return names;
}

Result<std::uint64_t> write_recording(
    signal::ContinuousRecording& recording,
    const fs::path& path,
    const std::string& patient,
    const std::string& version,
    const std::function<void(double share)>& progress,
    Excerpt& excerpt
) {
    recordings::EdfDescription description{
        .rate_hz = recording.plan().rate_hz,
        .scale_uv = signal::ContinuousRecording::scale_uv,
        .start = start,
        .patient_code = patient.substr(std::string_view("sub-").size()),
        .patient_additional = "synthetic",
        .equipment = "vigil_synthesise",
        .recording_additional = "synthetic " + version,
    };
    for (const auto& channel : recording.channels()) {
        description.labels.push_back(channel.label);
    }
    auto file = recordings::EdfFile::create(path, description);
    if (!file) {
        return std::unexpected(file.error());
    }
    std::vector<std::int16_t> samples;
    while (recording.position() < recording.samples()) {
        recording.next(description.rate_hz, samples);
        if (auto written = file->write_second(samples); !written) {
            return std::unexpected(written.error());
        }
        excerpt.take(samples, recording);
        progress(
            static_cast<double>(recording.position()) / static_cast<double>(recording.samples())
        );
    }
    for (const auto& [onset_s, end_s] : recording.seizures()) {
        if (auto marked = file->annotate(onset_s, end_s - onset_s, "seizure"); !marked) {
            return std::unexpected(marked.error());
        }
    }
    if (auto closed = file->close(); !closed) {
        return std::unexpected(closed.error());
    }
    std::error_code failed;
    const auto bytes = fs::file_size(path, failed);
    return failed ? 0 : bytes;
}

Result<void> write_patient(
    const SynthesisOptions& options,
    const fs::path& folder,
    const std::string& patient,
    std::uint64_t seed,
    const std::function<void(double share)>& progress,
    SynthesisSummary& summary,
    std::vector<std::string>& overviews
) {
    auto plan = options.plan;
    plan.seed = seed;
    signal::ContinuousRecording recording(plan);
    const auto eeg = folder / patient / "eeg";
    const auto stem = patient + "_task-synthetic";
    std::error_code failed;
    fs::create_directories(eeg, failed); // what fails here fails again when the file is made
    Excerpt excerpt;
    const auto bytes = write_recording(
        recording,
        eeg / (stem + "_eeg.edf"),
        patient,
        options.version,
        progress,
        excerpt
    );
    if (!bytes) {
        return std::unexpected(bytes.error());
    }
    for (const auto& [ending, text] :
         {std::pair{"_eeg.json", eeg_sidecar(recording)},
          std::pair{"_channels.tsv", channels_table(recording)},
          std::pair{"_events.tsv", events_table(recording, start)},
          std::pair{"_artefacts.tsv", artefacts_table(recording, start)}}) {
        if (auto written = evaluate::write_file(eeg / (stem + ending), text); !written) {
            return written;
        }
    }
    if (overviews.size() < most_overviews) {
        overviews.push_back(overview_of(patient, recording, excerpt));
    }
    summary.bytes += *bytes;
    summary.seizures += recording.seizures().size();
    summary.artefacts += recording.artefacts().size();
    return {};
}

Result<void> write_descriptions(
    const SynthesisOptions& options,
    const fs::path& folder,
    const std::vector<std::string>& patients,
    std::span<const std::string> overviews
) {
    for (const auto& [name, text] :
         {std::pair{"dataset_description.json", dataset_description(options)},
          std::pair{"README.md", readme(options)},
          std::pair{"participants.tsv", participants(patients)},
          std::pair{"overview.html", overview_page(overviews, patients.size())},
          std::pair{".bidsignore", std::string("*_artefacts.tsv\noverview.html\n")}}) {
        if (auto written = evaluate::write_file(folder / name, text); !written) {
            return written;
        }
    }
    return {};
}

} // namespace

Result<SynthesisSummary>
synthesise(const SynthesisOptions& options, const SynthesisProgress& progress) {
    if (auto checked = check(options); !checked) {
        return std::unexpected(checked.error());
    }
    const auto out = without_slash(options.out);
    auto partial = out;
    partial += ".partial";
    if (auto free = check_place(out, partial, options.patients * bytes_of_one(options.plan));
        !free) {
        return std::unexpected(free.error());
    }
    const auto patients = patient_names(options.patients);
    SynthesisSummary summary;
    std::vector<std::string> overviews;
    signal::WhiteNoise seeds(options.plan.seed);
    for (std::size_t number = 0; number < patients.size(); ++number) {
        const auto& patient = patients[number];
        const auto written = write_patient(
            options,
            partial,
            patient,
            seeds.bits(),
            [&](double share) { progress(number, patients.size(), patient, share); },
            summary,
            overviews
        );
        if (!written) {
            return std::unexpected(written.error());
        }
    }
    if (auto written = write_descriptions(options, partial, patients, overviews); !written) {
        return std::unexpected(written.error());
    }
    std::error_code failed;
    fs::rename(partial, out, failed);
    if (failed) {
        return fail(
            ErrorCode::unavailable,
            std::format(
                "{} cannot be renamed to {}: {}",
                partial.string(),
                out.string(),
                failed.message()
            ),
            "out"
        );
    }
    return summary;
}

} // namespace vigil::synthesise
