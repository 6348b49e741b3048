// Models that are no part of the program, from a folder. Used by those who start the detector.
#pragma once

#include "base/error.hpp"
#include "detector/models.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace vigil::detector {

/// The models of a folder, one in each folder below it: card.json and the ONNX file that it names.
/// The card of sladky_2022 may be missing there, since the program carries it.
struct ModelFolder {
    std::vector<std::unique_ptr<detect::Scorer>> scorers = {};
    std::vector<std::unique_ptr<detect::SpectrogramModel>> spectrograms = {};
    /// What could not be loaded, each with the file's name: the others can be used.
    std::vector<Error> faults = {};

    [[nodiscard]] MoreModels models() const;
};

/// errors  not_found: the folder cannot be read
[[nodiscard]] Result<ModelFolder> load_models(const std::filesystem::path& folder);

} // namespace vigil::detector
