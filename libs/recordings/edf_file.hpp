// Writes EDF+C files; the one place that knows EDFlib. Used by `vigil synthesise`.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace vigil::recordings {

/// What the header says. Texts are ASCII; EDF+ has '_' for a blank in the code and the equipment.
struct EdfDescription {
    std::vector<std::string> labels; // of the channels, 1 to 256 of 1 to 16 characters
    std::uint32_t rate_hz = 256;
    double scale_uv = 0.1; // of one step of the samples
    UtcTime start;
    std::string patient_code;         // no name, sex or birth date is written
    std::string patient_additional;   // what else is to be known of the patient
    std::string equipment;            // what made the recording
    std::string recording_additional; // what else is to be known of it
};

/// A file that grows by a second at a time. Left without close() it is no valid recording.
///
/// threads one; EDFlib holds at most 64 open files in a process
class EdfFile {
public:
    /// errors  invalid_argument: a description that EDF cannot hold; unavailable: the file cannot
    /// be made
    [[nodiscard]] static Result<EdfFile>
    create(const std::filesystem::path& path, const EdfDescription& description);

    EdfFile(EdfFile&& other) noexcept;
    EdfFile& operator=(EdfFile&&) = delete;
    EdfFile(const EdfFile&) = delete;
    EdfFile& operator=(const EdfFile&) = delete;
    ~EdfFile();

    /// shape   [channels][rate] row-major, one second
    /// errors  invalid_argument: another number of samples; unavailable: it cannot be written
    [[nodiscard]] Result<void> write_second(std::span<std::int16_t> channel_major);

    /// Marks a stretch; at most one a second of the recording finds room.
    /// errors  invalid_argument: more of them, or a time that EDF+ cannot hold
    [[nodiscard]] Result<void> annotate(double onset_s, double duration_s, const std::string& text);

    /// Ends the file and reads its header back.
    /// errors  unavailable: not all of it was written
    [[nodiscard]] Result<void> close();

private:
    EdfFile(std::filesystem::path path, int handle, std::size_t channels, std::uint32_t rate_hz)
        : path_(std::move(path)), handle_(handle), samples_(channels * rate_hz) {}

    std::filesystem::path path_;
    int handle_; // -1: closed
    std::size_t samples_;
    std::size_t seconds_ = 0;
    std::size_t annotations_ = 0;
};

} // namespace vigil::recordings
