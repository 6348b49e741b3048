// One session that answers queries from the store in MariaDB. Used by MariadbStore.
#pragma once

#include "store/mariadb/connection.hpp"
#include "store/store.hpp"

namespace vigil::store::mariadb {

/// As StoreReader answers from store.db. Throws Failure. threads one at a time
class Reader {
public:
    explicit Reader(const MariadbOptions& options) : connection_(options, options.account) {}

    [[nodiscard]] journal::Sequence position();
    [[nodiscard]] std::vector<StreamRow> streams();
    [[nodiscard]] Result<Page<ChunkRow>> chunks(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] std::vector<ChunkRow> pyramid(std::int64_t stream_id, TimeRange time);
    [[nodiscard]] Result<Page<DetectionRow>> detections(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] Result<Page<EventRow>> events(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] Result<Page<ChronicleRow>> chronicle(
        ChronicleRow::Kind kind,
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] Result<Page<VitalRow>> vitals(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    );
    [[nodiscard]] std::vector<BeatsRow> beats(const std::string& patient, TimeRange time);
    [[nodiscard]] std::vector<ClockRow> clocks();
    [[nodiscard]] std::vector<QuarantineSum> quarantine();
    [[nodiscard]] std::vector<QuarantinedRow>
    quarantined(const std::string& device, TimeRange time, std::size_t limit);
    [[nodiscard]] std::vector<NewestWindow> newest_windows();
    [[nodiscard]] std::vector<VitalRow> newest_heart_rates();
    [[nodiscard]] Store::Size size();

    [[nodiscard]] bool used() const { return connection_.used(); }

private:
    ChunkRow read_chunk(const Answer& answer, std::size_t row, std::int64_t patient);
    std::int64_t single(const char* sql, Value value);

    Connection connection_;
};

} // namespace vigil::store::mariadb
