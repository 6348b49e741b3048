#include "ward/duty.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace vigil::ward {

namespace {

constexpr std::uint32_t the_duty = 0; // the only share of the table

} // namespace

Duty::Duty(
    journal::Leases& leases,
    const Clock& clock,
    Log& log,
    std::string name,
    DutyOptions options
)
    : log_(log), options_(options), membership_(leases, clock, std::move(name), options.ttl) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Duty::~Duty() {
    thread_.request_stop();
    thread_.join();
    if (const auto left = membership_.leave(); !left) {
        log_.error("ward_duty_not_left", left.error());
    }
}

bool Duty::is_on() const {
    return holds_;
}

void Duty::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    bool failing = false;
    while (!stop.stop_requested()) {
        const auto table = membership_.renew([this](journal::LeaseTable& shares) {
            shares.holders.try_emplace(the_duty, membership_.name()); // who is dead was taken out
        });
        if (!table && !std::exchange(failing, true)) { // once
            log_.error("ward_duty_unknown", table.error());
        }
        if (table) {
            failing = false;
            const bool holds = table->holds(the_duty, membership_.name());
            const bool held = holds_.exchange(holds);
            if (holds && !held) {
                log_.info("ward_on_duty");
            } else if (held && !holds) {
                log_.info("ward_off_duty");
            }
        }
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, options_.renew_every, [] { return false; });
    }
}

} // namespace vigil::ward
