#include "recordings/recording_file.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <fstream>

namespace vigil::recordings {

namespace fs = std::filesystem;

bool is_recording(const fs::path& file) {
    constexpr std::array endings{".edf", ".hea", ".txt", ".npy"};
    auto ending = file.extension().string();
    std::ranges::transform(ending, ending.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return std::ranges::find(endings, ending) != endings.end();
}

Result<std::string> read_file(const fs::path& file, std::uintmax_t largest) {
    std::error_code failed;
    const auto size = fs::file_size(file, failed);
    if (failed) {
        return fail(ErrorCode::not_found, std::format("{} is not there", file.string()));
    }
    if (size > largest) {
        return fail(
            ErrorCode::too_large,
            std::format("it has {} MB; at most {} are read", size >> 20U, largest >> 20U)
        );
    }
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(size, '\0');
    if (!stream.read(bytes.data(), static_cast<std::streamsize>(size))) {
        return fail(ErrorCode::unavailable, "it cannot be read");
    }
    return bytes;
}

Result<std::unique_ptr<signal::Recording>> open_recording_file(const fs::path& file) {
    auto bytes = read_file(file);
    if (!bytes) {
        return std::unexpected(bytes.error());
    }
    const auto folder = file.parent_path();
    return signal::open_recording(
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
}

Result<std::vector<fs::path>> files_in(const fs::path& folder, bool (*wanted)(const fs::path&)) {
    std::error_code failed;
    std::vector<fs::path> files;
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator at(folder, options, failed), end; !failed && at != end;
         at.increment(failed)) {
        if (at->is_regular_file() && wanted(at->path())) {
            files.push_back(at->path());
        }
    }
    if (failed) {
        return fail(
            ErrorCode::not_found,
            std::format("the folder {} cannot be read: {}", folder.string(), failed.message())
        );
    }
    std::ranges::sort(files);
    return files;
}

} // namespace vigil::recordings
