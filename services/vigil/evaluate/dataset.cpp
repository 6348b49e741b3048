#include "vigil/evaluate/dataset.hpp"

#include "base/strict_json.hpp"
#include "recordings/recording_file.hpp"

#include <algorithm>
#include <array>
#include <format>

namespace vigil::evaluate {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_table = std::uintmax_t{64} << 20;
constexpr std::string_view summary_ending = "-summary.txt";

bool is_summary(const fs::path& file) {
    return file.filename().string().ends_with(summary_ending);
}

bool is_wanted_recording(const fs::path& file) {
    return recordings::is_recording(file) && !is_summary(file);
}

bool is_table(const fs::path& file) {
    return file.extension() == ".tsv";
}

bool is_events_table(const fs::path& file) {
    return file.filename().string().ends_with("_events.tsv");
}

/// "sub-01_ses-01_task-x_run-01_eeg" without its last part, which names the kind of signal.
std::string without_suffix(const std::string& stem) {
    constexpr std::array suffixes{"_eeg", "_ieeg", "_ecg", "_meg", "_events"};
    for (const std::string_view suffix : suffixes) {
        if (stem.ends_with(suffix)) {
            return stem.substr(0, stem.size() - suffix.size());
        }
    }
    return stem;
}

std::string patient_of(const std::string& stem) {
    return stem.starts_with("sub-") ? stem.substr(0, stem.find('_')) : without_suffix(stem);
}

/// Whether the object in a file has "Synthetic": true; a file that is not there says nothing.
Result<bool> says_synthetic(const fs::path& file) {
    std::error_code failed;
    if (!fs::is_regular_file(file, failed)) {
        return false;
    }
    auto text = recordings::read_file(file, largest_table);
    if (!text) {
        return std::unexpected(text.error());
    }
    bool synthetic = false;
    const auto read = json::read_object(
        *text,
        [&synthetic](json::ondemand::object object, const json::Path& root) {
            constexpr std::array<std::string_view, 1> names{"Synthetic"};
            return json::each_member(
                object,
                names,
                root,
                [&synthetic](std::size_t, json::ondemand::value value, const json::Path& here) {
                    return json::keep(json::boolean(value, here), [&synthetic](bool is) {
                        synthetic = is;
                    });
                },
                true
            );
        }
    );
    if (!read) {
        return fail(
            ErrorCode::invalid_argument,
            std::format(
                "{}: {} {}, so that nobody knows whether it is synthetic",
                file.filename().string(),
                read.error().field,
                read.error().detail
            )
        );
    }
    return synthetic;
}

struct Listed {
    std::string patient;
    Result<Reference> reference;
};

/// What a summary in the folder says of the recording; nothing where none names it.
std::optional<Listed> in_summaries(const fs::path& folder, const std::string& file_name) {
    std::error_code failed;
    std::vector<fs::path> summaries;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        if (is_summary(entry.path())) {
            summaries.push_back(entry.path());
        }
    }
    std::ranges::sort(summaries);
    for (const auto& summary : summaries) {
        const auto name = summary.filename().string();
        const auto patient = name.substr(0, name.size() - summary_ending.size());
        const auto listed =
            recordings::read_file(summary, largest_table).and_then(read_chb_summary);
        if (!listed) {
            return Listed{
                .patient = patient,
                .reference = fail(
                    ErrorCode::unprocessable,
                    std::format("{}: {}", name, listed.error().detail)
                ),
            };
        }
        if (const auto at = listed->find(file_name); at != listed->end()) {
            return Listed{.patient = patient, .reference = Reference{.seizures = at->second}};
        }
    }
    return std::nullopt;
}

Case case_of(const fs::path& file, const fs::path& folder, const fs::path& references) {
    const auto relative = file.lexically_relative(folder);
    const auto stem = file.stem().string();
    const auto beside = (references / relative).parent_path();
    Case found{
        .file = file,
        .name = relative.generic_string(),
        .patient = patient_of(stem),
        .reference = Reference{},
        .synthetic = declared_synthetic(file, folder),
    };
    if (references != folder && found.synthetic == false) {
        found.synthetic = declared_synthetic(references / relative, references);
    }
    std::vector<std::string> tables{without_suffix(stem) + "_events.tsv"};
    for (auto other : {stem + "_events.tsv", stem + ".tsv"}) {
        if (!std::ranges::contains(tables, other)) {
            tables.push_back(std::move(other));
        }
    }
    for (const auto& table : tables) {
        if (fs::exists(beside / table)) {
            found.reference = read_table(beside / table);
            return found;
        }
    }
    if (auto listed = in_summaries(beside, file.filename().string())) {
        found.patient = std::move(listed->patient);
        found.reference = std::move(listed->reference);
        return found;
    }
    found.reference = fail(
        ErrorCode::not_found,
        std::format(
            "there is no reference: neither {}, nor a *-summary.txt that names it",
            tables.front()
        )
    );
    return found;
}

} // namespace

Result<bool> declared_synthetic(const fs::path& file, const fs::path& top) {
    const auto folder = file.parent_path();
    const auto stem = without_suffix(file.stem().string());
    std::vector<fs::path> metadata{folder / (stem + "_eeg.json"), folder / (stem + "_ieeg.json")};
    auto at = top;
    metadata.push_back(at / "dataset_description.json");
    for (const auto& part : folder.lexically_relative(top)) {
        at /= part;
        metadata.push_back(at / "dataset_description.json");
    }
    for (const auto& one : metadata) {
        if (auto says = says_synthetic(one); !says || *says) {
            return says;
        }
    }
    return false;
}

Result<Reference> read_table(const fs::path& file) {
    const auto text = recordings::read_file(file, largest_table);
    if (!text) {
        return std::unexpected(text.error());
    }
    auto table = read_hed_score(*text);
    if (!table) {
        return fail(
            table.error().code,
            std::format("{}: {}", file.filename().string(), table.error().detail)
        );
    }
    return Reference{
        .seizures = seizures_of(*table),
        .recording_duration_s = table->recording_duration_s,
    };
}

Result<std::vector<Case>> find_recordings(const fs::path& folder, const fs::path& references) {
    const auto files = recordings::files_in(folder, is_wanted_recording);
    if (!files) {
        return std::unexpected(files.error());
    }
    std::vector<Case> cases;
    for (const auto& file : *files) {
        cases.push_back(case_of(file, folder, references));
    }
    if (cases.empty()) {
        return fail(
            ErrorCode::not_found,
            std::format(
                "there is no recording in {}; they end in .edf, .hea, .txt or .npy",
                folder.string()
            )
        );
    }
    return cases;
}

Result<std::vector<Case>> find_tables(const fs::path& folder) {
    auto files = recordings::files_in(folder, is_table);
    if (!files) {
        return std::unexpected(files.error());
    }
    if (std::ranges::any_of(*files, is_events_table)) {
        std::erase_if(*files, [](const fs::path& file) { return !is_events_table(file); });
    }
    std::vector<Case> cases;
    for (const auto& file : *files) {
        cases.push_back({
            .file = file,
            .name = file.lexically_relative(folder).generic_string(),
            .patient = patient_of(file.stem().string()),
            .reference = read_table(file),
            .synthetic = declared_synthetic(file, folder),
        });
    }
    if (cases.empty()) {
        return fail(
            ErrorCode::not_found,
            std::format("there is no table of events (.tsv) in {}", folder.string())
        );
    }
    return cases;
}

} // namespace vigil::evaluate
