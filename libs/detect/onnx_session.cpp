#include "detect/onnx_session.hpp"

#include "detect/model_card.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>

namespace vigil::detect {

namespace {

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

OnnxValue value_of(std::string name, const Ort::TypeInfo& type) {
    // a sequence or a map has no tensor's shape, and is no float
    if (type.GetONNXType() != ONNX_TYPE_TENSOR) {
        return {.name = std::move(name)};
    }
    const auto tensor = type.GetTensorTypeAndShapeInfo();
    return {
        .name = std::move(name),
        .is_float = tensor.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
        .shape = tensor.GetShape(),
    };
}

void describe(OnnxSession& opened) {
    const auto& session = opened.session;
    Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t i = 0; i < session.GetInputCount(); ++i) {
        const auto name = session.GetInputNameAllocated(i, allocator);
        opened.inputs.push_back(value_of(name.get(), session.GetInputTypeInfo(i)));
    }
    for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
        const auto name = session.GetOutputNameAllocated(i, allocator);
        opened.outputs.push_back(value_of(name.get(), session.GetOutputTypeInfo(i)));
    }
}

std::string in_words(const std::vector<OnnxValue>& values) {
    std::string words;
    for (const auto& value : values) {
        words += (words.empty() ? "" : ", ") + value.name + " ";
        for (const auto size : value.shape) {
            words += size < 0 ? "[any]" : "[" + std::to_string(size) + "]";
        }
        words += value.is_float ? "" : " of another type than float";
    }
    return words;
}

} // namespace

Result<std::unique_ptr<OnnxSession>> open_onnx(std::string_view onnx, const std::string& sha256) {
    if (sha256_hex(onnx) != sha256) {
        return bad_model("The model's file has another SHA-256 than its card says.");
    }
    try {
        auto opened = std::make_unique<OnnxSession>();
        opened->session = open_session(opened->env, onnx);
        describe(*opened);
        return opened;
    } catch (const Ort::Exception& error) {
        return bad_model("The model cannot be loaded.", error.what());
    }
}

std::unexpected<Error> not_as_its_card(const OnnxSession& opened) {
    return bad_model(
        "The model's input or output is not what its card says: it takes " +
        in_words(opened.inputs) + " and gives " + in_words(opened.outputs) + "."
    );
}

std::unexpected<Error> bad_model(const std::string& detail, const std::string& cause) {
    return fail(ErrorCode::invalid_argument, detail, "model", cause);
}

} // namespace vigil::detect
