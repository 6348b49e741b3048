#include "ward/station_board.hpp"

#include "ward/make_entry.hpp"

#include <algorithm>

namespace vigil::ward {

namespace {

constexpr std::size_t most_pages = 1000;
constexpr std::size_t most_heard = 1000; // then whoever was heard longest ago goes
constexpr Microseconds forgotten_after{60'000'000};
constexpr std::size_t most_confirmed = 4096; // then the smallest id goes: it is confirmed again

} // namespace

StationBoard::Page* StationBoard::keep(const PageId& id, v1::AudioState audio, bool visible) {
    // of another ward that died without a word, in time
    std::erase_if(pages_, [&](const auto& one) {
        return !one.first.ward.empty() && one.second.heard + forgotten_after < clock_.steady();
    });
    if (pages_.size() >= most_pages && !pages_.contains(id)) {
        return nullptr;
    }
    auto& kept = pages_[id];
    kept.report.set_audio(audio);
    kept.report.set_visible(visible);
    kept.heard = clock_.steady();
    kept.heard_us = to_us(clock_.utc());
    if (heard_us_.size() >= most_heard && !heard_us_.contains(id.station)) {
        heard_us_.erase(std::ranges::min_element(heard_us_, {}, [](const auto& one) {
            return one.second;
        }));
    }
    heard_us_[id.station] = kept.heard_us;
    return &kept;
}

void StationBoard::take(
    const std::string& station,
    std::uint64_t page,
    const v1::StationReport& report
) {
    {
        const std::scoped_lock lock(mutex_);
        const PageId id{.station = station, .ward = {}, .number = page};
        const auto known = pages_.find(id);
        const bool is_news = known == pages_.end() ||
                             known->second.report.audio() != report.audio() ||
                             known->second.report.visible() != report.visible() ||
                             known->second.told + told_every <= clock_.steady();
        auto* const kept = keep(id, report.audio(), report.visible());
        if (kept == nullptr || options_.ward.empty() || !is_news) {
            return;
        }
        kept->told = clock_.steady();
    }
    v1::StationHeard heard;
    heard.set_station(station);
    heard.set_page(page);
    heard.set_audio(report.audio());
    heard.set_visible(report.visible());
    tell(std::move(heard));
}

void StationBoard::closed(const std::string& station, std::uint64_t page) {
    {
        const std::scoped_lock lock(mutex_);
        const bool was_there = pages_.erase({.station = station, .ward = {}, .number = page}) > 0;
        if (!was_there || options_.ward.empty()) {
            return;
        }
    }
    v1::StationHeard heard;
    heard.set_station(station);
    heard.set_page(page);
    heard.set_closed(true);
    tell(std::move(heard));
}

/// One that is not stored is told again two seconds later.
void StationBoard::tell(v1::StationHeard heard) {
    const auto now_us = to_us(clock_.utc());
    heard.set_ward(options_.ward);
    heard.set_at_us(now_us);
    const EntryParts parts{.type = v1::STATION_HEARD, .at_us = now_us};
    journal_.append(
        {.entries = {make_entry(parts, heard, directory_, random_)}, .fences = {}},
        [](const Result<journal::Appended>&) {}
    );
}

void StationBoard::apply(const v1::Entry& entry) {
    v1::StationHeard heard;
    if (entry.type() != v1::STATION_HEARD || !heard.ParseFromString(entry.payload()) ||
        heard.ward().empty() || heard.ward() == options_.ward) {
        return;
    }
    const PageId id{.station = heard.station(), .ward = heard.ward(), .number = heard.page()};
    const std::scoped_lock lock(mutex_);
    if (heard.closed()) {
        pages_.erase(id);
    } else {
        keep(id, heard.audio(), heard.visible());
    }
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
    auto entry = make_entry(
        {.type = v1::ALARM_CONFIRMED,
         .patient = alarm.patient(),
         .source = source_of(station),
         .at_us = now_us},
        confirmed,
        directory_,
        random_
    );
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
        const auto station = state->stations.find(one.first.station);
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
        for (auto at = pages_.lower_bound({.station = id, .ward = {}, .number = 0});
             at != pages_.end() && at->first.station == id;
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
