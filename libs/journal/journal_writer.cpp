#include "journal/journal_writer.hpp"

#include "journal/admission.hpp"

namespace vigil::journal {

JournalWriter::~JournalWriter() {
    state_.queue.close();
    if (!thread_.joinable()) {
        return;
    }
    thread_.join();
    if (state_.dead) {
        return;
    }
    const std::scoped_lock lock(state_.directory_mutex);
    try {
        open_->checkpoint();
        state_.save_directory();
    } catch (const sqlite::Failure& failure) {
        if (failure.is_failed_sync()) {
            state_.failed_sync(failure);
        }
        // the WAL and the segments hold it: the next start reads it from there
        state_.log.warning(
            "journal_left_to_recover",
            {{"cause", std::string_view(failure.what())}}
        );
    }
}

Result<void> JournalWriter::start() {
    if (state_.options.max_bytes != 0 &&
        state_.options.max_bytes < 2 * state_.options.segment_bytes) {
        return fail(
            ErrorCode::invalid_argument,
            "the journal's bound must hold two segments at least",
            "max_bytes"
        );
    }
    if (auto recovered = recover(); !recovered) {
        return recovered;
    }
    opened_at_ = state_.clock.steady();
    disk_bytes_ = state_.segments.disk_bytes();
    thread_ = std::thread([this] { run(); });
    return {};
}

Result<void> JournalWriter::recover() {
    const auto last = std::max<Sequence>(state_.segments.last(), 1);
    open_.emplace(state_.segments.path(last), last);
    state_.segments.add(last);
    state_.newest = open_->newest();
    state_.oldest = state_.segments.oldest();

    const auto reaches = state_.directory.reaches();
    if (reaches + 1 < state_.oldest || reaches > state_.newest) {
        return fail(
            ErrorCode::internal,
            "directory.db does not belong to the segments beside it; restore the whole folder from "
            "one backup",
            {},
            "directory reaches " + std::to_string(reaches) + ", segments hold " +
                std::to_string(state_.oldest) + " to " + std::to_string(state_.newest)
        );
    }
    for (const auto& entry : state_.directory.load()) {
        state_.held.keep(entry);
    }
    state_.saved = reaches;
    // also what directory.db has already, so that the readers of the tail find the newest entries
    // in memory
    auto after = std::min(reaches, last - 1);
    while (after < state_.newest) {
        const auto found = state_.segments.read(after, state_.newest, ReadLimits{});
        if (found.empty()) {
            return fail(
                ErrorCode::internal,
                "the journal lacks entries after " + std::to_string(after)
            );
        }
        for (const auto& entry : found) {
            state_.held.add(entry, entry->entry.ByteSizeLong());
            if (entry->sequence > reaches) {
                state_.note(entry);
            }
        }
        after = found.back()->sequence;
    }
    state_.noted = state_.newest;
    return {};
}

void JournalWriter::run() {
    while (true) {
        auto group = state_.queue.take(state_.options.group_entries, state_.options.group_bytes);
        if (group.empty()) {
            return;
        }
        write(group);
    }
}

void JournalWriter::write(std::vector<AppendRequest>& group) {
    if (state_.dead) {
        return refuse(group, in_doubt("an earlier sync failed"));
    }
    Outcomes outcomes;
    Sequence newest = 0;
    try {
        roll_if_due();
        if (!has_room(group)) {
            return refuse(group, journal_is_full());
        }
        open_->begin();
        newest = insert(group, outcomes);
        open_->commit();
    } catch (const sqlite::Failure& failure) {
        if (failure.is_failed_sync()) {
            state_.failed_sync(failure);
            return refuse(group, in_doubt(failure.what()));
        }
        open_->roll_back();
        return refuse(group, failure.error());
    }
    if (!state_.writable.exchange(true)) {
        state_.log.info("journal_writable_again");
    }
    publish(group, outcomes, newest);
    checkpoint();
}

bool JournalWriter::has_room(const std::vector<AppendRequest>& group) {
    if (state_.options.max_bytes == 0) {
        return true;
    }
    std::uint64_t bytes = 0;
    for (const auto& request : group) {
        bytes += request.bytes.size();
    }
    if (state_.freed.exchange(false) || disk_bytes_ + bytes > state_.options.max_bytes) {
        disk_bytes_ = state_.segments.disk_bytes();
    }
    if (disk_bytes_ + bytes > state_.options.max_bytes) {
        return false;
    }
    disk_bytes_ += bytes;
    return true;
}

void JournalWriter::roll_if_due() {
    const Sequence newest = state_.newest;
    const bool old = state_.clock.steady() - opened_at_ >= state_.options.segment_age;
    if (newest < open_->first() || (open_->bytes() < state_.options.segment_bytes && !old)) {
        return;
    }
    OpenSegment next(state_.segments.path(newest + 1), newest + 1);
    state_.segments.close_reader(open_->first());
    open_->seal();
    state_.segments.add(newest + 1);
    open_.emplace(std::move(next));
    opened_at_ = state_.clock.steady();
    disk_bytes_ = state_.segments.disk_bytes();

    const std::scoped_lock lock(state_.directory_mutex);
    state_.save_directory();
}

Sequence JournalWriter::insert(std::vector<AppendRequest>& group, Outcomes& outcomes) {
    std::map<std::uint32_t, Sequence> outputs; // by requests of this group
    const auto output = [&](std::uint32_t partition) -> Sequence {
        if (const auto found = outputs.find(partition); found != outputs.end()) {
            return found->second;
        }
        // only this thread changes what is held: no lock is needed to look
        const auto found = state_.held.output(partition);
        return found ? found->sequence : 0;
    };
    Sequence newest = state_.newest;
    for (auto& request : group) {
        Result<Appended> outcome;
        for (const auto& fence : request.fences) {
            if (const auto found = output(fence.partition); found != fence.expected) {
                outcome = std::unexpected(fence_is_broken(fence, found));
                break;
            }
        }
        std::string_view rest = request.bytes;
        for (std::size_t i = 0; outcome && i < request.entries.size(); ++i) {
            auto& stored = *request.entries[i];
            stored.sequence = ++newest;
            open_->insert(newest, rest.substr(0, request.sizes[i]));
            rest.remove_prefix(request.sizes[i]);
            outcome->push_back(newest);
            if (is_output(stored.entry)) {
                outputs[stored.entry.partition()] = newest;
            }
        }
        outcomes.push_back(std::move(outcome));
    }
    return newest;
}

void JournalWriter::publish(
    std::vector<AppendRequest>& group,
    const Outcomes& outcomes,
    Sequence newest
) {
    {
        const std::scoped_lock lock(state_.directory_mutex, state_.held_mutex);
        for (std::size_t i = 0; i < group.size(); ++i) {
            for (std::size_t k = 0; outcomes[i] && k < group[i].entries.size(); ++k) {
                StoredPtr entry = std::move(group[i].entries[k]);
                state_.note(entry);
                state_.held.add(std::move(entry), group[i].sizes[k]);
            }
        }
        state_.noted = newest;
        state_.newest = newest;
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
        group[i].done(outcomes[i]);
    }
    state_.watchers.tell(newest);
}

void JournalWriter::refuse(std::vector<AppendRequest>& group, const Error& error) {
    if (state_.writable.exchange(false)) {
        state_.log.error("journal_not_writable", error);
    }
    for (auto& request : group) {
        request.done(std::unexpected(error));
    }
}

void JournalWriter::checkpoint() {
    try {
        open_->checkpoint_if_due();
    } catch (const sqlite::Failure& failure) {
        if (failure.is_failed_sync()) {
            state_.failed_sync(failure);
        }
        // a full disk: the entries are safe in the WAL, and the next commit tries again
    }
}

} // namespace vigil::journal
