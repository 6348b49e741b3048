#include "detect/onnx_scorer.hpp"

#include <fcntl.h>
#include <onnxruntime_cxx_api.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>

namespace vigil::detect {

namespace {

/// Windows of one run: more costs memory for the layers' outputs and gains no speed.
constexpr std::size_t run_windows = 64;

/// Sends the process's standard error to nowhere while it lives: Debian's ONNX Runtime registers
/// its schemas twice and prints hundreds of "Schema error" lines at the first session of a process.
/// What another thread writes meanwhile is lost too.
class QuietStandardError {
public:
    QuietStandardError() : kept_(dup(STDERR_FILENO)) {
        std::fflush(stderr);
        const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (nowhere >= 0) {
            dup2(nowhere, STDERR_FILENO);
            close(nowhere);
        }
    }

    ~QuietStandardError() {
        std::fflush(stderr);
        if (kept_ >= 0) {
            dup2(kept_, STDERR_FILENO);
            close(kept_);
        }
    }

    QuietStandardError(const QuietStandardError&) = delete;
    QuietStandardError& operator=(const QuietStandardError&) = delete;

private:
    int kept_;
};

Ort::Session open_session(const Ort::Env& env, std::string_view onnx) {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);
    options.SetExecutionMode(ExecutionMode::ORT_SEQUENTIAL);
    options.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
    static std::mutex first_session;
    static bool schemas_registered = false;
    const std::lock_guard lock(first_session);
    if (schemas_registered) {
        return {env, onnx.data(), onnx.size(), options};
    }
    const QuietStandardError quiet;
    Ort::Session session(env, onnx.data(), onnx.size(), options);
    schemas_registered = true;
    return session;
}

std::unexpected<Error> bad_model(const std::string& detail, const std::string& cause = {}) {
    return fail(ErrorCode::invalid_argument, detail, "model", cause);
}

} // namespace

struct OnnxScorer::Inside {
    ModelCard card;
    Ort::Env env{ORT_LOGGING_LEVEL_ERROR, "vigil"};
    Ort::Session session{nullptr};
    Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    std::mutex running;

    /// Input [any][samples] and output [any] or [any][1], both of float, under the card's names.
    [[nodiscard]] bool shapes_agree() {
        if (session.GetInputCount() != 1 || session.GetOutputCount() != 1) {
            return false;
        }
        Ort::AllocatorWithDefaultOptions allocator;
        if (card.input_name != session.GetInputNameAllocated(0, allocator).get() ||
            card.output_name != session.GetOutputNameAllocated(0, allocator).get()) {
            return false;
        }
        const auto input_type = session.GetInputTypeInfo(0);
        const auto output_type = session.GetOutputTypeInfo(0);
        const auto input = input_type.GetTensorTypeAndShapeInfo();
        const auto output = output_type.GetTensorTypeAndShapeInfo();
        const auto in = input.GetShape();
        const auto out = output.GetShape();
        return input.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT &&
               output.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && in.size() == 2 &&
               in[0] < 0 && in[1] == static_cast<std::int64_t>(card.samples) && !out.empty() &&
               out.size() <= 2 && out[0] < 0 && (out.size() == 1 || out[1] == 1);
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
            session.Run(Ort::RunOptions{nullptr}, &input_name, &input, 1, &output_name, 1);
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
    if (sha256_hex(onnx) != card->sha256) {
        return bad_model("The model's file has another SHA-256 than its card says.");
    }
    try {
        auto inside = std::make_unique<Inside>();
        inside->card = std::move(*card);
        inside->session = open_session(inside->env, onnx);
        if (!inside->shapes_agree()) {
            return bad_model("The model's input or output is not what its card says.");
        }
        return std::unique_ptr<OnnxScorer>(new OnnxScorer(std::move(inside)));
    } catch (const Ort::Exception& error) {
        return bad_model("The model cannot be loaded.", error.what());
    }
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
