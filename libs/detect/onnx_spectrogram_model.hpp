// The port of spectrogram models over ONNX Runtime, in process. Used by `vigil evaluate`.
#pragma once

#include "detect/spectrogram_model.hpp"

#include <memory>

namespace vigil::detect {

/// threads any: calls wait for each other
class OnnxSpectrogramModel final : public SpectrogramModel {
public:
    /// Loads a model from its bytes.
    ///
    /// errors  invalid_argument: the card is no card, the bytes have another digest than the
    /// card's, the runtime cannot load them, or the model's input or output is not what the card
    /// says
    [[nodiscard]] static Result<std::unique_ptr<OnnxSpectrogramModel>>
    load(std::string_view onnx, std::string_view card_json);
    ~OnnxSpectrogramModel() override;

    [[nodiscard]] const SpectrogramCard& card() const override;
    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> spectrograms) override;

private:
    struct Inside;
    explicit OnnxSpectrogramModel(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

/// The card of models/sladky_2022 as this program carries it; the file that it names is not part of
/// the program.
[[nodiscard]] std::string_view sladky_2022_card() noexcept;

} // namespace vigil::detect
