#include "play/lane.hpp"

#include <algorithm>
#include <format>

namespace vigil::play {

namespace {

// The intake takes 64 blocks and 8 MiB in a request (docs/considerations.md); half a MiB less
// leaves room for one more block.
constexpr std::size_t most_items = 64;
constexpr std::size_t most_bytes = (8 << 20) - (512 << 10);

constexpr std::chrono::milliseconds longest_idle{100};

std::chrono::milliseconds timeout_of(Lane lane, const PlayOptions& options) {
    return lane == Lane::live ? std::min(options.timeout, options.live_timeout) : options.timeout;
}

std::chrono::milliseconds longest_pause_of(Lane lane, const PlayOptions& options) {
    return lane == Lane::live ? std::min(options.longest_pause, options.longest_live_pause)
                              : options.longest_pause;
}

} // namespace

LaneWorker::LaneWorker(
    Lane lane,
    const PlayOptions& options,
    std::vector<Box*> boxes,
    Tally& tally,
    std::uint64_t seed
)
    : lane_(lane),
      options_(options),
      boxes_(std::move(boxes)),
      tally_(tally),
      jitter_(seed),
      sender_(options.url, timeout_of(lane, options)),
      pauses_(options.first_pause, longest_pause_of(lane, options)) {
    if (lane_ == Lane::live && options.websocket) {
        for (const auto* box : boxes_) {
            sockets_.push_back(
                std::make_unique<SocketSender>(options.url, box->key, timeout_of(lane_, options))
            );
        }
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void LaneWorker::wake() {
    {
        const std::scoped_lock lock(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

void LaneWorker::idle(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, longest_idle, [this] { return woken_; });
    woken_ = false;
}

void LaneWorker::work(const std::stop_token& stop) {
    stop_ = stop;
    while (!stop.stop_requested()) {
        bool sent = false;
        for (auto* box : boxes_) {
            auto items = box->outbox.take(lane_, most_items, most_bytes);
            if (!items.empty()) {
                sent = true;
                deliver(*box, std::move(items));
            }
            if (stop.stop_requested()) {
                return;
            }
        }
        if (!sent) {
            idle(stop);
        }
    }
}

Answer LaneWorker::transmit(Box& box, const std::vector<Item>& items) {
    tally_.sent += items.size();
    if (!sockets_.empty() && items.front().kind == Kind::eeg_block) {
        const auto at = std::ranges::find(boxes_, &box) - boxes_.begin();
        return sockets_[static_cast<std::size_t>(at)]->send(items);
    }
    return sender_.send(items, box.key);
}

void LaneWorker::deliver(Box& box, std::vector<Item> items) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = transmit(box, items);
    if (lane_ == Lane::live && std::ranges::contains(answer.fates, Fate::accepted)) {
        const auto end = std::chrono::steady_clock::now();
        tally_.acceptance.add(end - begin);
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (answer.fates[i] == Fate::accepted) {
                tally_.age.add(end - items[i].made);
            }
        }
    }
    if (settle(box, std::move(items), answer)) {
        ++tally_.retries;
        pause(answer.retry_after);
    } else {
        pauses_.reset();
    }
}

bool LaneWorker::settle(Box& box, std::vector<Item> items, const Answer& answer) {
    std::vector<Item> done;
    std::vector<Item> again;
    std::vector<Item> doubtful;
    std::vector<Item> failed;
    std::vector<Item> alone;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const bool block = items[i].kind == Kind::eeg_block || items[i].kind == Kind::legacy_window;
        switch (answer.fates[i]) {
            case Fate::again:
                (answer.in_doubt ? doubtful : again).push_back(std::move(items[i]));
                continue;
            case Fate::alone:
                alone.push_back(std::move(items[i]));
                continue;
            case Fate::failed:
                failed.push_back(std::move(items[i]));
                continue;
            case Fate::accepted:
                ++tally_.accepted;
                tally_.accepted_blocks += block ? 1 : 0;
                tally_.backfilled +=
                    lane_ == Lane::backfill && items[i].kind != Kind::stream_end ? 1 : 0;
                break;
            case Fate::duplicate:
                ++tally_.duplicates;
                break;
            case Fate::refused:
                ++tally_.refused;
                break;
        }
        done.push_back(std::move(items[i]));
    }
    if (!answer.why.empty()) {
        tally_.last_trouble(answer.why);
    }
    box.outbox.settled(done);
    const bool in_trouble = !again.empty() || !doubtful.empty() || !failed.empty();
    box.outbox.give_back(lane_, std::move(again));
    doubt(box, std::move(doubtful), answer.why);
    put_off(box, std::move(failed), answer.why);
    send_alone(box, std::move(alone));
    return in_trouble;
}

// A server that takes other items and never this one fails on it; one that takes nothing is away,
// and then no item is to blame.
void LaneWorker::doubt(Box& box, std::vector<Item> items, const std::string& why) {
    const std::uint64_t taken = tally_.accepted + tally_.duplicates;
    const bool by_itself = items.size() == 1;
    std::vector<Item> again;
    std::vector<Item> behind;
    std::vector<Item> failed;
    std::vector<Item> alone;
    for (auto& item : items) {
        const bool took_others = item.doubts > 0 && taken > item.taken_by_then;
        ++item.doubts;
        item.taken_by_then = taken;
        if (!by_itself) {
            (item.doubts == 1 ? again : alone).push_back(std::move(item));
        } else if (took_others) {
            failed.push_back(std::move(item));
        } else {
            (item.failures == 0 ? again : behind).push_back(std::move(item));
        }
    }
    box.outbox.give_back(lane_, std::move(again));
    box.outbox.put_behind(std::move(behind));
    put_off(box, std::move(failed), why);
    send_alone(box, std::move(alone));
}

void LaneWorker::put_off(Box& box, std::vector<Item> failed, const std::string& why) {
    std::vector<Item> later;
    for (auto& item : failed) {
        if (++item.failures < options_.item_tries) {
            later.push_back(std::move(item));
            continue;
        }
        const bool kept = box.outbox.set_aside(item);
        tally_.set_aside(std::format(
            "{}: {}, {} after {} tries: {}",
            box.patient,
            describe(item),
            kept ? "kept" : "LOST",
            item.failures,
            why
        ));
    }
    box.outbox.put_behind(std::move(later));
}

void LaneWorker::send_alone(Box& box, std::vector<Item> items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (stop_.stop_requested()) {
            box.outbox.give_back(
                lane_,
                {std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(i)),
                 std::make_move_iterator(items.end())}
            );
            return;
        }
        std::vector<Item> one;
        one.push_back(std::move(items[i]));
        deliver(box, std::move(one));
    }
}

void LaneWorker::pause(std::optional<std::chrono::milliseconds> asked) {
    const auto wait = pauses_.next(asked, jitter_.uniform());
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop_, wait, [] { return false; });
}

} // namespace vigil::play
