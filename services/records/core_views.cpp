// What others see of the core: positions, counts and what is pending. Any thread.
#include "records/core.hpp"

#include <algorithm>
#include <iterator>

namespace vigil::records {

journal::Sequence Core::position() const {
    const std::scoped_lock lock(mutex_);
    return position_;
}

journal::Sequence Core::stored_position() const {
    const std::scoped_lock lock(mutex_);
    return stored_;
}

std::size_t Core::pending_bytes() const {
    const std::scoped_lock lock(mutex_);
    return pending_bytes_;
}

CoreCounts Core::counts() const {
    const std::scoped_lock lock(mutex_);
    return counts_;
}

PendingView Core::pending(const std::string& patient) const {
    PendingView view;
    const auto of_patient = [&](const auto& row) { return row.patient == patient; };
    const std::scoped_lock lock(mutex_);
    const auto prefix = patient + '\n';
    for (auto at = streams_.lower_bound(prefix);
         at != streams_.end() && at->first.starts_with(prefix);
         ++at) {
        if (!is_beats(*at->second.info)) {
            view.streams.push_back({at->second.info, at->second.parts});
        }
    }
    std::ranges::copy_if(detections_, std::back_inserter(view.detections), [&](const auto& row) {
        return row.detection.patient() == patient;
    });
    std::ranges::copy_if(events_, std::back_inserter(view.events), [&](const auto& row) {
        return row.event.patient() == patient;
    });
    std::ranges::copy_if(chronicle_, std::back_inserter(view.chronicle), of_patient);
    std::ranges::copy_if(vitals_, std::back_inserter(view.vitals), of_patient);
    std::ranges::copy_if(beats_, std::back_inserter(view.beats), of_patient);
    return view;
}

std::vector<CorrectedClock> Core::clocks(const std::string& patient) const {
    const std::scoped_lock lock(mutex_);
    return clocks_.of(patient);
}

std::vector<store::VitalRow> Core::pending_heart_rates() const {
    std::vector<store::VitalRow> rates;
    const std::scoped_lock lock(mutex_);
    std::ranges::copy_if(vitals_, std::back_inserter(rates), [](const auto& row) {
        return row.vital.name() == "heart_rate";
    });
    return rates;
}

std::vector<store::NewestWindow> Core::newest_windows() const {
    const std::scoped_lock lock(mutex_);
    return newest_.windows();
}

std::map<std::string, NewestTimes> Core::newest_times() const {
    const std::scoped_lock lock(mutex_);
    return newest_.times();
}

} // namespace vigil::records
