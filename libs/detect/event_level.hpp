// The event-level figures of a model's card: on which kinds of signal it was measured, and whether
// it beat line-length there. Only model_card.cpp includes it.
#pragma once

#include "detect/card_values.hpp"
#include "detect/model_card.hpp"

namespace vigil::detect {

/// Either the words "none measured", or the figures, of each kind of signal. Figures without
/// line-length's beside them are its own: `is_baseline`.
///
/// errors  invalid_argument with the field, as parse_card
[[nodiscard]] Result<void> read_event_level(
    card_values::value from,
    const card_values::Path& path,
    ModelCard& card,
    bool& is_baseline
);

} // namespace vigil::detect
