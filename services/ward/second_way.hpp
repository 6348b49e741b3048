// The second way to people: what no station has confirmed, and what nobody has answered, goes out
// to a receiver of calls and to people's browsers. Every call and every attempt is an entry, so
// that a restart goes on.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/tail.hpp"
#include "vigil/v1/live.pb.h"
#include "ward/call_ledger.hpp"
#include "ward/call_ways.hpp"
#include "ward/second_way_config.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace vigil::ward {

struct SecondWayOptions {
    CallRules rules{};
    std::chrono::milliseconds look_every{100};
    std::chrono::milliseconds remember_every{60'000}; // a restart reads back so far at most
    const http::PushKey* push_key = nullptr; // outlives it; needed where there is a push contact
    /// Of several wards over one journal only the one on duty calls; the others follow what it
    /// does.
    std::function<bool()> on_duty = [] { return true; };
};

/// Runs two threads: one follows the journal, one calls while this ward is on duty. Where an entry
/// cannot be written the call goes out all the same.
///
/// threads any
class SecondWay {
public:
    /// errors  those of the journal
    static Result<std::unique_ptr<SecondWay>> start(
        journal::Journal& journal,
        const access::Directory& directory,
        const Clock& clock,
        Random& random,
        Log& log,
        Metrics& metrics,
        SecondWayConfig config,
        SecondWayOptions options = {}
    );
    ~SecondWay();
    SecondWay(const SecondWay&) = delete;

    /// The newest calls and their attempts, the newest first.
    void list(const http::Request& request, http::Reply reply);
    /// Makes a call that says it is a test: 202 with its id.
    void try_out(const http::Request& request, http::Reply reply);

    void show(v1::LiveFrame& frame) const;

    /// The journal may be freed up to here.
    [[nodiscard]] journal::Sequence reached() const { return remembered_; }

private:
    SecondWay(
        journal::Journal& journal,
        const access::Directory& directory,
        const Clock& clock,
        Random& random,
        Log& log,
        Metrics& metrics,
        SecondWayConfig config,
        SecondWayOptions options
    );

    void follow(journal::Sequence after);
    void run(const std::stop_token& stop);
    void make_due_calls();
    /// False: no call's turn has come.
    bool take_turn();
    [[nodiscard]] std::size_t waiting() const;
    void remember();
    void note_memory(const v1::Entry& entry);
    /// How an attempt is told.
    v1::CallAttempt attempt_of(const CallLedger::Turn& turn, const Tried& tried);
    /// Browsers that their push service does not know any more.
    void end(const std::vector<v1::PushBrowser>& browsers);
    /// False: it could not be written.
    bool append(
        v1::EntryType type,
        const std::string& patient,
        const google::protobuf::MessageLite& payload,
        std::string key = {}
    );
    bool append(v1::Entry entry);

    journal::Journal& journal_;
    const access::Directory& directory_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
    const SecondWayOptions options_;
    CallWays ways_;
    prometheus::Counter& delivered_;
    prometheus::Counter& failed_;
    prometheus::Gauge& waiting_;
    mutable std::mutex mutex_;
    CallLedger ledger_;
    std::atomic<journal::Sequence> remembered_ = 0;
    std::unique_ptr<journal::Tail> tail_;
    std::jthread caller_;
};

} // namespace vigil::ward
