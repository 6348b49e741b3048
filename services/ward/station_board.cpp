#include "ward/station_board.hpp"

#include <algorithm>

namespace vigil::ward {

namespace {

constexpr std::size_t most_pages = 1000;
constexpr std::size_t most_heard = 1000;     // then whoever was heard longest ago goes
constexpr std::size_t most_confirmed = 4096; // then the smallest id goes: it is confirmed again

} // namespace

void StationBoard::take(
    const std::string& station,
    std::uint64_t page,
    const v1::StationReport& report
) {
    const std::scoped_lock lock(mutex_);
    if (pages_.size() >= most_pages && !pages_.contains({station, page})) {
        return;
    }
    auto& kept = pages_[{station, page}];
    kept.report.set_audio(report.audio());
    kept.report.set_visible(report.visible());
    kept.heard = clock_.steady();
    kept.heard_us = to_us(clock_.utc());
    if (heard_us_.size() >= most_heard && !heard_us_.contains(station)) {
        heard_us_.erase(std::ranges::min_element(heard_us_, {}, [](const auto& one) {
            return one.second;
        }));
    }
    heard_us_[station] = kept.heard_us;
}

void StationBoard::closed(const std::string& station, std::uint64_t page) {
    const std::scoped_lock lock(mutex_);
    pages_.erase({station, page});
}

void StationBoard::confirm(const std::string& station, const v1::Alarm& alarm) {
    {
        const std::scoped_lock lock(confirmed_->mutex);
        auto& revisions = confirmed_->revisions;
        auto& revision = revisions[alarm.id()];
        if (revision >= std::max(alarm.urgent_revision(), 1U)) {
            return;
        }
        revision = alarm.revision();
        if (revisions.size() > most_confirmed) {
            revisions.erase(revisions.begin());
        }
    }
    const auto now_us = to_us(clock_.utc());
    v1::AlarmConfirmed confirmed;
    confirmed.set_patient(alarm.patient());
    confirmed.set_alarm(alarm.id());
    confirmed.set_revision(alarm.revision());
    confirmed.set_station(station);
    confirmed.set_at_us(now_us);
    v1::Entry entry;
    entry.set_id(random_id(random_));
    entry.set_type(v1::ALARM_CONFIRMED);
    entry.set_schema_version(1);
    entry.set_source(std::string("station/") + station);
    entry.set_patient(alarm.patient());
    entry.set_partition(journal::partition_of(alarm.patient(), directory_.state()->partitions));
    entry.set_receipt_time_us(now_us);
    confirmed.SerializeToString(entry.mutable_payload());
    journal_.append(
        {.entries = {std::move(entry)}, .fences = {}},
        [&log = log_, known = confirmed_, id = alarm.id()](const Result<journal::Appended>& done) {
            if (!done) {
                log.error("confirmation_not_stored", done.error());
                const std::scoped_lock lock(known->mutex);
                known->revisions.erase(id); // the next report tries again
            }
        }
    );
}

bool StationBoard::listens(const v1::StationReport& report) {
    return report.visible() && report.audio() == v1::AUDIO_ON;
}

bool StationBoard::listens(const Page& page) const {
    return listens(page.report) && page.heard + counts_for >= clock_.steady();
}

bool StationBoard::watched() const {
    const auto state = directory_.state();
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(pages_, [&](const auto& one) {
        const auto station = state->stations.find(one.first.first);
        return station != state->stations.end() && station->second.revoked_us() == 0 &&
               listens(one.second);
    });
}

void StationBoard::show(v1::LiveFrame& frame) const {
    const auto state = directory_.state();
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, station] : state->stations) {
        if (station.revoked_us() != 0) {
            continue;
        }
        auto& shown = *frame.add_stations();
        shown.set_id(id);
        shown.set_label(station.label());
        for (auto at = pages_.lower_bound({id, 0}); at != pages_.end() && at->first.first == id;
             ++at) {
            const auto& page = at->second;
            const bool better = listens(page) || page.heard_us > shown.heard_us();
            if (better && !shown.listens()) {
                shown.set_audio(page.report.audio());
                shown.set_visible(page.report.visible());
                shown.set_listens(listens(page));
                shown.set_heard_us(page.heard_us);
            }
        }
        if (const auto heard = heard_us_.find(id); heard != heard_us_.end()) {
            shown.set_heard_us(heard->second);
        }
    }
}

} // namespace vigil::ward
