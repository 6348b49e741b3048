// A compressed body from the network: the result never exceeds the bounds, and the budget is whole
// again afterwards.
#include "http/gunzip.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t bytes = 100'000;
    constexpr std::size_t ratio = 200;
    vigil::http::BodyBudget budget(1 << 20);
    {
        vigil::http::BodyBudget::Share share(budget);
        const auto plain = vigil::http::gunzip(
            {reinterpret_cast<const char*>(data), size},
            {.bytes = bytes, .ratio = ratio},
            share
        );
        if (plain && (plain->size() > bytes || plain->size() > size * ratio)) {
            std::abort();
        }
    }
    if (budget.used() != 0) {
        std::abort();
    }
    return 0;
}
