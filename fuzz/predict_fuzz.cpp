// Reads a foreign body of POST /predict: what is accepted is one whole window of finite values.
#include "check.hpp"
#include "detector/routes.hpp"

#include <cmath>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    const auto window = detector::parse_predict({reinterpret_cast<const char*>(data), size});
    if (!window) {
        fuzz::check(!window.error().detail.empty() && window.error().field.size() <= 64);
        return 0;
    }
    fuzz::check(window->size() == 178);
    for (const float value : *window) {
        fuzz::check(std::abs(value) <= 1e6F);
    }
    return 0;
}
