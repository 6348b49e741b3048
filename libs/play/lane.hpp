// One connection's worth of sending: takes items out of its patients' outboxes and settles them.
// Used by the player.
#pragma once

#include "play/outbox.hpp"
#include "play/pauses.hpp"
#include "play/play_options.hpp"
#include "play/sender.hpp"
#include "play/socket_sender.hpp"
#include "play/tally.hpp"
#include "signal/synthetic/noise.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace vigil::play {

/// A patient as the lanes see it.
struct Box {
    Box(std::string patient_id,
        std::string device_key,
        std::size_t live_items,
        MemoryBudget& budget,
        std::optional<SpoolFile> spool,
        std::optional<SpoolFile> aside)
        : patient(std::move(patient_id)),
          key(std::move(device_key)),
          outbox(live_items, budget, std::move(spool), std::move(aside)) {}

    std::string patient;
    std::string key;
    Outbox outbox;
};

/// threads its own; wake() and the destructor from any
class LaneWorker {
public:
    LaneWorker(
        Lane lane,
        const PlayOptions& options,
        std::vector<Box*> boxes,
        Tally& tally,
        std::uint64_t seed
    );

    /// There is something to take.
    void wake();

    void stop() { thread_.request_stop(); }

private:
    void work(const std::stop_token& stop);
    void deliver(Box& box, std::vector<Item> items);
    [[nodiscard]] Answer transmit(Box& box, const std::vector<Item>& items);
    /// Returns true when something is to be tried again, after a pause.
    bool settle(Box& box, std::vector<Item> items, const Answer& answer);
    /// The server is away, or it fails on one of these: what it takes meanwhile tells which.
    void doubt(Box& box, std::vector<Item> items, const std::string& why);
    /// Later, or never again in this run.
    void put_off(Box& box, std::vector<Item> failed, const std::string& why);
    /// One after the other, since one of them spoils the request of all.
    void send_alone(Box& box, std::vector<Item> items);
    void pause(std::optional<std::chrono::milliseconds> asked);
    void idle(const std::stop_token& stop);

    const Lane lane_;
    const PlayOptions& options_;
    const std::vector<Box*> boxes_;
    Tally& tally_;
    signal::WhiteNoise jitter_;
    Sender sender_;
    std::vector<std::unique_ptr<SocketSender>>
        sockets_; // as boxes_; only of a live lane that was asked for them
    Pauses pauses_;
    std::stop_token stop_;

    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool woken_ = false;
    std::jthread thread_; // last: it uses all the others
};

} // namespace vigil::play
