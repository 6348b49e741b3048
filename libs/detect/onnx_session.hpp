// A model's file to a session of ONNX Runtime. Used by the adapters over it, and by nothing else.
#pragma once

#include "base/error.hpp"

#include <onnxruntime_cxx_api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::detect {

/// A value that a model takes or gives.
struct OnnxValue {
    std::string name;
    bool is_float = false;
    std::vector<std::int64_t> shape = {}; // below 0: any
};

struct OnnxSession {
    Ort::Env env{ORT_LOGGING_LEVEL_ERROR, "vigil"};
    Ort::Session session{nullptr};
    std::vector<OnnxValue> inputs;
    std::vector<OnnxValue> outputs;
};

/// Loads a model that runs on the calling thread.
///
/// errors  invalid_argument: the bytes have another digest, or the runtime cannot load them
[[nodiscard]] Result<std::unique_ptr<OnnxSession>>
open_onnx(std::string_view onnx, const std::string& sha256);

/// That a model takes or gives something else than its card says, with what it does: "it takes x
/// [any][99][any] and gives probs [any][any][4]".
[[nodiscard]] std::unexpected<Error> not_as_its_card(const OnnxSession& opened);

/// That a model is none that can be used, for the caller to return.
[[nodiscard]] std::unexpected<Error>
bad_model(const std::string& detail, const std::string& cause = {});

} // namespace vigil::detect
