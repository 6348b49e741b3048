// The port of models that read spectrograms of a long context: OnnxSpectrogramModel is its adapter,
// tests bring their own.
#pragma once

#include "base/error.hpp"
#include "detect/model_card.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::detect {

/// What the program needs of such a model's card.
struct SpectrogramCard {
    std::string name = {};
    std::string version = {};
    std::string sha256 = {};      // of the ONNX file, lower-case hexadecimal
    std::string file = {};        // its name
    std::string input_name = {};  // [n][bins][columns]
    std::string output_name = {}; // [columns][n][classes], each class's share
    std::size_t bins = 0;
    std::size_t columns = 0;
    std::size_t classes = 0;
    std::size_t seizure_class = 0;
    ModelCard model = {}; // what every card says: which signals and rates it may be active on
};

/// Reads a card.
///
/// errors  invalid_argument with the field: no JSON, a member missing or of another type, a class
/// beyond the classes, an input that window_spectrogram does not make; those of parse_card
[[nodiscard]] Result<SpectrogramCard> parse_spectrogram_card(std::string_view json);

class SpectrogramModel {
public:
    virtual ~SpectrogramModel() = default;
    [[nodiscard]] virtual const SpectrogramCard& card() const = 0;

    /// Scores every column of every spectrogram.
    ///
    /// shape   in [n][spectrum_bins][context_columns] row-major, out [n][context_columns], each 0
    /// to
    /// 1
    /// errors  invalid_argument: not a whole number of spectrograms; internal: the runtime failed
    /// threads any, one call at a time runs
    [[nodiscard]] virtual Result<std::vector<float>> score(std::span<const float> spectrograms) = 0;
};

} // namespace vigil::detect
