// The store of a cluster: a database of a MariaDB server, written by `records` alone. Made by
// main.cpp.
#pragma once

#include "base/log.hpp"
#include "store/mariadb/mariadb_options.hpp"
#include "store/store.hpp"

#include <memory>

namespace vigil::store {

/// What write() has taken is committed, and with the settings that open() asks of the server it
/// survives a power cut. A lost session is opened again by the next call. A write whose COMMIT was
/// not answered is looked up in a new session: its success is a success, else it is told as
/// unavailable, `safe` where it was rolled back and `in_doubt` where nobody could be asked.
///
/// threads  any; a call runs on its own and blocks, at most for the options' timeout a statement.
/// Writes one after the other, beside up to `readers` queries. Queries see what was committed
/// before they began
class MariadbStore final : public Store {
public:
    /// Changes the tables where this release asks for it.
    ///
    /// errors  unavailable: no server, no such database, a wrong password (retry safe); internal: a
    /// newer release has dropped what this one needs; unprocessable: commits would not be durable
    /// (innodb_flush_log_at_trx_commit, sync_binlog), or max_allowed_packet is under 2 MiB;
    /// invalid_argument: ca_file has no certificate
    [[nodiscard]] static Result<std::unique_ptr<MariadbStore>>
    open(MariadbOptions options, Log& log);
    ~MariadbStore() override;

    /// Beside the port's errors: too_large: a name or id of over 255 bytes, or a message of over
    /// half the server's max_allowed_packet
    Result<void> write(const Write& write) override;
    [[nodiscard]] Result<journal::Sequence> position() override;
    /// errors  unavailable also where commits are no longer durable
    [[nodiscard]] Result<journal::Sequence> sync() override;
    [[nodiscard]] Result<std::vector<StreamRow>> streams() override;
    [[nodiscard]] Result<Page<ChunkRow>> chunks(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<std::vector<ChunkRow>> pyramid(std::int64_t stream_id, TimeRange time)
        override;
    [[nodiscard]] Result<Page<DetectionRow>> detections(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<Page<EventRow>> events(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<Page<ChronicleRow>> chronicle(
        ChronicleRow::Kind kind,
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<Page<VitalRow>> vitals(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) override;
    [[nodiscard]] Result<std::vector<BeatsRow>> beats(const std::string& patient, TimeRange time)
        override;
    [[nodiscard]] Result<std::vector<ClockRow>> clocks() override;
    [[nodiscard]] Result<std::vector<QuarantineSum>> quarantine() override;
    [[nodiscard]] Result<std::vector<QuarantinedRow>>
    quarantined(const std::string& device, TimeRange time, std::size_t limit) override;
    [[nodiscard]] Result<std::vector<NewestWindow>> newest_windows() override;
    [[nodiscard]] Result<std::vector<VitalRow>> newest_heart_rates() override;
    [[nodiscard]] Result<Size> size() override;

private:
    struct Inside;
    explicit MariadbStore(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::store
