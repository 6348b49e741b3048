// The simulator's future, earliest first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace vigil::queueing {

/// At the same moment work ends before new work comes, as a device's next block finds its slot
/// free.
enum class EventKind : std::uint8_t {
    work_ends,    // index: the request
    shared_ends,  // index: the pod, extra: its generation
    pod_is_ready, // index: the pod
    batch_ends,   //
    scaler_looks, // index: the station
    comes_back,   // index: the request
    sender_sends, // index: the sender, extra: the source
};

struct Event {
    double time_s = 0;
    std::uint64_t order = 0; // kind, then the order in which they were planned
    std::uint32_t index = 0;
    std::uint32_t extra = 0;

    [[nodiscard]] EventKind kind() const { return static_cast<EventKind>(order >> 56U); }

    friend bool operator>(const Event& a, const Event& b) {
        return a.time_s > b.time_s || (a.time_s == b.time_s && a.order > b.order);
    }
};

class EventQueue {
public:
    void plan(double time_s, EventKind kind, std::uint32_t index = 0, std::uint32_t extra = 0) {
        const std::uint64_t order = (static_cast<std::uint64_t>(kind) << 56U) | planned_++;
        events_.push_back({time_s, order, index, extra});
        std::ranges::push_heap(events_, std::greater<>{});
    }

    [[nodiscard]] bool empty() const { return events_.empty(); }

    Event next() {
        std::ranges::pop_heap(events_, std::greater<>{});
        const Event event = events_.back();
        events_.pop_back();
        return event;
    }

private:
    std::vector<Event> events_;
    std::uint64_t planned_ = 0;
};

} // namespace vigil::queueing
