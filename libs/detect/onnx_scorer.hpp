// The model port over ONNX Runtime, in process. Used by the detector and by `vigil evaluate`.
#pragma once

#include "detect/scorer.hpp"

#include <memory>
#include <string_view>

namespace vigil::detect {

/// threads any: calls wait for each other
class OnnxScorer final : public Scorer {
public:
    /// Loads a model from its bytes.
    ///
    /// errors  invalid_argument: the card is no card, or an algorithm's; the bytes have another
    ///         digest than the card's; the runtime cannot load them; the model's input or output is
    ///         not what the card says
    [[nodiscard]] static Result<std::unique_ptr<OnnxScorer>>
    load(std::string_view onnx, std::string_view card_json);
    ~OnnxScorer() override;

    [[nodiscard]] const ModelCard& card() const override;
    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> windows_uv) override;

private:
    struct Inside;
    explicit OnnxScorer(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

/// The files of models/window_178 as this program carries them.
[[nodiscard]] std::string_view window_178_onnx() noexcept;
[[nodiscard]] std::string_view window_178_card() noexcept;

/// The embedded model, loaded.
[[nodiscard]] Result<std::unique_ptr<OnnxScorer>> window_178();

} // namespace vigil::detect
