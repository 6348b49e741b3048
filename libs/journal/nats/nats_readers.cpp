#include "journal/nats/nats_readers.hpp"

#include <charconv>
#include <string_view>
#include <utility>

namespace vigil::journal::nats {

namespace {

using Bucket = std::unique_ptr<kvStore, Destroyer<kvStore_Destroy>>;
using Value = std::unique_ptr<kvEntry, Destroyer<kvEntry_Destroy>>;

class NatsReaders final : public Readers {
public:
    NatsReaders(Context context, Bucket bucket)
        : context_(std::move(context)), bucket_(std::move(bucket)) {}

    Result<void> say(const std::string& name, Sequence reached) override {
        const auto status = kvStore_PutString(
            nullptr,
            bucket_.get(),
            name.c_str(),
            std::to_string(reached).c_str()
        );
        return status == NATS_OK ? Result<void>() : failed("say of " + name, status);
    }

    Result<std::map<std::string, Sequence>> all() override {
        kvKeysList keys{};
        const auto status = kvStore_Keys(&keys, bucket_.get(), nullptr);
        if (status == NATS_NOT_FOUND) {
            return {};
        }
        if (status != NATS_OK) {
            return failed("readers", status);
        }
        std::vector<std::string> names(keys.Keys, keys.Keys + keys.Count);
        kvKeysList_Destroy(&keys);
        std::map<std::string, Sequence> found;
        for (const auto& name : names) {
            const auto reached = reached_by(name);
            if (!reached) {
                return std::unexpected(reached.error());
            }
            found[name] = *reached;
        }
        return found;
    }

    Result<void> forget(const std::string& name) override {
        const auto status = kvStore_Delete(bucket_.get(), name.c_str());
        return status == NATS_OK ? Result<void>() : failed("forget " + name, status);
    }

private:
    Result<Sequence> reached_by(const std::string& name) {
        kvEntry* got = nullptr;
        const auto status = kvStore_Get(&got, bucket_.get(), name.c_str());
        const Value value(got);
        if (status != NATS_OK) {
            return failed("reader " + name, status);
        }
        const std::string_view text(
            static_cast<const char*>(kvEntry_Value(got)),
            static_cast<std::size_t>(kvEntry_ValueLen(got))
        );
        Sequence reached = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), reached);
        if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
            return fail(
                ErrorCode::internal,
                "what the reader " + name + " has reached is no number"
            );
        }
        return reached;
    }

    Context context_;
    Bucket bucket_; // first to go
};

} // namespace

Result<std::unique_ptr<Readers>>
open_readers(natsConnection* connection, ReadersSettings settings) {
    jsOptions waiting;
    jsOptions_Init(&waiting);
    waiting.Wait = settings.timeout.count();
    jsCtx* js = nullptr;
    if (const auto status = natsConnection_JetStream(&js, connection, &waiting);
        status != NATS_OK) {
        return failed("readers", status);
    }
    Context context(js);
    const auto name = settings.stream + "-readers";
    kvStore* opened = nullptr;
    auto status = js_KeyValue(&opened, js, name.c_str());
    if (status == NATS_NOT_FOUND && settings.makes) {
        kvConfig config;
        kvConfig_Init(&config);
        config.Bucket = name.c_str();
        config.History = 1;
        config.StorageType = js_FileStorage;
        config.Replicas = static_cast<int>(settings.replicas);
        status = js_CreateKeyValue(&opened, js, &config);
    }
    Bucket bucket(opened);
    if (status == NATS_NOT_FOUND) {
        return fail(
            ErrorCode::unavailable,
            "the bucket " + name + " is not there yet: `records` makes it",
            {},
            {},
            Retry::safe
        );
    }
    if (status != NATS_OK) {
        return failed("readers", status);
    }
    return std::make_unique<NatsReaders>(std::move(context), std::move(bucket));
}

} // namespace vigil::journal::nats
