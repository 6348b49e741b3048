// Leases in the key-value store of the journal's servers. Made by NatsJournal, whose connection it
// uses.
#pragma once

#include "journal/leases.hpp"
#include "journal/nats/handles.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace vigil::journal::nats {

/// One key of a bucket, asked of its leader: `nats kv get BUCKET table` shows it. A change names
/// the revision that it follows on, and the server compares. The bucket is in memory: where all its
/// servers restart at once it is made anew, and members come back by their next renewal.
///
/// threads any; the connection must outlive it
class NatsLeases final : public Leases {
public:
    /// Makes the bucket where it is not there. errors  unavailable: no server answers
    [[nodiscard]] static Result<std::unique_ptr<NatsLeases>> open(
        natsConnection* connection,
        std::string bucket,
        std::uint32_t replicas,
        std::chrono::milliseconds timeout
    );

    [[nodiscard]] Result<Held> read() override;
    [[nodiscard]] Result<void> replace(std::uint64_t revision, const LeaseTable& table) override;

private:
    NatsLeases(
        Context context,
        std::string bucket,
        std::uint32_t replicas,
        std::chrono::milliseconds timeout
    );
    [[nodiscard]] Result<void> make();

    Context context_;
    std::string bucket_;
    std::string stream_;
    std::string subject_;
    std::uint32_t replicas_;
    std::chrono::milliseconds timeout_;
};

} // namespace vigil::journal::nats
