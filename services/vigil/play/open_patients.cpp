#include "vigil/play/source_parts.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <set>

namespace vigil::play {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_file = std::uintmax_t{2} << 30;
constexpr std::size_t longest_id = 48; // leaves room for a number

bool can_be_played(const fs::path& file) {
    constexpr std::array endings{".edf", ".hea", ".txt", ".npy"};
    auto ending = file.extension().string();
    std::ranges::transform(ending, ending.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return std::ranges::find(endings, ending) != endings.end();
}

Result<std::string> read_file(const fs::path& file) {
    std::error_code failed;
    const auto size = fs::file_size(file, failed);
    if (failed) {
        return fail(ErrorCode::not_found, std::format("{} is not there", file.string()));
    }
    if (size > largest_file) {
        return fail(
            ErrorCode::too_large,
            std::format("it has {} MB; at most {} are read", size >> 20U, largest_file >> 20U)
        );
    }
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(size, '\0');
    if (!stream.read(bytes.data(), static_cast<std::streamsize>(size))) {
        return fail(ErrorCode::unavailable, "it cannot be read");
    }
    return bytes;
}

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
    auto bytes = read_file(file);
    if (!bytes) {
        return std::unexpected(bytes.error());
    }
    const auto folder = file.parent_path();
    auto recording = signal::open_recording(
        file.filename().string(),
        std::move(*bytes),
        [&folder](std::string_view sibling) -> Result<std::string> {
            const fs::path name(sibling);
            // a header names its companions: never a file of another folder
            if (name.filename() != name) {
                return fail(ErrorCode::not_found, "a companion file lies in another folder");
            }
            return read_file(folder / name);
        }
    );
    if (!recording) {
        return std::unexpected(recording.error());
    }
    return recorded_source(std::move(*recording), start_s);
}

std::vector<fs::path> files_in(const std::string& folder, std::error_code& failed) {
    std::vector<fs::path> files;
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator at(folder, options, failed), end; !failed && at != end;
         at.increment(failed)) {
        if (at->is_regular_file() && can_be_played(at->path())) {
            files.push_back(at->path());
        }
    }
    std::ranges::sort(files);
    return files;
}

} // namespace

Result<std::vector<PlayedPatient>>
open_patients(const PlayOptions& options, std::vector<std::string>& notes) {
    if (options.recordings.empty()) {
        return synthetic_patients(options.ward);
    }
    std::error_code failed;
    const auto files = files_in(options.recordings, failed);
    if (failed) {
        return fail(
            ErrorCode::not_found,
            std::format("the folder {} cannot be read: {}", options.recordings, failed.message())
        );
    }
    std::vector<PlayedPatient> patients;
    std::set<std::string> taken;
    for (const auto& file : files) {
        auto source = open_file(file, options.start_s);
        if (!source) {
            notes.push_back(
                std::format("{} is left out: {}", file.filename().string(), source.error().detail)
            );
            continue;
        }
        auto id = id_of(file, taken);
        patients.push_back(
            {.id = std::move(id), .label = file.filename().string(), .source = std::move(*source)}
        );
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
