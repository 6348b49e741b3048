// Reads foreign bytes as a spectrogram model's card: what is accepted is complete, and asks for
// what the program makes.
#include "check.hpp"
#include "detect/spectrogram.hpp"
#include "detect/spectrogram_model.hpp"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    const auto card = detect::parse_spectrogram_card({reinterpret_cast<const char*>(data), size});
    if (!card) {
        fuzz::check(!card.error().field.empty());
        return 0;
    }
    for (const auto& text :
         {card->name, card->version, card->file, card->input_name, card->output_name}) {
        fuzz::check(!text.empty());
    }
    fuzz::check(card->sha256.size() == 64);
    fuzz::check(card->bins == detect::spectrum_bins && card->columns == detect::context_columns);
    fuzz::check(card->seizure_class < card->classes);
    return 0;
}
