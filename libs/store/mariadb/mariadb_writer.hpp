// The one session that writes the store in MariaDB. Used by MariadbStore.
#pragma once

#include "store/mariadb/connection.hpp"
#include "store/store.hpp"

#include <deque>
#include <map>
#include <tuple>

namespace vigil::store::mariadb {

/// Throws Failure. threads one at a time
class Writer {
public:
    explicit Writer(const MariadbOptions& options);

    /// Opens the transaction and checks the fence: until commit() no other writer passes it.
    Result<void> begin(const Write& write);
    void put(const Write& write);
    void commit();

    /// The position; another writer that is inside a transaction is waited for.
    [[nodiscard]] journal::Sequence settled_position();

    struct Durable {
        journal::Sequence position = 0;
        std::string trouble; // why a commit may not survive a power cut; empty: it does
    };

    [[nodiscard]] Durable durable();

    /// Most bytes that go into one statement.
    [[nodiscard]] std::size_t most_bytes() const { return connection_.most_bytes(); }

    /// A statement was answered, so that a loss now may only say that the server was restarted.
    [[nodiscard]] bool used() const { return connection_.used(); }

private:
    struct StoredStream {
        std::int64_t id = 0;
        std::int64_t patient = 0;
    };

    using Origin = std::tuple<std::string, std::string, std::string, std::string>;
    using StreamKey = std::tuple<std::int64_t, std::string, std::string>;

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
    std::int64_t stream(std::int64_t patient, const StreamRow& row, std::string_view description);
    [[nodiscard]] std::string_view keep(std::string bytes);

    Connection connection_;
    // ids that are committed or in the open transaction; the writer goes with a failed one
    std::map<std::string, std::int64_t, std::less<>> patients_;
    std::map<Origin, std::int64_t> origins_;
    std::map<StreamKey, std::int64_t> streams_;
    std::deque<std::string> kept_; // what values point into until the transaction ends
};

} // namespace vigil::store::mariadb
