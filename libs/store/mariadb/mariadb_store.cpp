#include "store/mariadb/mariadb_store.hpp"

#include "store/cursor.hpp"
#include "store/mariadb/mariadb_schema.hpp"
#include "store/mariadb/mariadb_writer.hpp"
#include "store/mariadb/session_pool.hpp"
#include "store/mariadb/write_lengths.hpp"

#include <optional>

namespace vigil::store {

using mariadb::Failure;
using mariadb::Reader;
using mariadb::Writer;

struct MariadbStore::Inside {
    MariadbOptions options;
    mariadb::Presence presence;
    mariadb::SessionPool readers;

    std::mutex write_mutex;
    std::optional<Writer> writer; // by write_mutex

    Inside(MariadbOptions chosen, Log& log)
        : options(std::move(chosen)), presence(log), readers(options, presence) {}

    std::unexpected<Error> failed(const Failure& failure) {
        writer.reset(); // and its ids: the server rolls back what it had not committed
        presence.lost(failure);
        return std::unexpected(failure.error());
    }

    /// Runs `step` in the writer's session, which is opened again, once, where it was lost while
    /// nobody used it.
    auto with_writer(auto step) -> decltype(step(std::declval<Writer&>())) {
        for (bool again = false;; again = true) {
            const bool used = writer && writer->used();
            try {
                if (!writer) {
                    writer.emplace(options);
                }
                auto done = step(*writer);
                presence.answered();
                return done;
            } catch (const Failure& failure) {
                if (!again && used && failure.lost()) {
                    writer.reset();
                    continue;
                }
                return failed(failure);
            }
        }
    }

    /// What became of a write whose COMMIT was not answered: its own session may still be at it, so
    /// the row with the position is locked for the look.
    Result<void> look_up(const Write& write, const Failure& failure) {
        auto doubt = failure.error();
        doubt.code = ErrorCode::unavailable;
        doubt.retry = Retry::in_doubt;
        if (write.position == write.expected) {
            return std::unexpected(doubt);
        }
        const auto position = with_writer([](Writer& w) -> Result<journal::Sequence> {
            return w.settled_position();
        });
        if (!position) {
            return std::unexpected(doubt);
        }
        if (*position == write.position) {
            return {};
        }
        if (*position == write.expected) {
            doubt.retry = Retry::safe;
        }
        return std::unexpected(doubt);
    }
};

MariadbStore::MariadbStore(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

MariadbStore::~MariadbStore() = default;

Result<std::unique_ptr<MariadbStore>> MariadbStore::open(MariadbOptions options, Log& log) {
    options.readers = std::max<std::size_t>(options.readers, 1);
    auto inside = std::make_unique<Inside>(std::move(options), log);
    try {
        const auto& chosen = inside->options;
        const auto& account = chosen.migration.user.empty() ? chosen.account : chosen.migration;
        if (auto migrated = mariadb::migrate(chosen, account, log); !migrated) {
            return std::unexpected(migrated.error());
        }
        inside->writer.emplace(chosen);
        if (const auto durable = inside->writer->durable(); !durable.trouble.empty()) {
            return fail(
                ErrorCode::unprocessable,
                "The store's server may lose what it has committed: " + durable.trouble + "."
            );
        }
    } catch (const Failure& failure) {
        return std::unexpected(failure.error());
    }
    return std::unique_ptr<MariadbStore>(new MariadbStore(std::move(inside)));
}

Result<void> MariadbStore::write(const Write& write) {
    const std::scoped_lock lock(inside_->write_mutex);
    if (auto begun = inside_->with_writer([&](Writer& writer) { return writer.begin(write); });
        !begun) {
        inside_->writer.reset();
        return begun;
    }
    try {
        const auto most_bytes = inside_->writer->most_bytes() / 2;
        if (auto checked = mariadb::check_lengths(write, most_bytes); !checked) {
            inside_->writer.reset();
            return checked;
        }
        inside_->writer->put(write);
    } catch (const Failure& failure) {
        return inside_->failed(failure);
    }
    try {
        inside_->writer->commit();
        return {};
    } catch (const Failure& failure) {
        static_cast<void>(inside_->failed(failure));
        return inside_->look_up(write, failure);
    }
}

Result<journal::Sequence> MariadbStore::sync() {
    const std::scoped_lock lock(inside_->write_mutex);
    return inside_->with_writer([](Writer& writer) -> Result<journal::Sequence> {
        const auto durable = writer.durable();
        if (!durable.trouble.empty()) {
            return fail(
                ErrorCode::unavailable,
                "the store's server may lose what it has committed",
                {},
                durable.trouble,
                Retry::safe
            );
        }
        return durable.position;
    });
}

Result<journal::Sequence> MariadbStore::position() {
    return inside_->readers.ask([](Reader& reader) { return reader.position(); });
}

Result<std::vector<StreamRow>> MariadbStore::streams() {
    return inside_->readers.ask([](Reader& reader) { return reader.streams(); });
}

Result<Page<ChunkRow>> MariadbStore::chunks(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->readers.ask([&](Reader& reader) {
        return reader.chunks(patient, time, limit, cursor);
    });
}

Result<std::vector<ChunkRow>> MariadbStore::pyramid(std::int64_t stream_id, TimeRange time) {
    return inside_->readers.ask([&](Reader& reader) { return reader.pyramid(stream_id, time); });
}

Result<Page<DetectionRow>> MariadbStore::detections(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->readers.ask([&](Reader& reader) {
        return reader.detections(patient, time, limit, cursor);
    });
}

Result<Page<EventRow>> MariadbStore::events(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->readers.ask([&](Reader& reader) {
        return reader.events(patient, time, limit, cursor);
    });
}

Result<Page<ChronicleRow>> MariadbStore::chronicle(
    ChronicleRow::Kind kind,
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->readers.ask([&](Reader& reader) {
        return reader.chronicle(kind, patient, time, limit, cursor);
    });
}

Result<Page<VitalRow>> MariadbStore::vitals(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    return inside_->readers.ask([&](Reader& reader) {
        return reader.vitals(patient, time, limit, cursor);
    });
}

Result<std::vector<BeatsRow>> MariadbStore::beats(const std::string& patient, TimeRange time) {
    return inside_->readers.ask([&](Reader& reader) { return reader.beats(patient, time); });
}

Result<std::vector<ClockRow>> MariadbStore::clocks() {
    return inside_->readers.ask([](Reader& reader) { return reader.clocks(); });
}

Result<std::vector<QuarantineSum>> MariadbStore::quarantine() {
    return inside_->readers.ask([](Reader& reader) { return reader.quarantine(); });
}

Result<std::vector<QuarantinedRow>>
MariadbStore::quarantined(const std::string& device, TimeRange time, std::size_t limit) {
    return inside_->readers.ask([&](Reader& reader) {
        return reader.quarantined(device, time, limit);
    });
}

Result<std::vector<NewestWindow>> MariadbStore::newest_windows() {
    return inside_->readers.ask([](Reader& reader) { return reader.newest_windows(); });
}

Result<std::vector<VitalRow>> MariadbStore::newest_heart_rates() {
    return inside_->readers.ask([](Reader& reader) { return reader.newest_heart_rates(); });
}

Result<Store::Size> MariadbStore::size() {
    return inside_->readers.ask([](Reader& reader) { return reader.size(); });
}

} // namespace vigil::store
