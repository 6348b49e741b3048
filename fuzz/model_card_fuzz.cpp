// Reads foreign bytes as a model's card: what is accepted is complete, with a rate, a length, a
// band and a digest where there is a file, and can be asked for a reason to be a shadow.
#include "check.hpp"
#include "detect/model_card.hpp"
#include "detect/shadow.hpp"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    const auto card = detect::parse_card({reinterpret_cast<const char*>(data), size});
    if (!card) {
        fuzz::check(!card.error().field.empty());
        return 0;
    }
    for (const auto& text : {card->name, card->version, card->input_name, card->output_name}) {
        fuzz::check(!text.empty());
    }
    fuzz::check(card->sha256.size() == (card->kind == detect::ModelCard::Kind::network ? 64U : 0U));
    fuzz::check(card->samples > 0 && card->rate_numerator > 0 && card->rate_denominator > 0);
    fuzz::check(card->band.low_hz < card->band.high_hz);
    fuzz::check(!card->signal_kinds.empty() && !card->references.empty());
    fuzz::check(detect::reason_for_shadow(*card, {}).has_value());
    return 0;
}
