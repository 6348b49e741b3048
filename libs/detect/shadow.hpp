// Whether a model may raise anything on a stream, or only runs beside as a shadow. Used where
// models are assigned to patients.
#pragma once

#include "detect/model_card.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::detect {

/// What is known of a stream's channels.
struct StreamSignal {
    SignalKind kind = SignalKind::unknown;
    Reference reference = Reference::unknown;
    std::uint32_t rate_numerator = 0;
    std::uint32_t rate_denominator = 1;
};

/// What speaks against a model on a stream; numbered as api's Detection.Doubt.
enum class Doubt : std::uint8_t {
    kind_unknown = 1,
    kind_differs,
    reference_unknown,
    reference_differs,
    rate_differs,
    false_alarms_unknown,
    line_length_unbeaten,
};

struct Doubted {
    Doubt doubt;
    std::string sentence;
};

/// Why the model may only be a shadow on the stream. Nothing: it may be active.
///
/// It may be active where the stream is of a kind and a reference that the card names, carries the
/// card's band at a rate that the card takes, and false alarms were measured on that kind of
/// signal, where the model beat line-length. What is not known of a stream never agrees with a
/// card.
///
/// note    A resampled stream carries the band where its rate is at least three times the band's
/// upper end: up to a third of the rate WindowShape's filter changes an amplitude by less than 1 %.
/// threads any
[[nodiscard]] std::vector<Doubted> doubts_of(const ModelCard& card, const StreamSignal& stream);

/// The same as text: their sentences one after the other.
[[nodiscard]] std::optional<std::string>
reason_for_shadow(const ModelCard& card, const StreamSignal& stream);

} // namespace vigil::detect
