#include "journal/directory_file.hpp"

#include "journal/held.hpp"

namespace vigil::journal {

namespace {

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS newest (key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, entry BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS outputs (partition INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, entry BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS reached (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL);
)";

} // namespace

DirectoryFile::DirectoryFile(const std::filesystem::path& path)
    : // normal, since the segments are the truth until sync() was called
      file_(sqlite::File::open(path, sqlite::File::Sync::normal)) {
    file_.run(schema);
}

Sequence DirectoryFile::reaches() {
    sqlite::Statement select(file_, "SELECT sequence FROM reached");
    return select.step() ? static_cast<Sequence>(select.integer(0)) : 0;
}

std::vector<StoredPtr> DirectoryFile::load() {
    sqlite::Statement select(
        file_,
        "SELECT sequence, entry FROM newest UNION SELECT sequence, entry FROM outputs ORDER BY "
        "sequence"
    );
    std::vector<StoredPtr> found;
    while (select.step()) {
        const auto text = select.bytes(1);
        auto stored = std::make_shared<Stored>();
        stored->sequence = static_cast<Sequence>(select.integer(0));
        if (!stored->entry.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
            throw sqlite::Failure(
                SQLITE_CORRUPT,
                "directory entry " + std::to_string(stored->sequence) + " cannot be parsed"
            );
        }
        found.push_back(std::move(stored));
    }
    return found;
}

void DirectoryFile::save(std::span<const StoredPtr> entries, Sequence reaches) {
    sqlite::Statement newest(
        file_,
        "INSERT OR REPLACE INTO newest (key, sequence, entry) VALUES (?1, ?2, ?3)"
    );
    sqlite::Statement output(
        file_,
        "INSERT OR REPLACE INTO outputs (partition, sequence, entry) VALUES (?1, ?2, ?3)"
    );
    sqlite::Statement reached(
        file_,
        "INSERT OR REPLACE INTO reached (one, sequence) VALUES (1, ?1)"
    );
    file_.run("BEGIN IMMEDIATE");
    try {
        for (const auto& stored : entries) {
            const auto bytes = stored->entry.SerializeAsString();
            const auto sequence = static_cast<std::int64_t>(stored->sequence);
            if (is_output(stored->entry)) {
                output.bind(1, stored->entry.partition())
                    .bind(2, sequence)
                    .bind_blob(3, bytes)
                    .run();
            }
            if (!stored->entry.key().empty()) {
                newest.bind_text(1, stored->entry.key())
                    .bind(2, sequence)
                    .bind_blob(3, bytes)
                    .run();
            }
        }
        reached.bind(1, static_cast<std::int64_t>(reaches)).run();
        file_.run("COMMIT");
    } catch (const sqlite::Failure&) {
        file_.roll_back();
        throw;
    }
}

void DirectoryFile::sync() {
    file_.checkpoint(true);
}

} // namespace vigil::journal
