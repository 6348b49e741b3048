// The slots of one route: how many requests it holds at once, and what it counts for sizing. Used
// by admission and connections.
#pragma once

#include "base/metrics.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace vigil::http {

/// A request takes a slot when it has come whole, so that a slow or half-sent one holds none, and
/// gives it back when its handler answers, whether or not the client still reads. One that finds
/// all in use is refused at once, before its body is read where they are full by then. Each
/// arrival is either taken or refused.
///
/// threads any
class Slots {
public:
    /// Before the first request; 0 until then.
    void open(std::size_t most) { most_ = most; }

    /// Makes the metrics of `route` and counts from then on.
    void measure(Metrics& metrics, const std::string& route);

    [[nodiscard]] std::size_t most() const { return most_; }

    [[nodiscard]] std::size_t held() const { return held_.load(std::memory_order_relaxed); }

    [[nodiscard]] bool full() const { return held() >= most_; }

    /// False, and counted as refused, where all are in use. Each success is followed by one
    /// give_back().
    [[nodiscard]] bool take();
    void refuse();
    /// Any time, also after close(): `clock` is then not looked at.
    void give_back(const Clock& clock, SteadyTime taken);
    /// The server ends: metrics and clock, which are not its own, are used no more.
    void close();

private:
    std::size_t most_ = 0;
    std::atomic<std::size_t> held_{0};
    std::mutex mutex_; // guards what follows against close(), for answers that outlive the server
    prometheus::Counter* arrivals_ = nullptr;
    prometheus::Counter* refused_ = nullptr;
    prometheus::Gauge* in_service_ = nullptr;
    prometheus::Histogram* service_ = nullptr;
};

/// 503 for a request that found all slots in use.
[[nodiscard]] Response slots_full(std::size_t most, std::string_view request_id);

} // namespace vigil::http
