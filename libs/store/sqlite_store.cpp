#include "store/sqlite_store.hpp"

#include "store/cursor.hpp"
#include "store/store_reader.hpp"
#include "store/store_schema.hpp"
#include "store/store_writer.hpp"

#include <sysexits.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

namespace vigil::store {

struct SqliteStore::Inside {
    SqliteStoreOptions options;
    Log& log;

    std::mutex write_mutex;
    std::optional<StoreWriter> writer; // by write_mutex

    std::mutex read_mutex;
    std::condition_variable returned;
    std::vector<std::unique_ptr<StoreReader>> idle; // by read_mutex
    std::size_t opened = 0;                         // by read_mutex

    Inside(SqliteStoreOptions chosen, Log& its_log) : options(std::move(chosen)), log(its_log) {}

    std::unique_ptr<StoreReader> take() {
        std::unique_lock lock(read_mutex);
        returned.wait(lock, [this] { return !idle.empty() || opened < options.readers; });
        if (!idle.empty()) {
            auto reader = std::move(idle.back());
            idle.pop_back();
            return reader;
        }
        auto reader = std::make_unique<StoreReader>(options.file);
        ++opened;
        return reader;
    }

    void give(std::unique_ptr<StoreReader> reader) {
        {
            const std::scoped_lock lock(read_mutex);
            if (reader) {
                idle.push_back(std::move(reader));
            } else {
                --opened;
            }
        }
        returned.notify_one();
    }

    /// Asks a reader; SQLite's failures become errors, and a connection that failed is not used
    /// again.
    auto ask(auto question)
        -> Result<std::remove_cvref_t<decltype(question(std::declval<StoreReader&>()))>>
        requires(!requires { question(std::declval<StoreReader&>()).error(); })
    {
        return ask(
            [&](StoreReader& reader) -> Result<std::remove_cvref_t<decltype(question(reader))>> {
                return question(reader);
            }
        );
    }

    auto ask(auto question) -> decltype(question(std::declval<StoreReader&>()))
        requires requires { question(std::declval<StoreReader&>()).error(); }
    {
        std::unique_ptr<StoreReader> reader;
        try {
            reader = take();
        } catch (const sqlite::Failure& failure) {
            return std::unexpected(failure.error());
        }
        try {
            auto answer = question(*reader);
            give(std::move(reader));
            return answer;
        } catch (const sqlite::Failure& failure) {
            give(nullptr);
            return std::unexpected(failure.error());
        }
    }

    Result<void> failed(const sqlite::Failure& failure) {
        if (failure.is_failed_sync()) {
            // a second sync would succeed without the pages that the kernel has dropped
            log.error(
                "store_sync_failed",
                {{"cause", std::string_view(failure.what())}, {"sqlite_code", failure.code()}}
            );
            if (!options.on_failed_sync) {
                ::_exit(EX_IOERR);
            }
            options.on_failed_sync();
        }
        return std::unexpected(failure.error());
    }
};

SqliteStore::SqliteStore(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

SqliteStore::~SqliteStore() {
    // so that the next start has nothing to recover
    static_cast<void>(sync());
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(SqliteStoreOptions options, Log& log) {
    auto inside = std::make_unique<Inside>(std::move(options), log);
    inside->options.readers = std::max<std::size_t>(inside->options.readers, 1);
    try {
        std::error_code error;
        std::filesystem::create_directories(inside->options.file.parent_path(), error);
        auto file = sqlite::File::open(inside->options.file, sqlite::File::Sync::normal);
        if (auto migrated = migrate(file); !migrated) {
            return std::unexpected(migrated.error());
        }
        inside->writer.emplace(std::move(file));
    } catch (const sqlite::Failure& failure) {
        return std::unexpected(failure.error());
    }
    return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(inside)));
}

Result<void> SqliteStore::write(const Write& write) {
    const std::scoped_lock lock(inside_->write_mutex);
    try {
        if (auto written = inside_->writer->write(write); !written) {
            return written;
        }
    } catch (const sqlite::Failure& failure) {
        return inside_->failed(failure);
    }
    try {
        inside_->writer->checkpoint(false);
    } catch (const sqlite::Failure& failure) {
        // the write itself is in the WAL; a full disk lets the next one try again
        if (failure.is_failed_sync()) {
            return inside_->failed(failure);
        }
    }
    return {};
}

Result<journal::Sequence> SqliteStore::sync() {
    const std::scoped_lock lock(inside_->write_mutex);
    try {
        const auto position = inside_->writer->position();
        inside_->writer->checkpoint(true);
        return position;
    } catch (const sqlite::Failure& failure) {
        return std::unexpected(inside_->failed(failure).error());
    }
}

Result<journal::Sequence> SqliteStore::position() {
    return inside_->ask([](StoreReader& reader) { return reader.position(); });
}

Result<std::vector<StreamRow>> SqliteStore::streams() {
    return inside_->ask([](StoreReader& reader) { return reader.streams(); });
}

Result<Page<ChunkRow>> SqliteStore::chunks(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->ask([&](StoreReader& reader) {
        return reader.chunks(patient, time, limit, cursor);
    });
}

Result<std::vector<ChunkRow>> SqliteStore::pyramid(std::int64_t stream_id, TimeRange time) {
    return inside_->ask([&](StoreReader& reader) { return reader.pyramid(stream_id, time); });
}

Result<Page<DetectionRow>> SqliteStore::detections(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->ask([&](StoreReader& reader) {
        return reader.detections(patient, time, limit, cursor);
    });
}

Result<Page<EventRow>> SqliteStore::events(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->ask([&](StoreReader& reader) {
        return reader.events(patient, time, limit, cursor);
    });
}

Result<Page<ChronicleRow>> SqliteStore::chronicle(
    ChronicleRow::Kind kind,
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->ask([&](StoreReader& reader) {
        return reader.chronicle(kind, patient, time, limit, cursor);
    });
}

Result<Page<VitalRow>> SqliteStore::vitals(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->ask([&](StoreReader& reader) {
        return reader.vitals(patient, time, limit, cursor);
    });
}

Result<std::vector<BeatsRow>> SqliteStore::beats(const std::string& patient, TimeRange time) {
    return inside_->ask([&](StoreReader& reader) { return reader.beats(patient, time); });
}

Result<std::vector<ClockRow>> SqliteStore::clocks() {
    return inside_->ask([](StoreReader& reader) { return reader.clocks(); });
}

Result<std::vector<QuarantineSum>> SqliteStore::quarantine() {
    return inside_->ask([](StoreReader& reader) { return reader.quarantine(); });
}

Result<std::vector<QuarantinedRow>>
SqliteStore::quarantined(const std::string& device, TimeRange time, std::size_t limit) {
    return inside_->ask([&](StoreReader& reader) { return reader.quarantined(device, time, limit); }
    );
}

Result<std::vector<NewestWindow>> SqliteStore::newest_windows() {
    return inside_->ask([](StoreReader& reader) { return reader.newest_windows(); });
}

Result<std::vector<VitalRow>> SqliteStore::newest_heart_rates() {
    return inside_->ask([](StoreReader& reader) { return reader.newest_heart_rates(); });
}

Result<Store::Size> SqliteStore::size() {
    return inside_->ask([](StoreReader& reader) { return reader.size(); });
}

} // namespace vigil::store
