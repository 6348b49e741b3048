#include "evaluate/event.hpp"

#include <algorithm>

namespace vigil::evaluate {

std::vector<Event> normalised(std::vector<Event> events, double duration_s) {
    for (auto& event : events) {
        event.onset_s = std::max(event.onset_s, 0.0);
        event.end_s = std::min(event.end_s, duration_s);
    }
    std::erase_if(events, [](const Event& event) { return !(event.end_s > event.onset_s); });
    std::ranges::stable_sort(events, {}, &Event::onset_s);
    std::vector<Event> joined;
    for (const auto& event : events) {
        if (joined.empty() || event.onset_s >= joined.back().end_s) {
            joined.push_back(event);
            continue;
        }
        auto& before = joined.back();
        before.end_s = std::max(before.end_s, event.end_s);
        if (before.raised_s && event.raised_s) {
            before.raised_s = std::min(*before.raised_s, *event.raised_s);
        }
    }
    return joined;
}

} // namespace vigil::evaluate
