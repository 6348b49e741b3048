// What of a stream may be scored, and how its channels' scores become the patient's. Used by the
// detector and by `vigil evaluate`, so that both say the same.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace vigil::detect {

/// A channel without a score, as in Detection.channel_q16.
inline constexpr std::uint32_t no_score_q16 = 65'537;

/// Whether a channel's window says anything about the brain: a flat electrode does not, nor one
/// that is driven into the converter's limit for more than a tenth of the window.
///
/// samples  at least one
[[nodiscard]] bool can_be_evaluated(std::span<const std::int32_t> samples, std::int32_t limit);

/// A score in 1/65536.
[[nodiscard]] std::uint32_t to_q16(float score);

/// The mean of the two highest scores, or the only one; nothing of none.
[[nodiscard]] std::optional<float> patient_score(std::span<const float> channels);

} // namespace vigil::detect
