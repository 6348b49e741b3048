// The built-in test patient's alarms: they try the whole chain, from the intake to a station. Each
// that arrives there feeds a watcher outside, which calls people when it hears nothing for too
// long.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "journal/tail.hpp"
#include "vigil/v1/live.pb.h"
#include "ward/second_way_config.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vigil::ward {

struct ChainTrialOptions {
    std::chrono::seconds every{600}; // from seizure to seizure
    /// One that no station has confirmed is acknowledged all the same, so that the next is new; the
    /// watcher then hears nothing.
    std::chrono::milliseconds acknowledge_after{60'000};
    std::chrono::milliseconds look_every{200};
    unsigned tries = 3; // of one signal
    std::chrono::milliseconds pause{2000};
    /// Of several wards over one journal only the one on duty acknowledges and signals.
    std::function<bool()> on_duty = [] { return true; };
};

/// Only a seizure counts, and only once a station has confirmed it: shown and sounded there.
/// threads any
class ChainTrial {
public:
    ChainTrial(
        journal::Journal& journal,
        const access::Directory& directory,
        const Clock& clock,
        Random& random,
        Log& log,
        SecondWayConfig config,
        ChainTrialOptions options = {}
    );
    ~ChainTrial();
    ChainTrial(const ChainTrial&) = delete;

    void show(v1::LiveFrame& frame) const;

private:
    struct Known {
        v1::Alarm alarm;
        SteadyTime since;
        bool confirmed = false;
        bool acknowledging = false;
    };

    void apply(const v1::Entry& entry);
    void take_alarm(const v1::Alarm& alarm);
    void take_confirmation(const std::string& alarm);
    void append(
        v1::EntryType type,
        const std::string& patient,
        const google::protobuf::MessageLite& payload
    );
    void run(const std::stop_token& stop);
    [[nodiscard]] std::vector<v1::Alarm> to_acknowledge();
    void acknowledge(const v1::Alarm& alarm);
    void signal();

    journal::Journal& journal_;
    const access::Directory& directory_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
    const SecondWayConfig config_;
    const ChainTrialOptions options_;
    const std::int64_t since_us_;
    mutable std::mutex mutex_;
    std::map<std::string, Known> alarms_; // those that are on, by id
    unsigned tries_left_ = 0;             // of the signal that is due
    SteadyTime next_try_;
    std::int64_t arrived_us_ = 0;
    std::int64_t signalled_us_ = 0;
    std::string trouble_;
    std::unique_ptr<journal::Tail> tail_;
    std::jthread worker_;
};

} // namespace vigil::ward
