// Pushes the live state to every open page: one burst a tick, a frame made once for all pages with
// the same view.
#pragma once

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "http/message.hpp"
#include "journal/new_entries.hpp"
#include "journal/tail.hpp"
#include "ward/live_state.hpp"
#include "ward/station_board.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <tuple>
#include <vector>

namespace vigil::ward {

struct LiveFeedOptions {
    std::chrono::milliseconds tick{50};
    journal::Pace pace{.pause = std::chrono::milliseconds(25), .enough = 256}; // of reading
    std::chrono::milliseconds status_every{1000
    }; // each page hears of each patient's state at least so often
    std::size_t pages = 1000;
};

/// Follows the journal and feeds the pages; stops when destroyed.
/// threads any
class LiveFeed {
public:
    /// `directory` is loaded: it says what is off.
    LiveFeed(
        journal::Journal& journal,
        const access::Directory& directory,
        StationBoard& board,
        const Clock& clock,
        Log& log,
        Metrics& metrics,
        std::string version,
        LiveFeedOptions options = {}
    );
    ~LiveFeed();
    LiveFeed(const LiveFeed&) = delete;

    /// A peer for one page's WebSocket. errors  overloaded: `pages` are open already
    Result<std::shared_ptr<http::WebSocketPeer>> open_page(const http::Principal& who);

    /// Adds to whole frames and to those of each second. Call it before the routes are served.
    void add_status(std::function<void(v1::LiveFrame&)> status) {
        statuses_.push_back(std::move(status));
    }

    /// What the clocks of devices are worth, since this began.
    [[nodiscard]] std::vector<DeviceClock> device_clocks() {
        const std::scoped_lock lock(state_mutex_);
        return state_.device_clocks();
    }

    /// Receipt time of the detector's newest clock entry that came back out of the journal; 0 =
    /// none.
    [[nodiscard]] std::int64_t chain_us() {
        const std::scoped_lock lock(state_mutex_);
        return state_.chain_us();
    }

    /// The pages have what the journal has up to here.
    [[nodiscard]] journal::Sequence reached() const { return tail_->reached(); }

private:
    class Page;
    /// What a page is to be sent next: behind which entry, which patients (none: all), how many
    /// channels of each.
    using PageNeed = std::tuple<journal::Sequence, std::vector<std::string>, std::uint32_t>;

    struct Message {
        std::shared_ptr<const std::string> text{}; // null: there is nothing to say
        journal::Sequence reaches = 0;
    };

    void run(const std::stop_token& stop);
    [[nodiscard]] std::vector<std::shared_ptr<Page>> open_pages();
    [[nodiscard]] Message message_for(const PageNeed& need, UtcTime now, bool status);
    void push(UtcTime now, bool status);
    void take_report(const Page& page, const v1::StationReport& report);
    void close_refused();

    journal::Journal& journal_;
    const access::Directory& directory_;
    StationBoard& board_;
    const Clock& clock_;
    std::string version_;
    LiveFeedOptions options_;
    prometheus::Gauge& open_pages_;
    prometheus::Counter& sent_bytes_;
    prometheus::Counter& skipped_;
    std::vector<std::function<void(v1::LiveFrame&)>> statuses_;
    std::uint64_t opened_ = 0; // pages so far
    std::mutex state_mutex_;
    LiveState state_;
    std::mutex pages_mutex_;
    std::vector<std::weak_ptr<Page>> pages_;
    std::unique_ptr<journal::Tail> tail_;
    std::jthread ticker_;
};

} // namespace vigil::ward
