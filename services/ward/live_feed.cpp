#include "ward/live_feed.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace vigil::ward {

namespace {

/// Where the live state starts reading: far enough back for what it keeps, near enough to start at
/// once.
constexpr journal::Sequence entries_read_back = 20'000;

journal::Sequence start_of(const journal::Journal& journal) {
    const auto newest = journal.newest();
    const auto back = newest > entries_read_back ? newest - entries_read_back : 0;
    return std::max(back, journal.oldest() - 1);
}

} // namespace

class LiveFeed::Page final : public http::WebSocketPeer {
public:
    Page(LiveFeed& feed, http::Principal who, std::uint64_t number)
        : feed_(feed), who_(std::move(who)), number_(number) {}

    [[nodiscard]] const http::Principal& who() const { return who_; }

    [[nodiscard]] std::uint64_t number() const { return number_; }

    void on_open(std::shared_ptr<http::WebSocket> socket) override {
        const std::scoped_lock lock(mutex_);
        socket_ = std::move(socket);
    }

    void on_message(std::string message) override {
        v1::LiveRequest request;
        const bool is_read = request.ParseFromString(message);
        if (is_read && request.has_report()) {
            feed_.take_report(*this, request.report());
            return;
        }
        const std::scoped_lock lock(mutex_);
        if (!is_read || request.patients_size() > 10'000) {
            if (socket_) {
                socket_->close(1007, "not a LiveRequest");
            }
            return;
        }
        view_.patients.assign(request.patients().begin(), request.patients().end());
        view_.channels = request.channels();
        sent_ = 0; // another view starts with its whole picture
    }

    void on_close() override {
        feed_.board_.closed(who_.station, number_);
        const std::scoped_lock lock(mutex_);
        socket_.reset();
        closed_ = true;
    }

    /// Its station or person may not look any longer.
    void refuse() {
        const std::scoped_lock lock(mutex_);
        if (socket_) {
            socket_->close(1008, "access has ended");
        }
    }

    [[nodiscard]] bool closed() const {
        const std::scoped_lock lock(mutex_);
        return closed_;
    }

    /// From where and what this page is to be sent next; nothing while it is not open yet.
    [[nodiscard]] std::optional<PageNeed> need() const {
        const std::scoped_lock lock(mutex_);
        return socket_ ? std::optional<PageNeed>({sent_, view_.patients, view_.channels})
                       : std::nullopt;
    }

    /// False when the page cannot take it now: the next frame then carries this one's news too.
    bool send(
        const PageNeed& need,
        const std::shared_ptr<const std::string>& message,
        journal::Sequence reaches
    ) {
        const std::scoped_lock lock(mutex_);
        if (!socket_ || PageNeed{sent_, view_.patients, view_.channels} != need) {
            return true;
        }
        if (!socket_->send(message)) {
            return false;
        }
        sent_ = reaches;
        return true;
    }

private:
    LiveFeed& feed_;
    const http::Principal who_;
    const std::uint64_t number_;
    mutable std::mutex mutex_;
    std::shared_ptr<http::WebSocket> socket_;
    LiveView view_;
    journal::Sequence sent_ = 0;
    bool closed_ = false;
};

LiveFeed::LiveFeed(
    journal::Journal& journal,
    const access::Directory& directory,
    StationBoard& board,
    const Clock& clock,
    Log& log,
    Metrics& metrics,
    std::string version,
    LiveFeedOptions options
)
    : journal_(journal),
      directory_(directory),
      board_(board),
      clock_(clock),
      version_(std::move(version)),
      options_(options),
      open_pages_(metrics.gauge("vigil_ward_pages", "Open live pages")),
      sent_bytes_(
          metrics.counter("vigil_ward_sent_bytes_total", "Bytes of live frames given to pages")
      ),
      skipped_(metrics.counter(
          "vigil_ward_skipped_frames_total",
          "Frames that a slow page could not take in time"
      )) {
    state_.begin(*directory_.state(), clock_.utc());
    tail_ = std::make_unique<journal::Tail>(
        journal,
        start_of(journal),
        [this](std::span<const journal::StoredPtr> entries) {
            const std::scoped_lock lock(state_mutex_);
            state_.apply(entries);
        },
        log,
        options_.pace
    );
    ticker_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

LiveFeed::~LiveFeed() {
    ticker_.request_stop();
    ticker_.join();
    tail_.reset();
}

Result<std::shared_ptr<http::WebSocketPeer>> LiveFeed::open_page(const http::Principal& who) {
    const std::scoped_lock lock(pages_mutex_);
    std::erase_if(pages_, [](const auto& weak) {
        const auto page = weak.lock();
        return !page || page->closed();
    });
    if (pages_.size() >= options_.pages) {
        return fail(ErrorCode::overloaded, "Too many pages are open; close one.");
    }
    auto page = std::make_shared<Page>(*this, who, ++opened_);
    pages_.push_back(page);
    return page;
}

void LiveFeed::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    auto next_status = clock_.steady();
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, options_.tick, [] { return false; });
        const auto now = clock_.steady();
        const bool status = now >= next_status;
        if (status) {
            next_status = now + options_.status_every;
        }
        push(clock_.utc(), status);
    }
}

std::vector<std::shared_ptr<LiveFeed::Page>> LiveFeed::open_pages() {
    std::vector<std::shared_ptr<Page>> pages;
    const std::scoped_lock lock(pages_mutex_);
    for (const auto& weak : pages_) {
        if (auto page = weak.lock(); page && !page->closed()) {
            pages.push_back(std::move(page));
        }
    }
    return pages;
}

LiveFeed::Message LiveFeed::message_for(const PageNeed& need, UtcTime now, bool status) {
    const auto& [since, patients, channels] = need;
    // A page that has seen all before the first entry still gets its whole picture once.
    const bool whole = status || since == 0;
    v1::LiveFrame frame;
    {
        const std::scoped_lock lock(state_mutex_);
        frame = state_.frame(since, {.patients = patients, .channels = channels}, now, whole);
    }
    Message message{.reaches = std::max<journal::Sequence>(frame.sequence(), 1)};
    if (whole || frame.patients_size() > 0) {
        frame.set_version(version_);
        frame.set_after(since);
        frame.set_journal_failing(!journal_.health().writable);
        if (whole) {
            frame.mutable_test(); // a page knows by it that the rest is there
            board_.show(frame);
            for (const auto& add : statuses_) {
                add(frame);
            }
        }
        message.text = std::make_shared<const std::string>(frame.SerializeAsString());
    }
    return message;
}

void LiveFeed::take_report(const Page& page, const v1::StationReport& report) {
    const auto& station = page.who().station;
    if (station.empty()) {
        return; // a person's page is no station, whatever it shows
    }
    board_.take(station, page.number(), report);
    if (!StationBoard::listens(report)) {
        return;
    }
    std::vector<v1::Alarm> shown;
    {
        const std::scoped_lock lock(state_mutex_);
        for (const auto& one : report.shown()) {
            const auto* alarm = state_.alarm(one.patient(), one.alarm());
            // What is newer than the page shows is not what people see there.
            if (alarm != nullptr && one.sounded() && one.revision() >= alarm->urgent_revision()) {
                shown.push_back(*alarm);
                shown.back().set_revision(std::min(one.revision(), alarm->revision()));
            }
        }
    }
    for (const auto& alarm : shown) {
        board_.confirm(station, alarm);
    }
}

/// Stations that were revoked and people who were disabled: their open pages end too.
void LiveFeed::close_refused() {
    const auto state = directory_.state();
    for (const auto& page : open_pages()) {
        const auto& who = page->who();
        const auto station = state->stations.find(who.station);
        const auto user = state->users.find(who.id);
        const bool is_revoked =
            station != state->stations.end() && station->second.revoked_us() != 0;
        const bool is_disabled = user != state->users.end() && user->second.disabled();
        if (is_revoked || is_disabled) {
            page->refuse();
        }
    }
}

void LiveFeed::push(UtcTime now, bool status) {
    const auto pages = open_pages();
    open_pages_.Set(static_cast<double>(pages.size()));
    if (status) {
        const std::scoped_lock lock(state_mutex_);
        state_.apply(*directory_.state());
        state_.watched(board_.watched());
        state_.prune(now);
    }
    if (status) {
        close_refused();
    }
    std::map<PageNeed, Message> made;
    for (const auto& page : pages) {
        const auto need = page->need();
        if (!need) {
            continue;
        }
        auto found = made.find(*need);
        if (found == made.end()) {
            found = made.emplace(*need, message_for(*need, now, status)).first;
        }
        const auto& message = found->second;
        if (!message.text) {
            continue;
        }
        if (page->send(*need, message.text, message.reaches)) {
            sent_bytes_.Increment(static_cast<double>(message.text->size()));
        } else {
            skipped_.Increment();
        }
    }
}

} // namespace vigil::ward
