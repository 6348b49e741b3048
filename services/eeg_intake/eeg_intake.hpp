// The service: block intake, open streams and waiting answers of the old contract. main.cpp makes
// one, gives its routes to a server and the journal's tail to apply().
#pragma once

#include "eeg_intake/block_intake.hpp"
#include "eeg_intake/detection_waiter.hpp"
#include "eeg_intake/open_streams.hpp"

#include <set>
#include <span>
#include <thread>

namespace vigil::eeg_intake {

/// Old-contract answers that wait for their detection at the same time.
inline constexpr std::size_t max_waiting_answers = 4096;

/// threads any
class EegIntake {
public:
    explicit EegIntake(Dependencies dependencies)
        : on(dependencies), blocks(dependencies), waiter(max_waiting_answers) {}

    /// Starts the thread that ends waiting answers at their deadline. Without it (simulation,
    /// tests) call waiter.expire().
    void start() {
        expiry_ =
            std::jthread([this](std::stop_token stop) { waiter.run(std::move(stop), on.clock); });
    }

    /// Takes the journal's tail, all of it, in order.
    void apply(std::span<const journal::StoredPtr> entries) {
        blocks.apply(entries);
        waiter.apply(entries);
        streams.apply(entries);
    }

    Dependencies on;
    BlockIntake blocks;
    DetectionWaiter waiter;
    OpenStreams streams;

private:
    std::jthread expiry_;
};

} // namespace vigil::eeg_intake
