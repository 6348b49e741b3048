#include "journal/sqlite_journal.hpp"

#include "journal/admission.hpp"
#include "journal/journal_writer.hpp"

namespace vigil::journal {

struct SqliteJournal::Inside {
    FolderLock lock;
    JournalState state;
    JournalWriter writer;

    Inside(FolderLock taken, SqliteJournalOptions options, const Clock& clock, Log& log)
        : lock(std::move(taken)), state(std::move(options), clock, log), writer(state) {}
};

SqliteJournal::SqliteJournal(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

SqliteJournal::~SqliteJournal() = default;

Result<std::unique_ptr<SqliteJournal>>
SqliteJournal::open(SqliteJournalOptions options, const Clock& clock, Log& log) {
    auto lock = FolderLock::take(options.folder);
    if (!lock) {
        return std::unexpected(lock.error());
    }
    try {
        auto inside = std::make_unique<Inside>(std::move(*lock), std::move(options), clock, log);
        if (auto started = inside->writer.start(); !started) {
            return std::unexpected(started.error());
        }
        return std::unique_ptr<SqliteJournal>(new SqliteJournal(std::move(inside)));
    } catch (const sqlite::Failure& failure) {
        return std::unexpected(failure.error());
    } catch (const std::filesystem::filesystem_error& failure) {
        return fail(
            ErrorCode::unavailable,
            "the journal's folder cannot be read",
            {},
            failure.what()
        );
    }
}

void SqliteJournal::append(Batch batch, AppendDone done) {
    const auto& options = inside_->state.options;
    const auto size = admit(batch, options.queue_entries, options.queue_bytes);
    if (!size) {
        done(std::unexpected(size.error()));
        return;
    }
    AppendRequest request;
    request.done = std::move(done);
    request.fences = std::move(batch.fences);
    request.bytes.reserve(*size);
    request.entries.reserve(batch.entries.size());
    request.sizes.reserve(batch.entries.size());
    for (auto& entry : batch.entries) {
        const auto before = request.bytes.size();
        entry.AppendToString(&request.bytes);
        request.sizes.push_back(static_cast<std::uint32_t>(request.bytes.size() - before));
        request.entries.push_back(
            std::make_shared<Stored>(Stored{.sequence = 0, .entry = std::move(entry)})
        );
    }
    if (!inside_->state.queue.push(request)) {
        request.done(std::unexpected(queue_is_full()));
    }
}

Result<std::vector<StoredPtr>> SqliteJournal::read(Sequence after, ReadLimits limits) {
    auto& state = inside_->state;
    {
        const std::scoped_lock lock(state.held_mutex);
        if (after >= state.newest) {
            return std::vector<StoredPtr>();
        }
        if (after + 1 < state.oldest) {
            return std::unexpected(was_freed(after, state.oldest));
        }
        if (auto recent = state.held.read(after, limits)) {
            return std::move(*recent);
        }
    }
    try {
        auto found = state.segments.read(after, state.newest, limits);
        if (found.empty() && after + 1 < state.oldest) {
            return std::unexpected(was_freed(after, state.oldest));
        }
        return found;
    } catch (const sqlite::Failure& failure) {
        return std::unexpected(failure.error());
    }
}

Sequence SqliteJournal::newest() const {
    return inside_->state.newest;
}

Sequence SqliteJournal::oldest() const {
    return inside_->state.oldest;
}

Result<StoredPtr> SqliteJournal::newest_output(std::uint32_t partition) {
    const std::scoped_lock lock(inside_->state.held_mutex);
    return inside_->state.held.output(partition);
}

Result<Journal::Directory> SqliteJournal::directory() {
    const std::scoped_lock lock(inside_->state.held_mutex);
    return Directory{.entries = inside_->state.held.directory(), .reaches = inside_->state.newest};
}

std::shared_ptr<void> SqliteJournal::watch(Watcher watcher) {
    return inside_->state.watchers.add(std::move(watcher));
}

Result<void> SqliteJournal::free_up_to(Sequence up_to) {
    auto& state = inside_->state;
    const std::scoped_lock freeing(state.directory_mutex);
    const auto droppable = state.segments.only_up_to(up_to);
    if (droppable.empty()) {
        return {};
    }
    try {
        // the roll of a segment has saved it as a rule: a full disk must not keep room from being
        // made
        if (state.saved < state.segments.end_of(droppable.back())) {
            state.save_directory();
        }
    } catch (const sqlite::Failure& failure) {
        if (failure.is_failed_sync()) {
            state.failed_sync(failure);
        }
        return std::unexpected(failure.error());
    }
    try {
        for (const auto first : droppable) {
            const auto end = state.segments.end_of(first);
            {
                const std::scoped_lock lock(state.held_mutex);
                state.oldest = end + 1;
                state.held.forget(end);
            }
            state.segments.drop(first);
        }
    } catch (const std::filesystem::filesystem_error& failure) {
        return fail(
            ErrorCode::unavailable,
            "a segment cannot be removed",
            {},
            failure.what(),
            Retry::safe
        );
    }
    state.freed = true;
    return {};
}

Journal::Health SqliteJournal::health() const {
    const auto& state = inside_->state;
    const auto length = state.queue.length();
    return {
        .writable = state.writable && !state.dead,
        .queued_entries = length.entries,
        .queued_bytes = length.bytes,
        .disk_bytes = state.segments.disk_bytes(),
    };
}

} // namespace vigil::journal
