#include "detect/onnx_spectrogram_model.hpp"

#include "detect/onnx_session.hpp"
#include "detect/spectrogram.hpp"

#include <algorithm>
#include <array>
#include <mutex>

namespace vigil::detect {

namespace {

/// Spectrograms of one run: more costs memory for the layers' outputs (20 MB each) and gains
/// little.
constexpr std::size_t run_spectrograms = 8;

} // namespace

struct OnnxSpectrogramModel::Inside {
    SpectrogramCard card;
    std::unique_ptr<OnnxSession> opened;
    Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    std::mutex running;

    /// Input [any][bins][any] and, among the outputs, [any][any][classes] of float, under the
    /// card's names.
    [[nodiscard]] bool shapes_agree() const {
        const auto& inputs = opened->inputs;
        const auto& outputs = opened->outputs;
        const auto out = std::ranges::find(outputs, card.output_name, &OnnxValue::name);
        if (inputs.size() != 1 || out == outputs.end()) {
            return false;
        }
        const auto& in = inputs.front();
        const auto any = [](std::int64_t size) { return size < 0; };
        return in.name == card.input_name && in.is_float && in.shape.size() == 3 &&
               any(in.shape[0]) && in.shape[1] == static_cast<std::int64_t>(card.bins) &&
               (any(in.shape[2]) || in.shape[2] == static_cast<std::int64_t>(card.columns)) &&
               out->is_float && out->shape.size() == 3 && any(out->shape[1]) &&
               (any(out->shape[0]) || out->shape[0] == static_cast<std::int64_t>(card.columns)) &&
               out->shape[2] == static_cast<std::int64_t>(card.classes);
    }

    /// Runs `count` spectrograms; false where the answer has another shape than it declared.
    [[nodiscard]] bool run(std::span<const float> spectrograms, std::span<float> scores) {
        const auto count = scores.size() / card.columns;
        const std::array<std::int64_t, 3> in{
            static_cast<std::int64_t>(count),
            static_cast<std::int64_t>(card.bins),
            static_cast<std::int64_t>(card.columns)
        };
        // The runtime's interface takes input as non-const and does not write to it.
        const auto input = Ort::Value::CreateTensor<float>(
            memory,
            const_cast<float*>(spectrograms.data()),
            spectrograms.size(),
            in.data(),
            in.size()
        );
        const char* const input_name = card.input_name.c_str();
        const char* const output_name = card.output_name.c_str();
        const auto output =
            opened->session.Run(Ort::RunOptions{nullptr}, &input_name, &input, 1, &output_name, 1);
        const std::vector<std::int64_t> expected{in[2], in[0], std::int64_t(card.classes)};
        if (output.front().GetTensorTypeAndShapeInfo().GetShape() != expected) {
            return false;
        }
        const auto* const shares = output.front().GetTensorData<float>();
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t column = 0; column < card.columns; ++column) {
                scores[i * card.columns + column] =
                    shares[(column * count + i) * card.classes + card.seizure_class];
            }
        }
        return true;
    }
};

OnnxSpectrogramModel::OnnxSpectrogramModel(std::unique_ptr<Inside> inside)
    : inside_(std::move(inside)) {}

OnnxSpectrogramModel::~OnnxSpectrogramModel() = default;

Result<std::unique_ptr<OnnxSpectrogramModel>>
OnnxSpectrogramModel::load(std::string_view onnx, std::string_view card_json) {
    auto card = parse_spectrogram_card(card_json);
    if (!card) {
        return std::unexpected(card.error());
    }
    auto opened = open_onnx(onnx, card->sha256);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    auto inside = std::make_unique<Inside>();
    inside->card = std::move(*card);
    inside->opened = std::move(*opened);
    if (!inside->shapes_agree()) {
        return not_as_its_card(*inside->opened);
    }
    return std::unique_ptr<OnnxSpectrogramModel>(new OnnxSpectrogramModel(std::move(inside)));
}

const SpectrogramCard& OnnxSpectrogramModel::card() const {
    return inside_->card;
}

Result<std::vector<float>> OnnxSpectrogramModel::score(std::span<const float> spectrograms) {
    const auto& card = inside_->card;
    const auto size = card.bins * card.columns;
    if (spectrograms.size() % size != 0) {
        return fail(
            ErrorCode::invalid_argument,
            "A spectrogram has " + std::to_string(card.bins) + " bins and " +
                std::to_string(card.columns) + " columns.",
            "spectrograms"
        );
    }
    const auto all = spectrograms.size() / size;
    std::vector<float> scores(all * card.columns);
    const std::lock_guard lock(inside_->running);
    try {
        for (std::size_t first = 0; first < all; first += run_spectrograms) {
            const auto count = std::min(run_spectrograms, all - first);
            if (!inside_->run(
                    spectrograms.subspan(first * size, count * size),
                    std::span(scores).subspan(first * card.columns, count * card.columns)
                )) {
                return fail(ErrorCode::internal, "The model's answer has another shape.");
            }
        }
    } catch (const Ort::Exception& error) {
        return fail(ErrorCode::internal, "The model failed.", {}, error.what());
    }
    return scores;
}

} // namespace vigil::detect
