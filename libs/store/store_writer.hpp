// The one connection that writes store.db, its statements prepared. Used by SqliteStore.
#pragma once

#include "journal/sqlite_file.hpp"
#include "store/store.hpp"

#include <map>
#include <tuple>

namespace vigil::store {

/// Throws sqlite::Failure. threads one at a time
class StoreWriter {
public:
    explicit StoreWriter(sqlite::File file);

    Result<void> write(const Write& write);
    [[nodiscard]] journal::Sequence position();
    /// Copies the WAL into the file and syncs both, `all` or when it has grown enough.
    void checkpoint(bool all);

private:
    struct StoredStream {
        std::int64_t id = 0;
        std::int64_t patient = 0;
    };

    void put(const Write& write);
    std::vector<StoredStream> put_streams(const Write& write);
    std::int64_t put_chunks(const Write& write, const std::vector<StoredStream>& streams);
    std::int64_t put_detections(const Write& write);
    void put_events(const Write& write);
    void put_chronicle(const Write& write);
    void put_vitals(const Write& write);
    void put_beats(const Write& write);
    void put_clocks(const Write& write);
    void put_quarantined(const Write& write);
    void put_newest(const Write& write);
    std::int64_t patient(const std::string& name);
    std::int64_t origin(const v1::Detection& detection);
    [[nodiscard]] bool changed() const;

    using Origin = std::tuple<std::string, std::string, std::string, std::string>;

    sqlite::File file_;
    sqlite::Statement begin_;
    sqlite::Statement commit_;
    sqlite::Statement position_;
    sqlite::Statement patient_;
    sqlite::Statement origin_;
    sqlite::Statement stream_;
    sqlite::Statement chunk_;
    sqlite::Statement span_;
    sqlite::Statement detection_;
    sqlite::Statement event_;
    sqlite::Statement chronicle_;
    sqlite::Statement vital_;
    sqlite::Statement heart_rate_;
    sqlite::Statement beats_;
    sqlite::Statement clock_;
    sqlite::Statement quarantine_;
    sqlite::Statement release_;
    sqlite::Statement beat_span_;
    sqlite::Statement newest_;
    sqlite::Statement totals_;
    // ids that are on the disk or in the open transaction; forgotten when that fails
    std::map<std::string, std::int64_t, std::less<>> patients_;
    std::map<Origin, std::int64_t> origins_;
};

} // namespace vigil::store
