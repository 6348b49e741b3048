// Calls to people's browsers by Web Push: whom a call goes to, and one push to each. Used by
// CallWays.
#pragma once

#include "access/directory.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/web_push.hpp"
#include "vigil/v1/station.pb.h"
#include "ward/second_way_config.hpp"
#include "ward/webhook.hpp"

#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace vigil::ward {

/// Runs `work` on a thread of its own, or right here where there is none left.
template <class Work>
void run_beside(std::vector<std::jthread>& threads, Work work) {
    try {
        threads.emplace_back(work);
    } catch (const std::system_error&) {
        work();
    }
}

/// JSON: "call", "reason", "made", and of an alarm "condition", "priority", "patient", "label" (its
/// bed), "since". No name of a person, no sample. A browser's push-worker.js shows it.
[[nodiscard]] std::string push_message(const v1::Call& call);

/// Who ended a browser that its push service does not know any more.
inline constexpr std::string_view push_service = "push service";

/// The browser, ended; its address and keys are not kept.
[[nodiscard]] v1::PushBrowser
ended(v1::PushBrowser browser, std::string_view by, std::int64_t now_us);

/// What became of one push.
struct Pushed {
    v1::PushBrowser browser;
    Delivery delivery{};

    /// The push service does not know the browser any more (RFC 8030, section 7.3).
    [[nodiscard]] bool gone() const { return delivery.status == 404 || delivery.status == 410; }
};

/// threads one
class PushWay {
public:
    /// A push service keeps what it cannot bring yet as long as a call is tried.
    static constexpr std::chrono::seconds keep{3600};
    static constexpr std::chrono::seconds longest_wait{60};

    PushWay(const http::PushKey& key, const SecondWayConfig& config, Random& random)
        : key_(key), contact_(config.push_contact), hosts_(config.push_hosts), random_(random) {}

    /// Browsers that have not ended, of people who may sign in, at push services that may be asked.
    [[nodiscard]] std::vector<v1::PushBrowser> called(const access::DirectoryState& state) const;

    /// One push to each, all at once. A push service that asked to wait (429 or 503 with
    /// Retry-After) is left alone as long, a minute at most: its browsers then have the status 0.
    ///
    /// cost    a thread a browser, and the longest of their answers
    std::vector<Pushed>
    send(std::vector<v1::PushBrowser> browsers, const v1::Call& call, UtcTime now);

private:
    struct Due {
        http::OutgoingRequest request;
        Pushed* into = nullptr;
    };

    [[nodiscard]] std::vector<Due>
    requests_for(std::vector<Pushed>& pushed, const v1::Call& call, UtcTime now);

    const http::PushKey& key_;
    const std::string contact_;
    const PushHosts hosts_;
    Random& random_;
    std::map<std::string, UtcTime> not_before_; // by push service that asked to wait
};

} // namespace vigil::ward
