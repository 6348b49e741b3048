#include "records/clocks.hpp"

#include "records/stream_time.hpp"

#include <numeric>

namespace vigil::records {

void Clocks::load(std::vector<store::ClockRow> rows) {
    courses_.clear();
    changed_.clear();
    for (auto& row : rows) {
        courses_.insert_or_assign(
            {row.patient, row.device, row.data},
            ClockCourse(std::move(row.course))
        );
    }
}

void Clocks::take(const v1::Entry& entry, const v1::EegBlock& block) {
    if (!block.isolated()) {
        const auto end_us =
            block.start_time_us() +
            length_us(block.samples(), block.rate_numerator(), block.rate_denominator());
        take(entry, {entry.patient(), block.device(), v1::ClockCourse::EEG}, end_us);
    }
}

void Clocks::take(const v1::Entry& entry, const v1::Beats& beats) {
    const auto end_us =
        std::accumulate(beats.rr_us().begin(), beats.rr_us().end(), beats.start_time_us());
    take(entry, {entry.patient(), beats.device(), v1::ClockCourse::BEATS}, end_us);
}

void Clocks::take(const v1::Entry& entry, const v1::Vital& vital) {
    if (vital.name() == "heart_rate" && !vital.batched()) {
        take(
            entry,
            {entry.patient(), vital.source(), v1::ClockCourse::VALUES},
            vital.start_time_us()
        );
    }
}

void Clocks::take(const v1::Entry& entry, Key key, std::int64_t device_us) {
    if (entry.receipt_time_us() != 0 && courses_[key].take(entry.receipt_time_us(), device_us)) {
        changed_.insert(std::move(key));
    }
}

std::vector<CorrectedClock> Clocks::of(const std::string& patient) const {
    std::vector<CorrectedClock> found;
    for (auto at = courses_.lower_bound({patient, {}, v1::ClockCourse::DATA_UNSPECIFIED});
         at != courses_.end() && std::get<0>(at->first) == patient;
         ++at) {
        auto corrections = at->second.corrections();
        if (!corrections.empty()) {
            found.push_back(
                {.device = std::get<1>(at->first),
                 .data = std::get<2>(at->first),
                 .corrections = std::move(corrections),
                 .slope = at->second.slope()}
            );
        }
    }
    return found;
}

std::vector<store::ClockRow> Clocks::changed() const {
    std::vector<store::ClockRow> rows;
    for (const auto& key : changed_) {
        const auto& [patient, device, data] = key;
        rows.push_back(
            {.patient = patient, .device = device, .data = data, .course = courses_.at(key).state()}
        );
    }
    return rows;
}

} // namespace vigil::records
