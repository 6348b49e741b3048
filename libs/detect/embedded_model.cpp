// The bytes that embedded_model.S.in brings into the program.
#include "detect/onnx_scorer.hpp"
#include "detect/onnx_spectrogram_model.hpp"

extern "C" {
extern const char vigil_window_178_onnx_begin[];
extern const char vigil_window_178_onnx_end[];
extern const char vigil_window_178_card_begin[];
extern const char vigil_window_178_card_end[];
extern const char vigil_sladky_2022_card_begin[];
extern const char vigil_sladky_2022_card_end[];
}

namespace vigil::detect {

std::string_view window_178_onnx() noexcept {
    return {vigil_window_178_onnx_begin, vigil_window_178_onnx_end};
}

std::string_view window_178_card() noexcept {
    return {vigil_window_178_card_begin, vigil_window_178_card_end};
}

std::string_view sladky_2022_card() noexcept {
    return {vigil_sladky_2022_card_begin, vigil_sladky_2022_card_end};
}

} // namespace vigil::detect
