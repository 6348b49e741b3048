#include "queueing/simulator.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::queueing {

Simulator::StationState::StationState(
    const Station& station,
    std::uint64_t seed,
    std::uint64_t number
)
    : plan(&station),
      own_cores(station.pods.own_cores()),
      service(seed, 3 * number),
      choice(seed, 3 * number + 1),
      senders(seed, 3 * number + 2),
      turns(station.pods.dispatchers) {
    if (station.scaler) {
        scaler.emplace(*station.scaler);
    }
}

Simulator::Simulator(const SimulationPlan& plan) : plan_(plan) {
    for (std::uint32_t number = 0; number < plan.stations.size(); ++number) {
        auto& station = stations_.emplace_back(plan.stations[number], plan.seed, number);
        station.attempts.resize(plan.batches + 1);
        station.requests.resize(plan.batches + 1);
        for (std::uint64_t pod = 0; pod < plan.stations[number].pods.pods; ++pod) {
            add_pod(number, true);
        }
        if (station.scaler) {
            events_.plan(station.plan->scaler->interval_s, EventKind::scaler_looks, number);
        }
    }
    constexpr std::uint64_t after_the_stations = std::uint64_t{1} << 32U;
    for (std::uint32_t source = 0; source < plan.senders.size(); ++source) {
        sources_.emplace_back(plan.seed, after_the_stations + source);
        add_senders(source);
    }
    events_.plan(plan.warm_up_s, EventKind::batch_ends);
}

Result<SimulationResult> Simulator::run() {
    while (batch_ <= plan_.batches) {
        const Event event = events_.next();
        now_s_ = event.time_s;
        handle(event);
        if (requests_.size() > plan_.most_requests) {
            return fail(
                ErrorCode::unprocessable,
                std::format(
                    "more than {} requests are served, wait or come back at once: the load cannot "
                    "be carried",
                    plan_.most_requests
                )
            );
        }
    }
    return result();
}

void Simulator::handle(const Event& event) {
    ++handled_;
    switch (event.kind()) {
        case EventKind::work_ends:
            work_ends(event.index);
            break;
        case EventKind::shared_ends:
            shared_ends(event.index, event.extra);
            break;
        case EventKind::pod_is_ready:
            pod_is_ready(event.index);
            break;
        case EventKind::batch_ends:
            batch_ends();
            break;
        case EventKind::scaler_looks:
            scale(event.index);
            break;
        case EventKind::comes_back:
            if (!offer(event.index)) {
                come_back_or_give_up(event.index);
            }
            break;
        case EventKind::sender_sends:
            send(event.index);
            break;
    }
}

void Simulator::add_senders(std::uint32_t source) {
    auto& random = sources_[source];
    const auto add = [&](double first_s, double sends_s) {
        senders_.push_back({.source = source, .first_s = first_s});
        const auto number = static_cast<std::uint32_t>(senders_.size() - 1);
        events_.plan(sends_s, EventKind::sender_sends, number);
    };
    const auto& how = plan_.senders[source].how;
    if (const auto* renewal = std::get_if<Renewal>(&how)) {
        add(0, renewal->gap_s.draw(random));
    } else if (const auto* periodic = std::get_if<Periodic>(&how)) {
        for (std::uint32_t i = 0; i < periodic->senders; ++i) {
            const double first_s = periodic->phase_s * random.uniform();
            add(first_s, first_s + periodic->jitter_s * random.uniform());
        }
    } else if (const auto* burst = std::get_if<Burst>(&how)) {
        for (std::uint32_t i = 0; i < burst->senders; ++i) {
            add(0, burst->at_s + burst->spread_s * random.uniform());
        }
    }
}

void Simulator::send(std::uint32_t sender) {
    auto& state = senders_[sender];
    auto& random = sources_[state.source];
    const auto& senders = plan_.senders[state.source];
    if (const auto* renewal = std::get_if<Renewal>(&senders.how)) {
        events_.plan(now_s_ + renewal->gap_s.draw(random), EventKind::sender_sends, sender);
    } else if (const auto* periodic = std::get_if<Periodic>(&senders.how)) {
        ++state.sent;
        const double due_s = state.first_s + static_cast<double>(state.sent) * periodic->period_s;
        const double late_s = periodic->jitter_s > 0 ? periodic->jitter_s * random.uniform() : 0;
        events_.plan(std::max(now_s_, due_s + late_s), EventKind::sender_sends, sender);
    }
    request_at(static_cast<std::uint32_t>(senders.station));
}

std::uint32_t Simulator::new_request(std::uint32_t station, std::uint32_t parent) {
    const Request request{.station = station, .parent = parent};
    ++stations_[station].requests[batch_].all;
    if (free_.empty()) {
        requests_.push_back(request);
        return static_cast<std::uint32_t>(requests_.size() - 1);
    }
    const auto number = free_.back();
    free_.pop_back();
    requests_[number] = request;
    return number;
}

void Simulator::request_at(std::uint32_t station) {
    const auto request = new_request(station, nobody);
    if (!offer(request)) {
        come_back_or_give_up(request);
    }
}

bool Simulator::offer(std::uint32_t number) {
    auto& request = requests_[number];
    auto& station = stations_[request.station];
    auto& batch = station.attempts[batch_];
    ++request.attempts;
    ++batch.all;
    request.pod = choose(station);
    if (request.pod != nobody) {
        auto& pod = pods_[request.pod];
        request.accepted_s = now_s_;
        if (pod.used < station.plan->pods.slots) {
            begin(number);
            return true;
        }
        if (pod.waiting.size() < station.plan->waiting_room) {
            pod.waiting.push_back(number);
            return true;
        }
    }
    ++batch.part;
    return false;
}

void Simulator::begin(std::uint32_t number) {
    auto& request = requests_[number];
    auto& station = stations_[request.station];
    auto& pod = pods_[request.pod];
    ++pod.used;
    station.used.add(now_s_, 1);
    if (batch_ > 0) {
        station.waits.add(now_s_ - request.accepted_s);
    }
    const double work_s = station.plan->service_s.draw(station.service);
    if (station.own_cores) {
        station.cores.add(now_s_, 1);
        events_.plan(now_s_ + work_s, EventKind::work_ends, number);
        return;
    }
    const double cores = station.plan->pods.cores;
    const double busy = pod.work.busy(cores);
    pod.work.add(now_s_, cores, work_s, number);
    station.cores.add(now_s_, pod.work.busy(cores) - busy);
    plan_shared_end(request.pod);
}

void Simulator::shared_ends(std::uint32_t number, std::uint32_t generation) {
    auto& pod = pods_[number];
    if (pod.generation != generation) {
        --handled_; // a plan that another request has changed is no event
        return;
    }
    auto& station = stations_[pod.station];
    const double cores = station.plan->pods.cores;
    const double busy = pod.work.busy(cores);
    const auto request = pod.work.take(now_s_, cores);
    station.cores.add(now_s_, pod.work.busy(cores) - busy);
    plan_shared_end(number);
    work_ends(request);
}

void Simulator::plan_shared_end(std::uint32_t number) {
    auto& pod = pods_[number];
    ++pod.generation;
    if (!pod.work.idle()) {
        const double end_s = pod.work.next_end_s(now_s_, stations_[pod.station].plan->pods.cores);
        events_.plan(end_s, EventKind::shared_ends, number, pod.generation);
    }
}

void Simulator::work_ends(std::uint32_t number) {
    auto& station = stations_[requests_[number].station];
    if (station.own_cores) {
        station.cores.add(now_s_, -1);
    }
    const auto& calls = station.plan->calls;
    if (!calls || (calls->share < 1 && station.senders.uniform() >= calls->share)) {
        finish(number, true);
        return;
    }
    const auto call = new_request(static_cast<std::uint32_t>(calls->to), number);
    if (!offer(call)) {
        ++stations_[calls->to].requests[batch_].part;
        forget(call);
        finish(number, false);
    }
}

void Simulator::finish(std::uint32_t number, bool succeeded) {
    const Request request = requests_[number];
    auto& station = stations_[request.station];
    auto& pod = pods_[request.pod];
    --pod.used;
    station.used.add(now_s_, -1);
    if (batch_ > 0) {
        station.responses.add(now_s_ - request.accepted_s);
        station.last_end_s = now_s_;
        station.failed_below += succeeded ? 0 : 1;
    }
    if (!pod.waiting.empty()) {
        const auto next = pod.waiting.front();
        pod.waiting.pop_front();
        begin(next);
    } else if (pod.state == PodState::draining && pod.used == 0) {
        leave(pod);
    }
    if (request.parent != nobody) {
        forget(number);
        finish(request.parent, succeeded);
    } else if (succeeded) {
        forget(number);
        hand_on(station);
    } else {
        come_back_or_give_up(number);
    }
}

void Simulator::hand_on(StationState& station) {
    const auto& onward = station.plan->onward;
    if (onward.empty()) {
        return;
    }
    double left = station.senders.uniform();
    for (const auto& [to, share] : onward) {
        if (left < share) {
            request_at(static_cast<std::uint32_t>(to));
            return;
        }
        left -= share;
    }
}

void Simulator::come_back_or_give_up(std::uint32_t number) {
    const auto& request = requests_[number];
    auto& station = stations_[request.station];
    const auto& retry = station.plan->retry;
    if (retry.attempts && request.attempts >= *retry.attempts) {
        ++station.requests[batch_].part;
        forget(number);
        return;
    }
    const double grown = retry.after_s * std::pow(retry.factor, request.attempts - 1);
    const double wait_s = std::min(grown, retry.longest_s) *
                          (retry.jitter > 0 ? 1 - retry.jitter * station.senders.uniform() : 1);
    events_.plan(now_s_ + wait_s, EventKind::comes_back, number);
}

void Simulator::batch_ends() {
    if (batch_ == 0) {
        for (auto& station : stations_) {
            station.used_before = station.used.area(now_s_);
            station.cores_before = station.cores.area(now_s_);
            station.pods_before = station.pods.area(now_s_);
            station.most_pods = static_cast<std::uint64_t>(station.pods.level());
        }
        handled_ = 0;
    }
    ++batch_;
    if (batch_ <= plan_.batches) {
        const double share = static_cast<double>(batch_) / plan_.batches;
        events_.plan(plan_.warm_up_s + share * plan_.duration_s, EventKind::batch_ends);
    }
}

SimulationResult Simulator::result() const {
    SimulationResult result{.stations = {}, .events = handled_};
    for (const auto& station : stations_) {
        const std::span<const Batch> attempts(station.attempts);
        const std::span<const Batch> requests(station.requests);
        StationResult one{
            .name = station.plan->name,
            .blocking = share_estimate(attempts.subspan(1)),
            .lost = share_estimate(requests.subspan(1)),
        };
        for (std::size_t batch = 1; batch < attempts.size(); ++batch) {
            one.attempts += attempts[batch].all;
            one.refused += attempts[batch].part;
            one.requests += requests[batch].all;
            one.given_up += requests[batch].part;
        }
        one.failed_below = station.failed_below;
        one.last_end_s = station.last_end_s;
        one.slots_used = (station.used.area(now_s_) - station.used_before) / plan_.duration_s;
        one.cores_used = (station.cores.area(now_s_) - station.cores_before) / plan_.duration_s;
        one.pods = (station.pods.area(now_s_) - station.pods_before) / plan_.duration_s;
        one.most_pods = station.most_pods;
        constexpr double p99 = 0.99;
        one.mean_wait_s = station.waits.mean();
        one.p99_wait_s = station.waits.quantile(p99);
        one.mean_response_s = station.responses.mean();
        one.p99_response_s = station.responses.quantile(p99);
        result.stations.push_back(std::move(one));
    }
    return result;
}

} // namespace vigil::queueing
