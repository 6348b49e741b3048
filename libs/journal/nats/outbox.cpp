#include "journal/nats/outbox.hpp"

#include "journal/admission.hpp"
#include "journal/nats/publish_answer.hpp"
#include "journal/nats/subjects.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace vigil::journal::nats {

namespace {

constexpr std::size_t most_in_batch = 1000; // of an atomic batch of nats-server 2.15

} // namespace

Outbox::Outbox(
    natsConnection* connection,
    std::string stream,
    std::string inbox,
    OutboxRules rules,
    const Clock& clock
)
    : connection_(connection),
      stream_(std::move(stream)),
      inbox_(std::move(inbox)),
      rules_(rules),
      clock_(clock) {}

/// The server compares a fence with the newest output before the first message of the batch that
/// belongs to the partition: later ones would be compared with the batch's own.
Result<std::vector<Outbox::Outgoing>> Outbox::messages_of(Batch& batch) const {
    std::vector<Outgoing> messages;
    messages.reserve(batch.entries.size());
    for (const auto& entry : batch.entries) {
        messages.push_back(
            {.subject = subject_of(stream_, entry),
             .id = {},
             .payload = entry.SerializeAsString(),
             .fence = {}}
        );
    }
    for (const auto& fence : batch.fences) {
        std::size_t index = 0;
        const auto outputs = output_subject(stream_, fence.partition);
        const auto first_output = static_cast<std::size_t>(
            std::ranges::find(messages, outputs, &Outgoing::subject) - messages.begin()
        );
        while (index < messages.size() && (messages[index].fence || index > first_output)) {
            ++index;
        }
        // its own entry where there is one, so that as few as possible are compared for another
        for (auto own = index; own < messages.size() && own <= first_output; ++own) {
            if (!messages[own].fence && batch.entries[own].partition() == fence.partition) {
                index = own;
                break;
            }
        }
        if (index >= messages.size() || index > first_output || messages[index].fence) {
            return fail(
                ErrorCode::invalid_argument,
                "a batch with more fences than entries before its outputs"
            );
        }
        messages[index].fence = fence;
    }
    return messages;
}

Result<void> Outbox::take(Batch& batch, AppendDone& done) {
    const auto bytes = admit(batch, rules_.queue_entries, rules_.queue_bytes);
    if (!bytes) {
        return std::unexpected(bytes.error());
    }
    if (batch.entries.size() > most_in_batch) {
        return fail(
            ErrorCode::too_large,
            "a batch of " + std::to_string(batch.entries.size()) + " entries; at most " +
                std::to_string(most_in_batch) + " are taken together"
        );
    }
    auto messages = messages_of(batch);
    if (!messages) {
        return std::unexpected(messages.error());
    }
    const std::scoped_lock lock(mutex_);
    if (length_.entries + batch.entries.size() > rules_.queue_entries ||
        length_.bytes + *bytes > rules_.queue_bytes) {
        return std::unexpected(queue_is_full());
    }
    const auto number = next_++;
    auto& waiting = waiting_[number];
    waiting.messages = *std::move(messages);
    waiting.done = std::move(done);
    waiting.bytes = *bytes;
    waiting.missing = waiting.messages.size();
    waiting.sequences.assign(waiting.missing, 0);
    waiting.since = clock_.steady();
    for (std::size_t index = 0; index < waiting.messages.size(); ++index) {
        auto& id = waiting.messages[index].id;
        id = std::format("{}.{}.{}", inbox_, number, index);
        own_[id] = {.number = number, .index = index};
    }
    length_.entries += waiting.messages.size();
    length_.bytes += waiting.bytes;
    publish(number, waiting);
    return {};
}

void Outbox::publish(std::uint64_t number, Waiting& waiting) {
    waiting.published = clock_.steady();
    ++waiting.times;
    for (std::size_t index = 0; index < waiting.messages.size(); ++index) {
        if (send(waiting.messages[index], number, waiting, index) != NATS_OK) {
            return; // tried again when the connection is back, or by look()
        }
    }
}

natsStatus Outbox::send(
    const Outgoing& outgoing,
    std::uint64_t number,
    const Waiting& waiting,
    std::size_t index
) {
    const bool is_last = index + 1 == waiting.messages.size();
    const auto reply = inbox_ + "." + std::to_string(number);
    natsMsg* made = nullptr;
    auto status = natsMsg_Create(
        &made,
        outgoing.subject.c_str(),
        is_last ? reply.c_str() : nullptr,
        outgoing.payload.data(),
        static_cast<int>(outgoing.payload.size())
    );
    const Message message(made);
    const auto set = [&](const char* name, const std::string& value) {
        if (status == NATS_OK) {
            status = natsMsgHeader_Set(made, name, value.c_str());
        }
    };
    set("Nats-Msg-Id", outgoing.id);
    if (outgoing.fence) {
        set("Nats-Expected-Last-Subject-Sequence", std::to_string(outgoing.fence->expected));
        const auto outputs = output_subject(stream_, outgoing.fence->partition);
        if (outputs != outgoing.subject) {
            set("Nats-Expected-Last-Subject-Sequence-Subject", outputs);
        }
    }
    if (waiting.messages.size() > 1) {
        set("Nats-Batch-Id", std::format("{}.{}.{}", inbox_, number, waiting.times));
        set("Nats-Batch-Sequence", std::to_string(index + 1));
        if (is_last) {
            set("Nats-Batch-Commit", "1");
        }
    }
    return status == NATS_OK ? natsConnection_PublishMsg(connection_, made) : status;
}

bool Outbox::succeeded(const Waiting& waiting) const {
    return waiting.missing == 0 && (waiting.acknowledged || waiting.may_be_lost);
}

Outbox::Finished Outbox::finish(Place place, Result<Appended> result) {
    auto& waiting = place->second;
    length_.entries -= waiting.messages.size();
    length_.bytes -= waiting.bytes;
    for (const auto& message : waiting.messages) {
        own_.erase(message.id);
    }
    writable_ = result || result.error().code != ErrorCode::unavailable;
    Finished finished{.done = std::move(waiting.done), .result = std::move(result)};
    waiting_.erase(place);
    return finished;
}

Outbox::Finished Outbox::succeed(Place place) {
    auto sequences = place->second.sequences;
    return finish(place, std::move(sequences));
}

std::vector<Outbox::Finished> Outbox::answered(std::uint64_t number, natsMsg* message) {
    const auto answer = read_answer(message);
    const std::scoped_lock lock(mutex_);
    std::vector<Finished> finished;
    const auto place = waiting_.find(number);
    if (place == waiting_.end() || answer.is_transient) {
        return finished;
    }
    auto& waiting = place->second;
    if (answer.is_acknowledged) {
        waiting.acknowledged = true;
        if (succeeded(waiting)) {
            finished.push_back(succeed(place));
        }
        return finished;
    }
    std::vector<Fence> fences;
    for (const auto& outgoing : waiting.messages) {
        if (outgoing.fence) {
            fences.push_back(*outgoing.fence);
        }
    }
    auto error = error_of(answer, fences);
    if (waiting.times > 1) { // a duplicate of the first publish, perhaps
        waiting.may_be_lost = true;
        waiting.refused = std::move(error);
        if (succeeded(waiting)) {
            finished.push_back(succeed(place));
        }
        return finished;
    }
    finished.push_back(finish(place, std::unexpected(std::move(error))));
    return finished;
}

std::vector<Outbox::Finished> Outbox::read_back(const std::string& id, Sequence sequence) {
    const std::scoped_lock lock(mutex_);
    std::vector<Finished> finished;
    const auto own = own_.find(id);
    if (own == own_.end()) {
        return finished;
    }
    const auto place = waiting_.find(own->second.number);
    auto& waiting = place->second;
    auto& place_of = waiting.sequences[own->second.index];
    if (place_of == 0) {
        place_of = sequence;
        --waiting.missing;
    }
    if (succeeded(waiting)) {
        finished.push_back(succeed(place));
    }
    return finished;
}

std::vector<Outbox::Finished> Outbox::not_permitted(const std::string& subject) {
    const std::scoped_lock lock(mutex_);
    std::vector<Finished> finished;
    for (auto next = waiting_.begin(); next != waiting_.end();) {
        const auto place = next++;
        if (std::ranges::contains(place->second.messages, subject, &Outgoing::subject)) {
            finished.push_back(finish(
                place,
                fail(
                    ErrorCode::unavailable,
                    "the journal's servers do not permit this process to write there",
                    {},
                    "no permission to publish to " + subject,
                    place->second.times > 1 ? Retry::in_doubt : Retry::safe
                )
            ));
        }
    }
    return finished;
}

void Outbox::publish_again() {
    const std::scoped_lock lock(mutex_);
    for (auto& [number, waiting] : waiting_) {
        if (!waiting.acknowledged) {
            waiting.may_be_lost = true;
            publish(number, waiting);
        }
    }
}

std::chrono::milliseconds Outbox::pause_after(std::uint32_t times) const {
    constexpr std::uint32_t most_doublings = 8;
    return rules_.again_after * (1U << std::min(std::max(times, 1U) - 1, most_doublings));
}

std::vector<Outbox::Finished> Outbox::look() {
    const std::scoped_lock lock(mutex_);
    std::vector<Finished> finished;
    const auto now = clock_.steady();
    for (auto next = waiting_.begin(); next != waiting_.end();) {
        const auto place = next++;
        auto& waiting = place->second;
        if (succeeded(waiting)) {
            finished.push_back(succeed(place));
        } else if (now - waiting.since >= rules_.doubt_after) {
            finished.push_back(
                finish(place, std::unexpected(in_doubt("the journal's servers did not answer")))
            );
        } else if (!waiting.acknowledged && now - waiting.published >= pause_after(waiting.times)) {
            waiting.may_be_lost = true;
            publish(place->first, waiting);
        }
    }
    return finished;
}

std::vector<std::uint64_t> Outbox::unsettled() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, waiting] : waiting_) {
        if (waiting.refused) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

std::vector<Outbox::Finished> Outbox::settle(const std::vector<std::uint64_t>& numbers) {
    const std::scoped_lock lock(mutex_);
    std::vector<Finished> finished;
    for (const auto number : numbers) {
        const auto place = waiting_.find(number);
        if (place != waiting_.end() && place->second.refused) {
            auto error = *std::move(place->second.refused);
            finished.push_back(finish(place, std::unexpected(std::move(error))));
        }
    }
    return finished;
}

std::vector<Outbox::Finished> Outbox::give_up() {
    const std::scoped_lock lock(mutex_);
    std::vector<Finished> finished;
    while (!waiting_.empty()) {
        finished.push_back(
            finish(waiting_.begin(), std::unexpected(in_doubt("the journal was closed")))
        );
    }
    return finished;
}

Outbox::Length Outbox::length() const {
    const std::scoped_lock lock(mutex_);
    return length_;
}

bool Outbox::writable() const {
    const std::scoped_lock lock(mutex_);
    return writable_;
}

void Outbox::may_write() {
    const std::scoped_lock lock(mutex_);
    writable_ = writable_ || waiting_.empty();
}

} // namespace vigil::journal::nats
