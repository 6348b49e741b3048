#include "play/outbox.hpp"

#include <algorithm>
#include <iterator>

namespace vigil::play {

namespace {

/// Items read from the spool file at a time: one request's worth.
constexpr std::size_t refill_items = 64;

bool may_be_joined(Kind kind) {
    return kind == Kind::eeg_block || kind == Kind::vital;
}

} // namespace

Outbox::Outbox(
    std::size_t live_items,
    MemoryBudget& budget,
    std::optional<SpoolFile> spool,
    std::optional<SpoolFile> aside
)
    : live_items_(std::max<std::size_t>(1, live_items)),
      budget_(budget),
      spool_(std::move(spool)),
      aside_(std::move(aside)) {
    if (spool_) {
        take_back_what_was_set_aside();
        undelivered_ = open_[0] = spool_->items();
    }
}

/// A death in the middle leaves items in both files: the server recognises them.
void Outbox::take_back_what_was_set_aside() {
    while (aside_ && aside_->items() > 0) {
        std::vector<Item> items;
        while (items.size() < refill_items) {
            auto item = aside_->take();
            if (!item) {
                break;
            }
            items.push_back(std::move(*item));
        }
        if (spool_->put(items) != items.size()) {
            return; // no room: they stay where they are for a later run
        }
    }
    if (aside_) {
        lost_ += aside_->lost();
        aside_->release();
    }
}

Outbox::~Outbox() {
    for (const auto* items : {&live_, &backfill_, &behind_, &ends_}) {
        for (const auto& item : *items) {
            free(item);
        }
    }
}

void Outbox::count(const Item& item, int by) {
    undelivered_ += static_cast<std::size_t>(by);
    if (item.kind != Kind::stream_end) {
        open_[item.epoch] += static_cast<std::size_t>(by);
    }
}

void Outbox::push(Item item) {
    const std::scoped_lock lock(mutex_);
    count(item, 1);
    if (item.kind == Kind::stream_end) {
        budget_.used += item.body.size();
        ends_.push_back(std::move(item));
        return;
    }
    budget_.used += item.body.size();
    live_.push_back(std::move(item));
    while (live_.size() > live_items_) {
        Item old = std::move(live_.front());
        live_.pop_front();
        free(old);
        store(std::move(old));
    }
}

void Outbox::store(Item item) {
    const auto size = item.body.size();
    // behind items that are in the file already an item waits in the file too, as long as it has
    // room
    const bool file_first = spool_ && spool_->items() > 0;
    if (!file_first && budget_.used + size <= budget_.limit) {
        budget_.used += size;
        backfill_.push_back(std::move(item));
        return;
    }
    if (spool_ && spool_->put({&item, 1}) == 1) {
        // read back it has no stream of this run
        --open_[item.epoch];
        ++open_[0];
        return;
    }
    if (budget_.used + size <= budget_.limit) {
        budget_.used += size;
        backfill_.push_back(std::move(item));
        return;
    }
    count(item, -1);
    ++lost_;
}

std::vector<Item> Outbox::take_run(Items& from, std::size_t max_items, std::size_t max_bytes) {
    std::vector<Item> taken;
    if (from.empty()) {
        return taken;
    }
    const Kind kind = from.front().kind;
    const auto most = may_be_joined(kind) ? max_items : 1;
    std::size_t bytes = 0;
    for (auto at = from.begin(); at != from.end() && taken.size() < most;) {
        if (at->kind != kind) {
            ++at;
            continue;
        }
        bytes += at->body.size();
        if (!taken.empty() && bytes > max_bytes) {
            break;
        }
        free(*at);
        taken.push_back(std::move(*at));
        at = from.erase(at);
    }
    return taken;
}

std::optional<Item> Outbox::take_end() {
    const auto ready = std::ranges::find_if(ends_, [this](const Item& end) {
        return open_[end.epoch] == 0 && open_[0] == 0;
    });
    if (ready == ends_.end()) {
        return std::nullopt;
    }
    Item end = std::move(*ready);
    ends_.erase(ready);
    free(end);
    return end;
}

void Outbox::refill_from_spool() {
    for (std::size_t i = 0; spool_ && i < refill_items; ++i) {
        auto item = spool_->take();
        if (!item) {
            if (const auto gone = spool_->lost(); gone > 0) {
                undelivered_ -= gone;
                open_[0] -= gone;
                lost_ += gone;
                spool_.reset();
            }
            return;
        }
        budget_.used += item->body.size();
        item->in_spool = true;
        if (item->kind == Kind::stream_end) {
            --open_[0];
            ends_.push_back(std::move(*item));
        } else {
            backfill_.push_back(std::move(*item));
        }
    }
}

std::vector<Item> Outbox::take(Lane lane, std::size_t max_items, std::size_t max_bytes) {
    const std::scoped_lock lock(mutex_);
    if (lane == Lane::live) {
        return take_run(live_, max_items, max_bytes);
    }
    if (backfill_.empty()) {
        refill_from_spool();
    }
    auto taken = take_run(backfill_, max_items, max_bytes);
    if (taken.empty()) {
        taken = take_run(behind_, 1, max_bytes);
    }
    if (taken.empty()) {
        if (auto end = take_end()) {
            taken.push_back(std::move(*end));
        }
    }
    return taken;
}

void Outbox::give_back(Lane lane, std::vector<Item> items) {
    const std::scoped_lock lock(mutex_);
    for (auto& item : items) {
        budget_.used += item.body.size();
    }
    if (!items.empty() && items.front().kind == Kind::stream_end) {
        std::ranges::move(items, std::front_inserter(ends_));
        return;
    }
    // in front, in their order: they are older than what came meanwhile
    auto& to = lane == Lane::live ? live_ : backfill_;
    to.insert(to.begin(), std::move_iterator(items.begin()), std::move_iterator(items.end()));
    while (live_.size() > live_items_) {
        Item old = std::move(live_.front());
        live_.pop_front();
        free(old);
        store(std::move(old));
    }
}

void Outbox::put_behind(std::vector<Item> items) {
    const std::scoped_lock lock(mutex_);
    for (auto& item : items) {
        budget_.used += item.body.size();
        behind_.push_back(std::move(item));
    }
}

bool Outbox::set_aside(const Item& item) {
    const std::scoped_lock lock(mutex_);
    const bool kept = aside_ && aside_->put({&item, 1}) == 1;
    ++(kept ? kept_aside_ : lost_);
    settle(item);
    return kept;
}

void Outbox::settle(const Item& item) {
    count(item, -1);
    if (item.kind != Kind::stream_end && item.epoch != 0 && open_[item.epoch] == 0) {
        open_.erase(item.epoch);
    }
    if (undelivered_ == 0 && spool_) {
        spool_->release();
    }
}

void Outbox::settled(const std::vector<Item>& items) {
    const std::scoped_lock lock(mutex_);
    for (const auto& item : items) {
        settle(item);
    }
}

std::size_t Outbox::keep() {
    const std::scoped_lock lock(mutex_);
    std::vector<Item> left;
    for (auto* items : {&backfill_, &behind_, &live_, &ends_}) {
        for (auto& item : *items) {
            free(item);
            if (!item.in_spool) {
                left.push_back(std::move(item));
            }
        }
        items->clear();
    }
    return left.size() - (spool_ ? spool_->put(left) : 0);
}

std::size_t Outbox::undelivered() const {
    const std::scoped_lock lock(mutex_);
    return undelivered_;
}

std::size_t Outbox::kept_aside() const {
    const std::scoped_lock lock(mutex_);
    return kept_aside_;
}

std::size_t Outbox::lost() const {
    const std::scoped_lock lock(mutex_);
    return lost_;
}

} // namespace vigil::play
