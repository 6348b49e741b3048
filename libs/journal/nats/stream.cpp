#include "journal/nats/stream.hpp"

#include "base/json_text.hpp"
#include "journal/nats/api_answer.hpp"
#include "journal/nats/subjects.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace vigil::journal::nats {

namespace {

using simdjson::dom::element;

constexpr std::int64_t not_found_code = 10059; // JSStreamNotFoundErr of nats-server
/// How long a server knows the ids of messages: a publish that is repeated comes within it.
constexpr std::int64_t duplicate_window_ns = 120'000'000'000;
constexpr std::size_t most_in_one_read = 1024; // of nats-server's batched direct gets
constexpr std::size_t room_for_headers = 4096;

std::string_view header(natsMsg* message, const char* name) {
    const char* value = nullptr;
    return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr
               ? std::string_view(value)
               : std::string_view();
}

Sequence number_of(std::string_view text) {
    Sequence number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::unexpected<Error> refused(std::string_view verb, const element& answer) {
    return fail(
        ErrorCode::unavailable,
        "the journal's servers refuse",
        {},
        std::string(verb) + ": " + std::string(text_in(answer, "/error/description")),
        Retry::safe
    );
}

} // namespace

Sequence sequence_of(natsMsg* delivered) {
    jsMsgMetaData* told = nullptr;
    if (natsMsg_GetMetaData(&told, delivered) != NATS_OK) {
        return 0;
    }
    const auto sequence = told->Sequence.Stream;
    jsMsgMetaData_Destroy(told);
    return sequence;
}

std::string id_of(natsMsg* delivered) {
    return std::string(header(delivered, "Nats-Msg-Id"));
}

Result<StoredPtr> stored_from(natsMsg* message, Sequence sequence) {
    auto stored = std::make_shared<Stored>();
    stored->sequence = sequence;
    if (!stored->entry.ParseFromArray(natsMsg_GetData(message), natsMsg_GetDataLength(message))) {
        return fail(
            ErrorCode::internal,
            "what the journal holds at " + std::to_string(sequence) + " is no entry"
        );
    }
    return StoredPtr(std::move(stored));
}

Stream::Stream(
    natsConnection* connection,
    StreamSettings settings,
    std::chrono::milliseconds timeout
)
    : connection_(connection), settings_(std::move(settings)), timeout_(timeout) {
    jsCtx* context = nullptr;
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = timeout_.count();
    natsConnection_JetStream(&context, connection_, &options);
    context_.reset(context);
}

std::string Stream::config(Sequence freed) const {
    JsonText json;
    json.open_object()
        .member("name", settings_.name)
        .key("subjects")
        .open_array()
        .value(all_subjects(settings_.name))
        .close_array()
        .member("retention", "limits")
        .member("storage", "file")
        .member("discard", "new")
        .member("num_replicas", settings_.replicas)
        .member("max_consumers", -1)
        .member("max_msgs", -1)
        .member(
            "max_bytes",
            settings_.max_bytes == 0 ? std::int64_t{-1}
                                     : static_cast<std::int64_t>(settings_.max_bytes)
        )
        .member("max_age", 0)
        .member("max_msg_size", max_entry_bytes + room_for_headers)
        .member("duplicate_window", duplicate_window_ns)
        .member("first_seq", settings_.first)
        .member("allow_direct", true)
        .member("allow_atomic", true)
        .member("deny_delete", true)
        .key("metadata")
        .open_object()
        .member("vigil_freed", std::to_string(freed))
        .close_object()
        .close_object();
    return std::move(json).text();
}

Result<std::string> Stream::ask(const std::string& verb, const std::string& json) {
    natsMsg* answer = nullptr;
    const auto status = natsConnection_RequestString(
        &answer,
        connection_,
        ("$JS.API." + verb + "." + settings_.name).c_str(),
        json.c_str(),
        timeout_.count()
    );
    const Message owner(answer);
    if (status != NATS_OK) {
        return failed(verb, status);
    }
    return std::string(
        natsMsg_GetData(answer),
        static_cast<std::size_t>(natsMsg_GetDataLength(answer))
    );
}

Result<void> Stream::act(const std::string& verb, const std::string& json) {
    const auto answer = ask(verb, json);
    if (!answer) {
        return std::unexpected(answer.error());
    }
    simdjson::dom::parser parser;
    element read;
    if (parser.parse(*answer).get(read) != simdjson::SUCCESS || is_refusal(read)) {
        return refused(verb, read);
    }
    return {};
}

Result<StreamState> Stream::state() {
    const auto answer = ask("STREAM.INFO", "");
    if (!answer) {
        return std::unexpected(answer.error());
    }
    simdjson::dom::parser parser;
    element read;
    if (parser.parse(*answer).get(read) != simdjson::SUCCESS) {
        return fail(ErrorCode::internal, "an answer of the journal's servers is no JSON");
    }
    if (is_refusal(read)) {
        auto error = refused("STREAM.INFO", read);
        if (number_in(read, "/error/err_code") == not_found_code) {
            error.error().code = ErrorCode::not_found;
        }
        return error;
    }
    return StreamState{
        .last = number_in(read, "/state/last_seq"),
        .bytes = number_in(read, "/state/bytes"),
        .freed = number_of(text_in(read, "/config/metadata/vigil_freed")),
        .made = std::string(text_in(read, "/created"))
    };
}

Result<void> Stream::make() {
    const auto there = state();
    if (there || there.error().code != ErrorCode::not_found) {
        return there ? Result<void>() : std::unexpected(there.error());
    }
    if (!settings_.makes) {
        return fail(
            ErrorCode::unavailable,
            "the journal's stream " + settings_.name + " is not there yet: `records` makes it",
            {},
            {},
            Retry::safe
        );
    }
    return act("STREAM.CREATE", config(settings_.first - 1));
}

Result<std::vector<StoredPtr>> Stream::read(Sequence from, ReadLimits limits) {
    natsSubscription* made = nullptr;
    natsInbox* inbox = nullptr;
    if (const auto status = natsInbox_Create(&inbox); status != NATS_OK) {
        return failed("inbox", status);
    }
    const std::unique_ptr<natsInbox, Destroyer<natsInbox_Destroy>> reply(inbox);
    if (const auto status = natsConnection_SubscribeSync(&made, connection_, inbox);
        status != NATS_OK) {
        return failed("subscribe", status);
    }
    const Subscription answers(made);
    JsonText json;
    json.open_object()
        .member("seq", std::max<Sequence>(from, 1))
        .member("batch", std::clamp<std::size_t>(limits.entries, 1, most_in_one_read))
        .member("max_bytes", std::max<std::size_t>(limits.bytes, 1))
        .member("next_by_subj", all_subjects(settings_.name))
        .close_object();
    const auto asked = natsConnection_PublishRequestString(
        connection_,
        ("$JS.API.DIRECT.GET." + settings_.name).c_str(),
        inbox,
        json.text().c_str()
    );
    if (asked != NATS_OK) {
        return failed("direct get", asked);
    }
    std::vector<StoredPtr> found;
    std::size_t bytes = 0;
    while (true) {
        natsMsg* next = nullptr;
        const auto status = natsSubscription_NextMsg(&next, made, timeout_.count());
        const Message message(next);
        if (status != NATS_OK) {
            return failed("direct get", status);
        }
        const auto state = header(next, "Status");
        if (state == "404" || state == "204") { // nothing there; the end
            return found;
        }
        if (!state.empty()) {
            return failed("direct get " + std::string(state), NATS_ERR);
        }
        bytes += static_cast<std::size_t>(natsMsg_GetDataLength(next));
        if (bytes > limits.bytes && !found.empty()) {
            return found;
        }
        auto stored = stored_from(next, number_of(header(next, "Nats-Sequence")));
        if (!stored) {
            return std::unexpected(stored.error());
        }
        found.push_back(*std::move(stored));
    }
}

Result<StoredPtr> Stream::newest_of(const std::string& subject) {
    natsMsg* found = nullptr;
    const auto status = js_GetLastMsg(
        &found,
        context_.get(),
        settings_.name.c_str(),
        subject.c_str(),
        nullptr,
        nullptr
    );
    const Message message(found);
    if (status == NATS_NOT_FOUND) {
        return StoredPtr();
    }
    if (status != NATS_OK) {
        return failed("newest of " + subject, status);
    }
    return stored_from(found, natsMsg_GetSequence(found));
}

Result<std::vector<StoredPtr>> Stream::newest_of_keys() {
    const auto filter = subject_prefix(settings_.name) + ".directory.>";
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Stream = settings_.name.c_str();
    options.Ordered = true;
    options.Config.DeliverPolicy = js_DeliverLastPerSubject;
    natsSubscription* made = nullptr;
    const auto status =
        js_SubscribeSync(&made, context_.get(), filter.c_str(), nullptr, &options, nullptr);
    const Subscription subscription(made);
    if (status != NATS_OK) {
        return failed("directory", status);
    }
    jsConsumerInfo* info = nullptr;
    const auto told = natsSubscription_GetConsumerInfo(&info, made, nullptr, nullptr);
    if (told != NATS_OK) {
        return failed("directory", told);
    }
    auto left = info->NumPending + info->Delivered.Consumer;
    jsConsumerInfo_Destroy(info);
    std::vector<StoredPtr> found;
    for (; left > 0; --left) {
        natsMsg* next = nullptr;
        const auto got = natsSubscription_NextMsg(&next, made, timeout_.count());
        const Message message(next);
        if (got != NATS_OK) {
            return failed("directory", got);
        }
        auto stored = stored_from(next, sequence_of(next));
        if (!stored) {
            return std::unexpected(stored.error());
        }
        found.push_back(*std::move(stored));
    }
    std::ranges::sort(found, {}, [](const StoredPtr& one) { return one->sequence; });
    // of a key that changed while it was asked for, the newest
    std::map<std::string, StoredPtr> newest;
    for (const auto& one : found) {
        newest[one->entry.key()] = one;
    }
    std::erase_if(found, [&](const StoredPtr& one) { return newest[one->entry.key()] != one; });
    return found;
}

Result<std::map<std::string, std::uint64_t>> Stream::counts(const std::string& filter) {
    const auto answer = ask(
        "STREAM.INFO",
        std::move(JsonText().open_object().member("subjects_filter", filter).close_object()).text()
    );
    if (!answer) {
        return std::unexpected(answer.error());
    }
    simdjson::dom::parser parser;
    element read;
    if (parser.parse(*answer).get(read) != simdjson::SUCCESS || is_refusal(read)) {
        return refused("STREAM.INFO", read);
    }
    std::map<std::string, std::uint64_t> counted;
    simdjson::dom::object subjects;
    if (read.at_pointer("/state/subjects").get(subjects) == simdjson::SUCCESS) {
        for (const auto& [subject, count] : subjects) {
            counted.emplace(subject, count.get_uint64().value());
        }
    }
    return counted;
}

Result<void> Stream::purge(const std::string& filter, Sequence below) {
    return act(
        "STREAM.PURGE",
        std::move(
            JsonText().open_object().member("filter", filter).member("seq", below).close_object()
        )
            .text()
    );
}

/// Of each subject all up to `up_to` but its newest.
Result<void> Stream::purge_older(const std::string& filter, Sequence up_to) {
    const auto counted = counts(filter);
    if (!counted) {
        return std::unexpected(counted.error());
    }
    for (const auto& [subject, count] : *counted) {
        if (count < 2) {
            continue;
        }
        const auto newest = newest_of(subject);
        if (!newest) {
            return std::unexpected(newest.error());
        }
        if (*newest) {
            const auto below = std::min(up_to + 1, (*newest)->sequence);
            if (auto purged = purge(subject, below); !purged) {
                return purged;
            }
        }
    }
    return {};
}

Result<void> Stream::free(Sequence up_to) {
    const auto now = state();
    if (!now) {
        return std::unexpected(now.error());
    }
    up_to = std::min(up_to, now->last);
    if (up_to <= now->freed) {
        return {};
    }
    // first what readers are told, so that none reads past what is gone without knowing it
    if (auto told = act("STREAM.UPDATE", config(up_to)); !told) {
        return told;
    }
    const auto prefix = subject_prefix(settings_.name);
    return purge(prefix + ".entry.>", up_to + 1)
        .and_then([&] { return purge_older(prefix + ".output.>", up_to); })
        .and_then([&] { return purge_older(prefix + ".directory.>", up_to); });
}

} // namespace vigil::journal::nats
