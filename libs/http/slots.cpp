#include "http/slots.hpp"

namespace vigil::http {

void Slots::measure(Metrics& metrics, const std::string& route) {
    const Metrics::Labels labels{{"route", route}};
    arrivals_ = &metrics.counter(
        "vigil_http_arrivals_total",
        "Requests that asked for a slot of the route.",
        labels
    );
    refused_ = &metrics.counter(
        "vigil_http_slots_refused_total",
        "Those of them that found all slots in use.",
        labels
    );
    in_service_ = &metrics.gauge("vigil_http_in_service", "Slots of the route in use.", labels);
    service_ = &metrics.duration_seconds(
        "vigil_http_service_seconds",
        "From a request's slot to its handler's answer.",
        labels
    );
    metrics.gauge("vigil_http_slots", "Slots of the route.", labels)
        .Set(static_cast<double>(most_));
}

bool Slots::take() {
    auto held = held_.load(std::memory_order_relaxed);
    do {
        if (held >= most_) {
            refuse();
            return false;
        }
    } while (!held_.compare_exchange_weak(held, held + 1, std::memory_order_relaxed));
    if (arrivals_ != nullptr) {
        arrivals_->Increment();
        in_service_->Increment();
    }
    return true;
}

void Slots::refuse() {
    if (refused_ != nullptr) {
        arrivals_->Increment();
        refused_->Increment();
    }
}

void Slots::give_back(const Clock& clock, SteadyTime taken) {
    held_.fetch_sub(1, std::memory_order_relaxed);
    const std::scoped_lock lock(mutex_);
    if (service_ != nullptr) {
        in_service_->Decrement();
        const std::chrono::duration<double> served = clock.steady() - taken;
        service_->Observe(served.count());
    }
}

void Slots::close() {
    const std::scoped_lock lock(mutex_);
    service_ = nullptr;
}

Response slots_full(std::size_t most, std::string_view request_id) {
    return problem(
        fail(
            ErrorCode::overloaded,
            "All " + std::to_string(most) +
                " slots of this call are in use; nothing of the request was taken. Send it again "
                "after the seconds of Retry-After.",
            {},
            {},
            Retry::safe
        )
            .error(),
        request_id
    );
}

} // namespace vigil::http
