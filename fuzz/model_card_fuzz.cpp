// Reads foreign bytes as a model's card: what is accepted is complete, with a rate and a length.
#include "check.hpp"
#include "detect/model_card.hpp"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    const auto card = detect::parse_card({reinterpret_cast<const char*>(data), size});
    if (!card) {
        fuzz::check(!card.error().field.empty());
        return 0;
    }
    for (const auto& text :
         {card->name, card->version, card->sha256, card->input_name, card->output_name}) {
        fuzz::check(!text.empty());
    }
    fuzz::check(card->samples > 0 && card->rate_numerator > 0 && card->rate_denominator > 0);
    return 0;
}
