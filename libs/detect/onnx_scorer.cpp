#include "detect/onnx_scorer.hpp"

#include "detect/onnx_session.hpp"

#include <algorithm>
#include <array>
#include <mutex>

namespace vigil::detect {

namespace {

/// Windows of one run: more costs memory for the layers' outputs and gains no speed.
constexpr std::size_t run_windows = 64;

} // namespace

struct OnnxScorer::Inside {
    ModelCard card;
    std::unique_ptr<OnnxSession> opened;
    Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    std::mutex running;

    /// Input [any][samples] and output [any] or [any][1], both of float, under the card's names.
    [[nodiscard]] bool shapes_agree() const {
        const auto& inputs = opened->inputs;
        const auto& outputs = opened->outputs;
        if (inputs.size() != 1 || outputs.size() != 1) {
            return false;
        }
        const auto& in = inputs.front();
        const auto& out = outputs.front();
        return in.name == card.input_name && out.name == card.output_name && in.is_float &&
               out.is_float && in.shape.size() == 2 && in.shape[0] < 0 &&
               in.shape[1] == static_cast<std::int64_t>(card.samples) && !out.shape.empty() &&
               out.shape.size() <= 2 && out.shape[0] < 0 &&
               (out.shape.size() == 1 || out.shape[1] == 1);
    }

    void run(std::span<const float> windows, std::span<float> scores) {
        const std::array<std::int64_t, 2> in{
            static_cast<std::int64_t>(scores.size()),
            static_cast<std::int64_t>(card.samples)
        };
        // The runtime's interface takes input as non-const and does not write to it.
        const auto input = Ort::Value::CreateTensor<float>(
            memory,
            const_cast<float*>(windows.data()),
            windows.size(),
            in.data(),
            in.size()
        );
        const char* const input_name = card.input_name.c_str();
        const char* const output_name = card.output_name.c_str();
        auto output =
            opened->session.Run(Ort::RunOptions{nullptr}, &input_name, &input, 1, &output_name, 1);
        const auto* const values = output.front().GetTensorData<float>();
        std::copy_n(values, scores.size(), scores.begin());
    }
};

OnnxScorer::OnnxScorer(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

OnnxScorer::~OnnxScorer() = default;

Result<std::unique_ptr<OnnxScorer>>
OnnxScorer::load(std::string_view onnx, std::string_view card_json) {
    auto card = parse_card(card_json);
    if (!card) {
        return std::unexpected(card.error());
    }
    if (card->kind != ModelCard::Kind::network) {
        return bad_model("The card is of an algorithm, which has no file to load.");
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
    return std::unique_ptr<OnnxScorer>(new OnnxScorer(std::move(inside)));
}

const ModelCard& OnnxScorer::card() const {
    return inside_->card;
}

Result<std::vector<float>> OnnxScorer::score(std::span<const float> windows_uv) {
    const auto samples = inside_->card.samples;
    if (windows_uv.size() % samples != 0) {
        return fail(
            ErrorCode::invalid_argument,
            "A window has " + std::to_string(samples) + " samples.",
            "windows"
        );
    }
    std::vector<float> scores(windows_uv.size() / samples);
    const std::lock_guard lock(inside_->running);
    try {
        for (std::size_t first = 0; first < scores.size(); first += run_windows) {
            const auto count = std::min(run_windows, scores.size() - first);
            inside_->run(
                windows_uv.subspan(first * samples, count * samples),
                std::span(scores).subspan(first, count)
            );
        }
    } catch (const Ort::Exception& error) {
        return fail(ErrorCode::internal, "The model failed.", {}, error.what());
    }
    return scores;
}

Result<std::unique_ptr<OnnxScorer>> window_178() {
    return OnnxScorer::load(window_178_onnx(), window_178_card());
}

} // namespace vigil::detect
