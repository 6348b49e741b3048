#include "journal/sqlite_file.hpp"

namespace vigil::sqlite {

namespace {

[[noreturn]] void raise(sqlite3* file) {
    throw Failure(sqlite3_extended_errcode(file), sqlite3_errmsg(file));
}

void check(int code, sqlite3* file) {
    if (code != SQLITE_OK) {
        raise(file);
    }
}

sqlite3* open_file(const std::filesystem::path& path, int flags) {
    sqlite3* file = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &file, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK) {
        Failure failure(code, path.filename().string() + ": " + sqlite3_errstr(code));
        sqlite3_close_v2(file);
        throw failure;
    }
    sqlite3_extended_result_codes(file, 1);
    // the checkpoint of a close would swallow a failed sync, as the automatic one does
    sqlite3_db_config(file, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return file;
}

int keep_frames(void* frames, sqlite3*, const char*, int count) {
    *static_cast<int*>(frames) = count;
    return SQLITE_OK;
}

} // namespace

bool Failure::is_failed_sync() const noexcept {
    return code_ == SQLITE_IOERR_FSYNC || code_ == SQLITE_IOERR_DIR_FSYNC;
}

Error Failure::error() const {
    const bool full = (code_ & 0xff) == SQLITE_FULL;
    return Error{
        .code = ErrorCode::unavailable,
        .detail = full ? "the disk is full" : "the disk cannot be written or read",
        .field = {},
        .cause = what(),
        .retry = Retry::safe,
        .where = std::source_location::current(),
    };
}

Statement::Statement(const File& file, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    check(
        sqlite3_prepare_v3(
            file.handle(),
            sql.data(),
            static_cast<int>(sql.size()),
            SQLITE_PREPARE_PERSISTENT,
            &statement,
            nullptr
        ),
        file.handle()
    );
    statement_.reset(statement);
}

Statement& Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), index, value), sqlite3_db_handle(statement_.get()));
    return *this;
}

Statement& Statement::bind_text(int index, std::string_view value) {
    const char* data = value.data() != nullptr ? value.data() : "";
    check(
        sqlite3_bind_text64(
            statement_.get(),
            index,
            data,
            value.size(),
            SQLITE_STATIC,
            SQLITE_UTF8
        ),
        sqlite3_db_handle(statement_.get())
    );
    return *this;
}

Statement& Statement::bind_blob(int index, std::string_view value) {
    const char* data = value.data() != nullptr ? value.data() : "";
    check(
        sqlite3_bind_blob64(statement_.get(), index, data, value.size(), SQLITE_STATIC),
        sqlite3_db_handle(statement_.get())
    );
    return *this;
}

Statement& Statement::bind_null(int index) {
    check(sqlite3_bind_null(statement_.get(), index), sqlite3_db_handle(statement_.get()));
    return *this;
}

bool Statement::step() {
    switch (sqlite3_step(statement_.get())) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            return false;
        default:
            raise(sqlite3_db_handle(statement_.get()));
    }
}

void Statement::run() {
    const Use use(*this);
    while (step()) {
    }
}

void Statement::reset() noexcept {
    sqlite3_reset(statement_.get());
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return data != nullptr ? std::string_view(data, size) : std::string_view();
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

File File::open(const std::filesystem::path& path, Sync sync) {
    File made;
    made.file_.reset(open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    sqlite3_busy_timeout(made.handle(), 5000);
    made.run("PRAGMA journal_mode=WAL");
    made.run(sync == Sync::full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    made.run("PRAGMA wal_autocheckpoint=0");
    made.wal_frames_ = std::make_unique<int>(0);
    sqlite3_wal_hook(made.handle(), keep_frames, made.wal_frames_.get());
    return made;
}

File File::open_for_reading(const std::filesystem::path& path) {
    File made;
    // read-write, since a reader of a WAL may have to recover its index; query_only keeps it from
    // writing rows
    made.file_.reset(open_file(path, SQLITE_OPEN_READWRITE));
    sqlite3_busy_timeout(made.handle(), 5000);
    made.run("PRAGMA query_only=1");
    made.run("PRAGMA wal_autocheckpoint=0");
    return made;
}

void File::run(const char* sql) const {
    check(sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr), handle());
}

void File::roll_back() const noexcept {
    if (handle() != nullptr && sqlite3_get_autocommit(handle()) == 0) {
        sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void File::checkpoint(bool all) const {
    const int mode = all ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    const int code = sqlite3_wal_checkpoint_v2(handle(), nullptr, mode, nullptr, nullptr);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
        raise(handle());
    }
}

} // namespace vigil::sqlite
