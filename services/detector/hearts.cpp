#include "detector/hearts.hpp"

#include "detector/partition.hpp"
#include "vigil/v1/vitals.pb.h"

#include <algorithm>
#include <limits>

namespace vigil::detector {

namespace {

v1::HeartChange::State state_of(signal::HeartState state) {
    switch (state) {
        case signal::HeartState::tachycardia:
            return v1::HeartChange::TACHYCARDIA;
        case signal::HeartState::bradycardia:
            return v1::HeartChange::BRADYCARDIA;
        case signal::HeartState::pause:
            return v1::HeartChange::PAUSE;
    }
    return v1::HeartChange::STATE_UNSPECIFIED;
}

v1::HeartChange::Kind kind_of(signal::HeartChange::Kind kind) {
    switch (kind) {
        case signal::HeartChange::Kind::begins:
            return v1::HeartChange::BEGINS;
        case signal::HeartChange::Kind::ends:
            return v1::HeartChange::ENDS;
        case signal::HeartChange::Kind::lost:
            return v1::HeartChange::LOST;
    }
    return v1::HeartChange::KIND_UNSPECIFIED;
}

void add(
    const std::vector<signal::HeartChange>& changes,
    bool are_settled,
    const std::string& key,
    std::vector<v1::HeartChange>& out
) {
    for (const auto& change : changes) {
        auto [patient, device, stream] = stream_name(key);
        auto& message = out.emplace_back();
        message.set_patient(std::move(patient));
        message.set_device(std::move(device));
        message.set_stream(std::move(stream));
        message.set_state(state_of(change.state));
        message.set_kind(kind_of(change.kind));
        message.set_at_us(change.at_us);
        message.set_value(change.value);
        message.set_limit(change.limit);
        message.set_settled(are_settled);
    }
}

void add(
    const signal::HeartUpdate& update,
    const std::string& key,
    std::vector<v1::HeartChange>& out
) {
    add(update.told, false, key, out);
    add(update.settled, true, key, out);
}

} // namespace

std::vector<v1::HeartChange> Hearts::take(const v1::Entry& entry, std::int64_t now_us) {
    switch (entry.type()) {
        case v1::BEATS:
            return take_beats(entry, now_us);
        case v1::VITAL:
            return take_vital(entry, now_us);
        case v1::CLOCK: {
            std::vector<v1::HeartChange> changes;
            for (auto& [key, source] : sources_) {
                add(source.monitor.clock(now_us), key, changes);
            }
            return changes;
        }
        default:
            return {};
    }
}

Hearts::Sources::iterator Hearts::source_of(const std::string& key, std::int64_t now_us) {
    auto place = sources_.find(key);
    if (place == sources_.end()) {
        const auto patient = key.substr(0, key.find('\0'));
        const auto set = limits_.find(patient);
        const auto limits = set == limits_.end() ? signal::HeartLimits{} : set->second;
        place = sources_.emplace(key, Source{.monitor = signal::HeartMonitor(limits)}).first;
    }
    place->second.touched_us = now_us;
    if (sources_.size() > most_sources) {
        sources_.erase(std::ranges::min_element(sources_, {}, [&](const auto& one) {
            return one.first == key ? std::numeric_limits<std::int64_t>::max()
                                    : one.second.touched_us;
        }));
    }
    return place;
}

std::vector<v1::HeartChange> Hearts::take_beats(const v1::Entry& entry, std::int64_t now_us) {
    std::vector<v1::HeartChange> changes;
    v1::Beats beats;
    if (!beats.ParseFromString(entry.payload())) {
        return changes;
    }
    const auto place =
        source_of(stream_key(entry.patient(), beats.device(), beats.stream()), now_us);
    auto& monitor = place->second.monitor;
    add(monitor.clock(now_us), place->first, changes); // no CLOCK is written where nothing waits
    add(monitor.beats(beats), place->first, changes);
    return changes;
}

std::vector<v1::HeartChange> Hearts::take_vital(const v1::Entry& entry, std::int64_t now_us) {
    std::vector<v1::HeartChange> changes;
    v1::Vital vital;
    if (!vital.ParseFromString(entry.payload()) || vital.name() != "heart_rate" ||
        vital.batched()) {
        return changes;
    }
    const auto place = source_of(stream_key(entry.patient(), vital.source(), {}), now_us);
    auto& monitor = place->second.monitor;
    add(monitor.clock(now_us), place->first, changes);
    add(monitor.vital(vital), place->first, changes);
    return changes;
}

void Hearts::set_limits(const std::string& patient, const v1::HeartLimits& limits) {
    const signal::HeartLimits set{
        .bradycardia_bpm = limits.bradycardia_bpm(),
        .tachycardia_bpm = limits.tachycardia_bpm(),
        .pause_s = limits.pause_s(),
    };
    if (!signal::check(set)) {
        return;
    }
    for (auto& [key, source] : sources_) {
        if (stream_name(key).patient == patient) {
            source.monitor.set_limits(set);
        }
    }
    limits_.insert_or_assign(patient, set);
}

bool Hearts::need_clock() const {
    return std::ranges::any_of(sources_, [](const auto& one) {
        return one.second.monitor.waits();
    });
}

void Hearts::remember(v1::Step& checkpoint) const {
    std::vector<Sources::const_pointer> heard_last_first;
    for (const auto& one : sources_) {
        heard_last_first.push_back(&one);
    }
    std::ranges::stable_sort(heard_last_first, std::ranges::greater{}, [](const auto* one) {
        return one->second.touched_us;
    });
    std::size_t bytes = 0;
    for (const auto* one : heard_last_first) {
        auto [patient, device, stream] = stream_name(one->first);
        v1::HeartSeen seen;
        seen.set_patient(std::move(patient));
        seen.set_device(std::move(device));
        seen.set_stream(std::move(stream));
        seen.set_monitor(one->second.monitor.serialize());
        seen.set_touched_us(one->second.touched_us);
        bytes += seen.ByteSizeLong();
        if (bytes > most_memory_bytes) {
            return;
        }
        *checkpoint.add_hearts() = std::move(seen);
    }
}

void Hearts::load(const v1::Step& checkpoint) {
    for (const auto& seen : checkpoint.hearts()) {
        auto monitor = signal::HeartMonitor::restore(seen.monitor());
        if (monitor) {
            sources_.insert_or_assign(
                stream_key(seen.patient(), seen.device(), seen.stream()),
                Source{.monitor = *std::move(monitor), .touched_us = seen.touched_us()}
            );
        }
    }
}

} // namespace vigil::detector
