// Reads the recordings and the reference scores that the tests compare with; only tests include it.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace vigil::detect {

/// The file's text; empty when it cannot be read.
inline std::string file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The values of "setE/S001.txt" under VIGIL_DATA/bonn; empty without the variable or the file.
inline std::vector<float> bonn_recording_uv(const std::string& name) {
    const char* const folder = std::getenv("VIGIL_DATA");
    std::vector<float> values;
    if (folder == nullptr) {
        return values;
    }
    std::ifstream file(std::string(folder) + "/bonn/" + name);
    for (float value = 0; file >> value;) {
        values.push_back(value);
    }
    return values;
}

} // namespace vigil::detect
