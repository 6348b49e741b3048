#include "journal/nats/nats_leases.hpp"

#include "vigil/v1/lease.pb.h"

#include <utility>

namespace vigil::journal::nats {

namespace {

using Store = std::unique_ptr<kvStore, Destroyer<kvStore_Destroy>>;
using Acknowledgement = std::unique_ptr<jsPubAck, Destroyer<jsPubAck_Destroy>>;

std::string serialized(const LeaseTable& table) {
    v1::LeaseTable message;
    for (const auto& [name, beats] : table.beats) {
        auto& member = *message.add_members();
        member.set_name(name);
        member.set_beats(beats);
    }
    for (const auto& [share, holder] : table.holders) {
        auto& lease = *message.add_leases();
        lease.set_share(share);
        lease.set_holder(holder);
    }
    return message.SerializeAsString();
}

LeaseTable table_of(const v1::LeaseTable& message) {
    LeaseTable table;
    for (const auto& member : message.members()) {
        table.beats[member.name()] = member.beats();
    }
    for (const auto& lease : message.leases()) {
        table.holders[lease.share()] = lease.holder();
    }
    return table;
}

std::unexpected<Error>
away(const char* what, natsStatus status, jsErrCode code, Retry retry = Retry::safe) {
    return fail(
        ErrorCode::unavailable,
        "the leases cannot be reached",
        {},
        std::string(what) + ": " + natsStatus_GetText(status) + ' ' + std::to_string(code),
        retry
    );
}

} // namespace

NatsLeases::NatsLeases(
    Context context,
    std::string bucket,
    std::uint32_t replicas,
    std::chrono::milliseconds timeout
)
    : context_(std::move(context)),
      bucket_(std::move(bucket)),
      stream_("KV_" + bucket_),
      subject_("$KV." + bucket_ + ".table"),
      replicas_(replicas),
      timeout_(timeout) {}

Result<std::unique_ptr<NatsLeases>> NatsLeases::open(
    natsConnection* connection,
    std::string bucket,
    std::uint32_t replicas,
    std::chrono::milliseconds timeout
) {
    jsCtx* made = nullptr;
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = timeout.count();
    const auto status = natsConnection_JetStream(&made, connection, &options);
    Context context(made);
    if (status != NATS_OK) {
        return away("context", status, {});
    }
    auto leases = std::unique_ptr<NatsLeases>(
        new NatsLeases(std::move(context), std::move(bucket), replicas, timeout)
    );
    if (const auto there = leases->make(); !there) {
        return std::unexpected(there.error());
    }
    return leases;
}

Result<void> NatsLeases::make() {
    kvStore* opened = nullptr;
    auto status = js_KeyValue(&opened, context_.get(), bucket_.c_str());
    if (status == NATS_NOT_FOUND) {
        kvConfig config;
        kvConfig_Init(&config);
        config.Bucket = bucket_.c_str();
        config.History = 1;
        config.StorageType = js_MemoryStorage;
        config.Replicas = static_cast<int>(replicas_);
        status = js_CreateKeyValue(&opened, context_.get(), &config);
    }
    const Store owner(opened);
    return status == NATS_OK ? Result<void>{} : away("bucket", status, {});
}

Result<Leases::Held> NatsLeases::read() {
    natsMsg* found = nullptr;
    jsErrCode code{};
    const auto status =
        js_GetLastMsg(&found, context_.get(), stream_.c_str(), subject_.c_str(), nullptr, &code);
    const Message owner(found);
    if (code == JSStreamNotFoundErr) { // it went with its servers
        if (const auto made = make(); !made) {
            return std::unexpected(made.error());
        }
        return Held{};
    }
    if (status == NATS_NOT_FOUND) {
        return Held{};
    }
    if (status != NATS_OK) {
        return away("read", status, code);
    }
    v1::LeaseTable message;
    if (!message.ParseFromArray(natsMsg_GetData(found), natsMsg_GetDataLength(found))) {
        message.Clear(); // somebody else's hand: written anew by the next renewal
    }
    return Held{.table = table_of(message), .revision = natsMsg_GetSequence(found)};
}

Result<void> NatsLeases::replace(std::uint64_t revision, const LeaseTable& table) {
    const auto bytes = serialized(table);
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MaxWait = timeout_.count();
    options.ExpectLastSubjectSeq = revision;
    options.ExpectNoMessage = revision == 0;
    jsPubAck* acknowledged = nullptr;
    jsErrCode code{};
    const auto status = js_Publish(
        &acknowledged,
        context_.get(),
        subject_.c_str(),
        bytes.data(),
        static_cast<int>(bytes.size()),
        &options,
        &code
    );
    const Acknowledgement owner(acknowledged);
    if (status == NATS_OK) {
        return {};
    }
    if (code == JSStreamWrongLastSequenceErr) {
        return fail(ErrorCode::conflict, "somebody else changed the leases");
    }
    return away("replace", status, code, status == NATS_TIMEOUT ? Retry::in_doubt : Retry::safe);
}

} // namespace vigil::journal::nats
