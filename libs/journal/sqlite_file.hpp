// An SQLite file, its statements and its failures. Used by the SQLite adapters of journal and
// store.
#pragma once

#include "base/error.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace vigil::sqlite {

/// What SQLite said, with its extended code. Thrown inside the adapters, never out of them.
class Failure : public std::runtime_error {
public:
    Failure(int code, const std::string& text) : std::runtime_error(text), code_(code) {}

    [[nodiscard]] int code() const noexcept { return code_; }

    /// A sync failed: what the kernel still holds of the file is unknown, so trying again proves
    /// nothing.
    [[nodiscard]] bool is_failed_sync() const noexcept;

    /// As an error of a port: unavailable, nothing was written, try again.
    [[nodiscard]] Error error() const;

private:
    int code_;
};

class File;

/// A prepared statement. Bound text and blobs are not copied: they must live until the statement
/// has run.
class Statement {
public:
    Statement() = default;
    Statement(const File& file, std::string_view sql);

    Statement& bind(int index, std::int64_t value);
    Statement& bind_text(int index, std::string_view value);
    Statement& bind_blob(int index, std::string_view value);
    Statement& bind_null(int index);

    /// True while there is a row.
    bool step();
    /// Runs a statement that gives no row, and resets it.
    void run();
    void reset() noexcept;

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string_view bytes(int column) const;
    [[nodiscard]] bool is_null(int column) const;

    [[nodiscard]] explicit operator bool() const noexcept { return statement_ != nullptr; }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
    };

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets a statement at the end of its use, also when that ends with an exception.
class Use {
public:
    explicit Use(Statement& statement) : statement_(statement) {}

    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    ~Use() { statement_.reset(); }

private:
    Statement& statement_;
};

/// A connection. One thread at a time.
class File {
public:
    enum class Sync : std::uint8_t {
        full,   // every commit is on the disk when it returns
        normal, // a power cut may take the newest commits, never the file's consistency
    };

    File() = default;
    /// Opens or makes the file, in WAL mode; checkpoints are the caller's: SQLite's own would
    /// swallow a failed sync.
    static File open(const std::filesystem::path& path, Sync sync);
    /// Opens for queries. The file must exist.
    static File open_for_reading(const std::filesystem::path& path);

    void run(const char* sql) const;
    /// Undoes an open transaction, if there is one.
    void roll_back() const noexcept;
    /// Copies what the WAL holds into the file. `all`: and empties the WAL.
    void checkpoint(bool all) const;

    /// Frames in the WAL since its last start.
    [[nodiscard]] int wal_frames() const noexcept { return wal_frames_ ? *wal_frames_ : 0; }

    [[nodiscard]] sqlite3* handle() const noexcept { return file_.get(); }

    [[nodiscard]] explicit operator bool() const noexcept { return file_ != nullptr; }

private:
    struct Close {
        void operator()(sqlite3* f) const noexcept { sqlite3_close_v2(f); }
    };

    // before file_, so that it outlives the connection that its hook belongs to
    std::unique_ptr<int> wal_frames_;
    std::unique_ptr<sqlite3, Close> file_;
};

} // namespace vigil::sqlite
