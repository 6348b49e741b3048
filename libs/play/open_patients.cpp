#include "play/source_parts.hpp"
#include "recordings/recording_file.hpp"

#include <algorithm>
#include <filesystem>
#include <format>
#include <set>

namespace vigil::play {

namespace {
namespace fs = std::filesystem;

constexpr std::size_t longest_id = 48; // leaves room for a number

/// A patient's id out of a file's name; numbered where two files would have the same.
std::string id_of(const fs::path& file, std::set<std::string>& taken) {
    std::string id;
    for (const char c : file.stem().string()) {
        const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_' || c == '-';
        id += allowed ? c : '-';
    }
    id.resize(std::min(id.size(), longest_id));
    std::string unique = id;
    for (int number = 2; !taken.insert(unique).second; ++number) {
        unique = std::format("{}-{}", id, number);
    }
    return unique;
}

Result<std::shared_ptr<Source>> open_file(const fs::path& file, double start_s) {
    auto recording = recordings::open_recording_file(file);
    if (!recording) {
        return std::unexpected(recording.error());
    }
    return recorded_source(std::move(*recording), start_s);
}

} // namespace

Result<std::vector<PlayedPatient>>
open_patients(const PlayOptions& options, std::vector<std::string>& notes) {
    if (options.recordings.empty()) {
        return synthetic_patients(options.ward);
    }
    const auto files = recordings::files_in(options.recordings, recordings::is_recording);
    if (!files) {
        return std::unexpected(files.error());
    }
    std::vector<PlayedPatient> patients;
    std::set<std::string> taken;
    for (const auto& file : *files) {
        auto source = open_file(file, options.start_s);
        if (!source) {
            notes.push_back(
                std::format("{} is left out: {}", file.filename().string(), source.error().detail)
            );
            continue;
        }
        auto id = id_of(file, taken);
        patients.push_back({
            .id = std::move(id),
            .label = file.filename().string(),
            .synthetic = (*source)->synthetic(),
            .source = std::move(*source),
        });
    }
    if (patients.empty()) {
        return fail(
            ErrorCode::not_found,
            std::format(
                "nothing in {} can be played; recordings end in .edf, .hea, .txt or .npy",
                options.recordings
            )
        );
    }
    return patients;
}

} // namespace vigil::play
