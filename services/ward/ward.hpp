// The ward service whole: the pages' feed, who may do what, stations, the second way, and the trial
// of the chain. Made by `vigil serve` and by the program `ward`.
#pragma once

#include "ward/administration.hpp"
#include "ward/alarm_desk.hpp"
#include "ward/chain_sender.hpp"
#include "ward/chain_trial.hpp"
#include "ward/device_desk.hpp"
#include "ward/hash_queue.hpp"
#include "ward/live_feed.hpp"
#include "ward/mark_desk.hpp"
#include "ward/person_gate.hpp"
#include "ward/push_desk.hpp"
#include "ward/second_way.hpp"
#include "ward/second_way_config.hpp"
#include "ward/sign_in.hpp"
#include "ward/sizing_board.hpp"
#include "ward/station_board.hpp"
#include "ward/station_desk.hpp"
#include "ward/video_desk.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vigil::ward {

/// What a ward stands on; all of it outlives it. The directory is loaded.
struct Ground {
    journal::Journal& journal;
    access::Directory& directory;
    const access::Secret& secret;
    const Clock& clock;
    Random& random;
    Log& log;
    Metrics& metrics;
};

struct WardOptions {
    bool secure_cookie = false;
    std::filesystem::path second_way{
    }; // the file that says where alarms are called to; empty: nowhere
    bool test_patient = false;
    std::chrono::seconds test_every{600};
    /// Models that may be assigned; none: any name may.
    std::vector<LoadedModel> models{};
    /// As StationBoardOptions::ward.
    std::string name{};
    /// Of several wards over one journal only the one on duty calls people and tries the chain.
    std::function<bool()> on_duty = [] { return true; };
};

/// threads  any: apply and reached; one: the others, before anything is served or after it
class Ward {
public:
    /// errors  those of read_second_way, push_key and SecondWay::start
    static Result<std::unique_ptr<Ward>> start(const Ground& on, WardOptions options);
    ~Ward();
    Ward(const Ward&) = delete;

    /// This outlives the router.
    void add_routes(http::Router& router);

    /// The test patient's device sends to this intake from now on; nothing without a test patient.
    void send_test_data(std::string intake_url);

    /// Ends that stream on purpose: while the intake still answers.
    void end_test_data() { chain_sender_.reset(); }

    /// An entry of the journal's tail: stations of other wards.
    void apply(const v1::Entry& entry) { stations_.apply(entry); }

    /// Pages and calls need nothing of the journal up to here any more.
    [[nodiscard]] journal::Sequence reached() const;

private:
    Ward(const Ground& on, WardOptions options, SecondWayConfig where, http::PushKey key);
    /// errors  those of SecondWay::start
    Result<void> start_calls();

    const Ground on_;
    const WardOptions options_;
    const SecondWayConfig where_;
    const http::PushKey push_key_;
    std::unique_ptr<HashQueue> hashes_;
    StationBoard stations_;
    std::unique_ptr<SecondWay> second_way_; // null: nobody is called
    std::unique_ptr<ChainTrial> chain_trial_;
    std::unique_ptr<LiveFeed> feed_;
    SignIn sign_in_;
    StationDesk station_desk_;
    PersonGate persons_;
    SizingBoard sizing_;
    Administration administration_;
    AlarmDesk alarm_desk_;
    DeviceDesk device_desk_;
    MarkDesk mark_desk_;
    VideoDesk video_desk_;
    PushDesk push_desk_;
    std::unique_ptr<ChainSender> chain_sender_;
};

} // namespace vigil::ward
