#include "journal/memory_journal.hpp"

#include "journal/admission.hpp"

#include <utility>

namespace vigil::journal {

void MemoryJournal::append(Batch batch, AppendDone done) {
    std::optional<Error> refused;
    std::vector<Request> now;
    {
        const std::scoped_lock lock(mutex_);
        const auto bytes = journal::admit(batch, options_.queue_entries, options_.queue_bytes);
        if (!bytes) {
            refused = bytes.error();
        } else if (const auto admitted = admit(batch, *bytes); !admitted) {
            refused = admitted.error();
        } else {
            Request request{
                .batch = std::move(batch),
                .done = std::move(done),
                .bytes = *bytes,
                .in_doubt = false
            };
            if (doubts_ > 0) {
                --doubts_;
                request.in_doubt = true;
            }
            if (holding_) {
                waiting_entries_ += request.batch.entries.size();
                waiting_bytes_ += request.bytes;
                waiting_.push_back(std::move(request));
            } else {
                now.push_back(std::move(request));
            }
        }
    }
    if (refused) {
        done(std::unexpected(std::move(*refused)));
        return;
    }
    finish(std::move(now), true);
}

Result<void> MemoryJournal::admit(const Batch& batch, std::size_t bytes) {
    if (refusals_ > 0) {
        --refusals_;
        writable_ = false;
        return std::unexpected(refusal_);
    }
    if (holding_ && (waiting_entries_ + batch.entries.size() > options_.queue_entries ||
                     waiting_bytes_ + bytes > options_.queue_bytes)) {
        return std::unexpected(queue_is_full());
    }
    if (kept_bytes_ + waiting_bytes_ + bytes > options_.max_bytes) {
        writable_ = false;
        return std::unexpected(journal_is_full());
    }
    writable_ = true;
    return {};
}

Result<Appended> MemoryJournal::take(Batch& batch) {
    for (const auto& fence : batch.fences) {
        const auto output = held_.output(fence.partition);
        const auto found = output ? output->sequence : 0;
        if (found != fence.expected) {
            return std::unexpected(fence_is_broken(fence, found));
        }
    }
    Appended sequences;
    for (auto& entry : batch.entries) {
        const auto bytes = entry.ByteSizeLong();
        sequences.push_back(++newest_);
        held_.add(std::make_shared<const Stored>(newest_, std::move(entry)), bytes);
        sizes_.push_back(bytes);
        kept_bytes_ += bytes;
    }
    return sequences;
}

void MemoryJournal::finish(std::vector<Request> requests, bool answered) {
    bool grown = false;
    for (auto& request : requests) {
        Result<Appended> result;
        {
            const std::scoped_lock lock(mutex_);
            result = take(request.batch);
        }
        grown = grown || result.has_value();
        if (request.in_doubt && result) {
            result = std::unexpected(in_doubt("the simulation lost the answer"));
        }
        if (answered) {
            request.done(std::move(result));
        }
    }
    if (grown) {
        watchers_.tell(newest());
    }
}

Result<std::vector<StoredPtr>> MemoryJournal::read(Sequence after, ReadLimits limits) {
    const std::scoped_lock lock(mutex_);
    if (after + 1 < oldest_) {
        return std::unexpected(was_freed(after, oldest_));
    }
    if (after >= newest_) {
        return std::vector<StoredPtr>();
    }
    return held_.read(after, limits).value_or(std::vector<StoredPtr>());
}

Sequence MemoryJournal::newest() const {
    const std::scoped_lock lock(mutex_);
    return newest_;
}

Sequence MemoryJournal::oldest() const {
    const std::scoped_lock lock(mutex_);
    return oldest_;
}

Result<StoredPtr> MemoryJournal::newest_output(std::uint32_t partition) {
    const std::scoped_lock lock(mutex_);
    return held_.output(partition);
}

Result<Journal::Directory> MemoryJournal::directory() {
    const std::scoped_lock lock(mutex_);
    return Directory{.entries = held_.directory(), .reaches = newest_};
}

std::shared_ptr<void> MemoryJournal::watch(Watcher watcher) {
    return watchers_.add(std::move(watcher));
}

Result<void> MemoryJournal::free_up_to(Sequence up_to) {
    const std::scoped_lock lock(mutex_);
    while (oldest_ <= newest_ && oldest_ <= up_to) {
        kept_bytes_ -= sizes_.front();
        sizes_.pop_front();
        ++oldest_;
    }
    held_.forget(up_to);
    return {};
}

Journal::Health MemoryJournal::health() const {
    const std::scoped_lock lock(mutex_);
    return {
        .writable = writable_,
        .queued_entries = waiting_entries_,
        .queued_bytes = waiting_bytes_,
        .disk_bytes = kept_bytes_,
    };
}

void MemoryJournal::refuse_next(Error error, std::size_t count) {
    const std::scoped_lock lock(mutex_);
    refusal_ = std::move(error);
    refusals_ = count;
}

void MemoryJournal::doubt_next(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    doubts_ = count;
}

void MemoryJournal::hold() {
    const std::scoped_lock lock(mutex_);
    holding_ = true;
}

void MemoryJournal::release(std::size_t count) {
    std::vector<Request> released;
    {
        const std::scoped_lock lock(mutex_);
        for (; count > 0 && !waiting_.empty(); --count) {
            waiting_entries_ -= waiting_.front().batch.entries.size();
            waiting_bytes_ -= waiting_.front().bytes;
            released.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
    }
    finish(std::move(released), true);
}

void MemoryJournal::release() {
    {
        const std::scoped_lock lock(mutex_);
        holding_ = false;
    }
    release(SIZE_MAX);
}

void MemoryJournal::crash(std::size_t taken) {
    std::vector<Request> written;
    std::deque<Request> lost;
    {
        const std::scoped_lock lock(mutex_);
        lost = std::exchange(waiting_, {});
        waiting_entries_ = 0;
        waiting_bytes_ = 0;
        holding_ = false;
        for (; taken > 0 && !lost.empty(); --taken) {
            written.push_back(std::move(lost.front()));
            lost.pop_front();
        }
    }
    finish(std::move(written), false);
}

std::size_t MemoryJournal::waiting() const {
    const std::scoped_lock lock(mutex_);
    return waiting_.size();
}

} // namespace vigil::journal
