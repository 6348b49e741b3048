// The simulator's state and its steps; simulate() is what others call.
#pragma once

#include "queueing/event_queue.hpp"
#include "queueing/rounds.hpp"
#include "queueing/shared_cores.hpp"
#include "queueing/simulation.hpp"

#include <deque>
#include <limits>

namespace vigil::queueing {

class Simulator {
public:
    explicit Simulator(const SimulationPlan& plan);

    Result<SimulationResult> run();

private:
    static constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

    struct Request {
        std::uint32_t station = 0;
        std::uint32_t pod = nobody;
        std::uint32_t parent = nobody; // whose slot is held meanwhile
        std::uint32_t attempts = 0;
        double accepted_s = 0;
    };

    enum class PodState : std::uint8_t { starting, ready, draining, gone };

    struct Pod {
        std::uint32_t station = 0;
        std::uint32_t used = 0;
        std::uint32_t generation = 0; // of the planned end, where cores are shared
        PodState state = PodState::starting;
        SharedCores work = {};
        std::deque<std::uint32_t> waiting = {};

        [[nodiscard]] std::size_t load() const { return used + waiting.size(); }
    };

    struct StationState {
        StationState(const Station& station, std::uint64_t seed, std::uint64_t number);

        const Station* plan;
        bool own_cores;
        RandomStream service;
        RandomStream choice;
        RandomStream senders;
        std::vector<std::uint32_t> ready = {};
        std::vector<std::uint32_t> starting = {};
        std::vector<std::uint32_t> turns; // of each dispatcher
        Rounds rounds{0};                 // of Traefik, while there are as many pods
        std::optional<Autoscaler> scaler = {};
        double scaler_area = 0;
        TimeAverage used = {};
        TimeAverage cores = {};
        TimeAverage pods = {};
        double used_before = 0; // areas at the end of the warm-up
        double cores_before = 0;
        double pods_before = 0;
        std::uint64_t most_pods = 0;
        std::uint64_t failed_below = 0;
        double last_end_s = 0;
        std::vector<Batch> attempts; // refused of attempts; the first batch is the warm-up
        std::vector<Batch> requests; // given up of requests
        TimeHistogram waits = {};
        TimeHistogram responses = {};
    };

    struct SenderState {
        std::uint32_t source = 0;
        double first_s = 0;
        std::uint64_t sent = 0;
    };

    void handle(const Event& event);
    void add_senders(std::uint32_t source);
    void send(std::uint32_t sender);

    std::uint32_t new_request(std::uint32_t station, std::uint32_t parent);
    void request_at(std::uint32_t station);
    /// False where it is refused.
    bool offer(std::uint32_t request);
    void begin(std::uint32_t request);
    void work_ends(std::uint32_t request);
    void finish(std::uint32_t request, bool succeeded);
    void hand_on(StationState& station);
    void come_back_or_give_up(std::uint32_t request);

    void forget(std::uint32_t request) { free_.push_back(request); }

    [[nodiscard]] std::uint32_t choose(StationState& station) const;
    [[nodiscard]] std::uint32_t least_busy(StationState& station) const;
    void add_pod(std::uint32_t station, bool at_once);
    void pod_is_ready(std::uint32_t pod);
    void remove_pod(StationState& station);
    void leave(Pod& pod);
    void plan_shared_end(std::uint32_t pod);
    void shared_ends(std::uint32_t pod, std::uint32_t generation);
    void scale(std::uint32_t station);
    void batch_ends();

    [[nodiscard]] SimulationResult result() const;

    const SimulationPlan& plan_;
    EventQueue events_;
    std::vector<StationState> stations_;
    std::vector<Pod> pods_;
    std::vector<Request> requests_;
    std::vector<std::uint32_t> free_;
    std::vector<SenderState> senders_;
    std::vector<RandomStream> sources_;
    double now_s_ = 0;
    std::uint32_t batch_ = 0;
    std::uint64_t handled_ = 0;
};

} // namespace vigil::queueing
