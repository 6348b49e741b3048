// Which pods there are and which gets a request.
#include "queueing/simulator.hpp"

#include <algorithm>

namespace vigil::queueing {

std::uint32_t Simulator::choose(StationState& station) const {
    const auto& ready = station.ready;
    if (ready.empty()) {
        return nobody;
    }
    const auto drawn = [&] { return ready[station.choice.below(ready.size())]; };
    const auto less_busy = [&](std::uint32_t a, std::uint32_t b) {
        return pods_[b].load() < pods_[a].load() ? b : a;
    };
    switch (station.plan->pods.dispatch) {
        case Dispatch::random:
            break;
        case Dispatch::round_robin: {
            auto& turns = station.turns;
            const auto who = turns.size() == 1 ? 0 : station.choice.below(turns.size());
            return ready[++turns[who] % ready.size()];
        }
        case Dispatch::traefik:
            if (station.rounds.pods() != ready.size()) {
                station.rounds = Rounds(static_cast<std::uint32_t>(ready.size()));
            }
            return ready[station.rounds.next()];
        case Dispatch::two_choices: {
            const auto first = drawn();
            return less_busy(first, drawn());
        }
        case Dispatch::two_distinct: {
            if (ready.size() == 1) {
                return ready.front();
            }
            const auto first = station.choice.below(ready.size());
            const auto second = station.choice.below(ready.size() - 1);
            return less_busy(ready[first], ready[second < first ? second : second + 1]);
        }
        case Dispatch::least_busy:
            return least_busy(station);
    }
    return drawn();
}

std::uint32_t Simulator::least_busy(StationState& station) const {
    const auto& ready = station.ready;
    std::size_t at = station.choice.below(ready.size()); // so that equals are chosen equally
    std::uint32_t best = ready[at];
    for (std::size_t looked = 1; looked < ready.size() && pods_[best].load() > 0; ++looked) {
        at = at + 1 == ready.size() ? 0 : at + 1;
        if (pods_[ready[at]].load() < pods_[best].load()) {
            best = ready[at];
        }
    }
    return best;
}

void Simulator::add_pod(std::uint32_t number, bool at_once) {
    auto& station = stations_[number];
    pods_.push_back({.station = number});
    const auto pod = static_cast<std::uint32_t>(pods_.size() - 1);
    station.pods.add(now_s_, 1);
    station.most_pods =
        std::max(station.most_pods, static_cast<std::uint64_t>(station.pods.level()));
    if (at_once) {
        pods_[pod].state = PodState::ready;
        station.ready.push_back(pod);
        return;
    }
    station.starting.push_back(pod);
    events_.plan(now_s_ + station.plan->start_s.draw(station.choice), EventKind::pod_is_ready, pod);
}

void Simulator::pod_is_ready(std::uint32_t number) {
    auto& pod = pods_[number];
    if (pod.state != PodState::starting) {
        return;
    }
    auto& station = stations_[pod.station];
    pod.state = PodState::ready;
    std::erase(station.starting, number);
    station.ready.push_back(number);
}

/// One that is not ready yet goes first, then the newest.
void Simulator::remove_pod(StationState& station) {
    auto& from = station.starting.empty() ? station.ready : station.starting;
    auto& pod = pods_[from.back()];
    from.pop_back();
    pod.state = PodState::draining;
    if (pod.load() == 0) {
        leave(pod);
    }
}

void Simulator::leave(Pod& pod) {
    pod.state = PodState::gone;
    stations_[pod.station].pods.add(now_s_, -1);
}

void Simulator::scale(std::uint32_t number) {
    auto& station = stations_[number];
    const auto& plan = *station.plan->scaler;
    const bool by_cores = plan.by == ScaleBy::cores;
    const double area = by_cores ? station.cores.area(now_s_) : station.used.area(now_s_);
    const double pod_is =
        by_cores ? station.plan->pods.cores : static_cast<double>(station.plan->pods.slots);
    const double usage = (area - station.scaler_area) / plan.interval_s / pod_is;
    station.scaler_area = area;
    const std::uint64_t current = station.ready.size() + station.starting.size();
    const std::uint64_t wanted = station.scaler->decide(now_s_, current, usage);
    for (std::uint64_t pods = current; pods < wanted; ++pods) {
        add_pod(number, false);
    }
    for (std::uint64_t pods = current; pods > wanted; --pods) {
        remove_pod(station);
    }
    events_.plan(now_s_ + plan.interval_s, EventKind::scaler_looks, number);
}

} // namespace vigil::queueing
