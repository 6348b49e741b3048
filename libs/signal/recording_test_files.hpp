// Makes small recording files for the tests.
#pragma once

#include "signal/recording.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::signal::test {

inline std::string padded(std::string text, std::size_t width) {
    text.resize(width, ' ');
    return text;
}

inline std::string int16(std::int16_t value) {
    return {static_cast<char>(value & 0xff), static_cast<char>((value >> 8) & 0xff)};
}

struct FileSignal {
    std::string label = {};
    int samples = 4;
    std::string unit = "uV";
    std::string physical_low = "-3276.8";
    std::string physical_high = "3276.7";
    std::string digital_low = "-32768";
    std::string digital_high = "32767";
};

struct EdfFile {
    std::vector<FileSignal> signals{{.label = "Fp1-F7"}, {.label = "F7-T7"}};
    std::string kind = {}; // "", "EDF+C", "EDF+D"
    std::string patient = "X X X X";
    std::string recording = "Startdate X X X X";
    std::string records = "2";
    std::string duration = "1";
    std::string date = "24.11.26";
    std::string time = "12.30.05";
    std::vector<std::string> data = {}; // each record's bytes

    [[nodiscard]] std::string bytes() const {
        const auto n = signals.size();
        std::string out = padded("0", 8) + padded(patient, 80) + padded(recording, 80) +
                          padded(date, 8) + padded(time, 8) +
                          padded(std::to_string(256 * (n + 1)), 8) + padded(kind, 44) +
                          padded(records, 8) + padded(duration, 8) + padded(std::to_string(n), 4);
        const auto each = [&](auto member, std::size_t width) {
            for (const FileSignal& s : signals) {
                out += padded(member(s), width);
            }
        };
        each([](const FileSignal& s) { return s.label; }, 16);
        each([](const FileSignal&) { return std::string(); }, 80);
        each([](const FileSignal& s) { return s.unit; }, 8);
        each([](const FileSignal& s) { return s.physical_low; }, 8);
        each([](const FileSignal& s) { return s.physical_high; }, 8);
        each([](const FileSignal& s) { return s.digital_low; }, 8);
        each([](const FileSignal& s) { return s.digital_high; }, 8);
        each([](const FileSignal&) { return std::string(); }, 80);
        each([](const FileSignal& s) { return std::to_string(s.samples); }, 8);
        each([](const FileSignal&) { return std::string(); }, 32);
        for (const std::string& record : data) {
            out += record;
        }
        return out;
    }
};

/// Samples first, first + 1, ... as one signal's share of a record.
inline std::string ramp(int first, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
        out += int16(static_cast<std::int16_t>(first + i));
    }
    return out;
}

inline std::string npy(
    const std::string& type,
    const std::string& shape,
    const std::string& data,
    const std::string& fortran = "False"
) {
    std::string header =
        "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
    header.resize(118, ' ');
    return "\x93NUMPY" + std::string("\x01\x00", 2) + int16(118) + header + data;
}

/// A loader over files in memory.
inline FileLoader files(std::map<std::string, std::string, std::less<>> held) {
    return [held = std::move(held)](std::string_view name) -> Result<std::string> {
        const auto found = held.find(name);
        if (found == held.end()) {
            return fail(ErrorCode::not_found, "no such file");
        }
        return found->second;
    };
}

/// The folder that VIGIL_DATA names; empty where it is not set.
inline std::filesystem::path data_folder() {
    const char* folder = std::getenv("VIGIL_DATA");
    return folder == nullptr ? "" : folder;
}

inline Result<std::string> contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return fail(ErrorCode::not_found, "no such file");
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

inline Result<std::unique_ptr<Recording>> open_file(const std::filesystem::path& path) {
    return open_recording(
        path.filename().string(),
        contents(path).value(),
        [folder = path.parent_path()](std::string_view name) { return contents(folder / name); }
    );
}

} // namespace vigil::signal::test
