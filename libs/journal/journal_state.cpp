#include "journal/journal_writer.hpp"

#include <sysexits.h>
#include <unistd.h>

namespace vigil::journal {

JournalState::JournalState(SqliteJournalOptions chosen, const Clock& its_clock, Log& its_log)
    : options(std::move(chosen)),
      clock(its_clock),
      log(its_log),
      segments(options.folder),
      queue(options.queue_entries, options.queue_bytes, options.gather),
      held(options.recent_bytes),
      directory(options.folder / "directory.db") {}

void JournalState::note(const StoredPtr& entry) {
    if (is_output(entry->entry)) {
        unsaved_outputs[entry->entry.partition()] = entry;
    }
    if (!entry->entry.key().empty()) {
        unsaved_keys[entry->entry.key()] = entry;
    }
}

void JournalState::save_directory() {
    if (noted > saved) {
        std::vector<StoredPtr> entries;
        for (const auto& [key, entry] : unsaved_keys) {
            entries.push_back(entry);
        }
        for (const auto& [partition, entry] : unsaved_outputs) {
            entries.push_back(entry);
        }
        directory.save(entries, noted);
        saved = noted;
        unsaved_keys.clear();
        unsaved_outputs.clear();
    }
    directory.sync();
}

void JournalState::failed_sync(const sqlite::Failure& failure) {
    dead = true;
    log.error(
        "journal_sync_failed",
        {{"cause", std::string_view(failure.what())}, {"sqlite_code", failure.code()}}
    );
    if (options.on_failed_sync) {
        options.on_failed_sync();
    } else {
        ::_exit(EX_IOERR);
    }
}

} // namespace vigil::journal
