// Stretches of time with a seizure, as a reader marked them or as a detector found them. Used by
// scoring and by `vigil evaluate`.
#pragma once

#include <optional>
#include <vector>

namespace vigil::evaluate {

/// Seconds from the recording's start; end_s is the first moment after the event.
struct Event {
    double onset_s = 0;
    double end_s = 0;
    /// When a live detector would have said so; nothing: at its onset, or a reader's mark.
    std::optional<double> raised_s = {};

    friend bool operator==(const Event&, const Event&) = default;
};

/// Sorted by onset, cut to the recording, events that overlap joined (touching ones stay two), and
/// those without a duration, or with an end that is not a number, dropped. A list that is so
/// already comes back as it is.
[[nodiscard]] std::vector<Event> normalised(std::vector<Event> events, double duration_s);

} // namespace vigil::evaluate
