// Recordings in folders of this machine: finds, reads and opens them. Used by `vigil play` and
// `vigil evaluate`.
#pragma once

#include "base/error.hpp"
#include "signal/recording.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace vigil::recordings {

inline constexpr std::uintmax_t largest_file = std::uintmax_t{2} << 30;

/// Whether the file's name ends as a recording's does: .edf, .hea, .txt, .npy, in any case.
[[nodiscard]] bool is_recording(const std::filesystem::path& file);

/// errors  not_found; too_large: more than `largest` bytes; unavailable: it cannot be read
[[nodiscard]] Result<std::string>
read_file(const std::filesystem::path& file, std::uintmax_t largest = largest_file);

/// Opens a recording with the files beside it that its header names.
/// errors  those of read_file and of signal::open_recording
[[nodiscard]] Result<std::unique_ptr<signal::Recording>> open_recording_file(
    const std::filesystem::path& file
);

/// Every file in the folder and below that `wanted` says yes to, in order.
/// errors  not_found: the folder cannot be read
[[nodiscard]] Result<std::vector<std::filesystem::path>>
files_in(const std::filesystem::path& folder, bool (*wanted)(const std::filesystem::path&));

} // namespace vigil::recordings
