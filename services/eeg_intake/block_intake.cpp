#include "eeg_intake/block_intake.hpp"

#include "eeg_intake/check_block.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace vigil::eeg_intake {

/// One submission until every part of it is decided: its own batch, and the batches of others that
/// hold the same blocks.
struct Ticket {
    std::vector<BlockOutcome> outcomes;
    std::size_t open = 1; // parts not decided; the submission's own is one
    std::optional<Error> error;
    BlockIntake::Done done;

    void finish() {
        if (error) {
            done(std::unexpected(std::move(*error)));
        } else {
            done(std::move(outcomes));
        }
    }
};

/// A submission while its batch is made and written.
struct BlockIntake::Writing {
    struct Part {
        std::string key;
        std::size_t outcome = 0;
    };

    std::shared_ptr<Ticket> ticket;
    std::shared_ptr<const access::DirectoryState> directory;
    Submission submission;
    UtcTime latest;
    journal::Batch batch;
    std::vector<Part> parts; // one for each entry of the batch
};

namespace {

prometheus::Counter& blocks_total(Metrics& metrics, const char* result) {
    return metrics.counter(
        "vigil_eeg_blocks_total",
        "EEG blocks that senders sent, by what became of them",
        {{"result", result}}
    );
}

void refuse(BlockOutcome& outcome, Error error, const std::string& prefix) {
    error.field = error.field.empty() ? prefix
                  : prefix.empty()    ? error.field
                                      : prefix + '.' + error.field;
    outcome.status = v1::BlockResult::REFUSED;
    outcome.error = std::move(error);
}

bool has_unknown(const google::protobuf::Message& message) {
    return !message.GetReflection()->GetUnknownFields(message).empty();
}

/// Members of a newer schema would be stored unchecked. Looking first spares the walk over every
/// member.
void drop_unknown(v1::EegBlock& block) {
    if (has_unknown(block) || std::ranges::any_of(block.channels(), has_unknown)) {
        block.DiscardUnknownFields();
    }
}

Error conflict(std::string detail, std::string field) {
    return fail(ErrorCode::conflict, std::move(detail), std::move(field)).error();
}

} // namespace

BlockIntake::BlockIntake(Dependencies on, std::size_t streams)
    : on_(on),
      made_utc_(on.clock.utc()),
      made_steady_(on.clock.steady()),
      table_(streams),
      accepted_(blocks_total(on.metrics, "accepted")),
      duplicates_(blocks_total(on.metrics, "duplicate")),
      refused_(blocks_total(on.metrics, "refused")),
      quarantined_(blocks_total(on.metrics, "quarantined")) {}

UtcTime BlockIntake::latest_start() const {
    const auto since = std::chrono::duration_cast<Microseconds>(on_.clock.steady() - made_steady_);
    return std::max(on_.clock.utc(), made_utc_ + since) + future_allowed;
}

std::size_t BlockIntake::streams() const {
    const std::lock_guard lock(mutex_);
    return table_.size();
}

/// Whose the block is, empty for nobody's; or why it is refused.
Result<std::string> BlockIntake::check(const Writing& writing, const v1::EegBlock& block) const {
    if (auto checked = check_block(block, writing.latest); !checked) {
        return std::unexpected(std::move(checked.error()));
    }
    const auto& submission = writing.submission;
    if (!submission.legacy && (block.isolated() || block.device() == legacy_device)) {
        return fail(
            ErrorCode::invalid_argument,
            "is kept for windows of the old contract",
            block.isolated() ? "isolated" : "device"
        );
    }
    return access::patient_of(
        *writing.directory,
        {.patient = submission.patient, .device = submission.device},
        block.device(),
        block.start_time_us()
    );
}

v1::Entry BlockIntake::entry(
    const access::DirectoryState& directory,
    std::string_view patient,
    std::string id
) const {
    v1::Entry entry;
    entry.set_id(std::move(id));
    entry.set_schema_version(1);
    entry.set_patient(std::string(patient));
    entry.set_partition(journal::partition_of(patient, directory.partitions));
    entry.set_source("eeg_intake");
    entry.set_receipt_time_us(to_us(on_.clock.utc()));
    if (const auto* known = directory.patient(patient)) {
        entry.set_unit(known->unit());
    }
    return entry;
}

/// Of nobody's block it is a QUARANTINED one, in a partition that follows from the device.
v1::Entry BlockIntake::block_entry(
    const Writing& writing,
    const v1::EegBlock& block,
    const std::string& patient,
    const std::string& id
) const {
    auto made = entry(*writing.directory, patient, id);
    made.set_type(v1::EEG_BLOCK);
    made.set_trace_id(std::string(writing.submission.trace.bytes()));
    made.set_device_time_us(block.start_time_us());
    block.SerializeToString(made.mutable_payload());
    if (patient.empty()) {
        access::quarantine(
            made,
            {.device = block.device(),
             .stream = block.stream(),
             .start_us = block.start_time_us(),
             .partitions = writing.directory->partitions}
        );
    }
    return made;
}

/// Whether the device sent other samples in this range while it was nobody's. Under the lock.
bool BlockIntake::differs_from_quarantine(
    const v1::EegBlock& block,
    const journal::BlockSamples& compared
) {
    auto* held = table_.find(StreamTable::key({}, block.device(), block.stream()));
    return held != nullptr && held->seen.look(compared) == journal::SampleRanges::Seen::conflict;
}

/// Decides on one block, under the lock: its outcome, and where it is new its entry in the batch.
void BlockIntake::take(
    Writing& writing,
    v1::EegBlock& block,
    const std::string& patient,
    std::size_t index
) {
    const journal::SampleRange range{block.first_sample(), block.first_sample() + block.samples()};
    const auto digest = journal::block_digest(
        block.data(),
        block.samples(),
        static_cast<std::size_t>(block.channels_size())
    );
    const auto layout = channels_digest(block);
    auto key = StreamTable::key(patient, block.device(), block.stream());
    const auto prefix =
        writing.submission.numbered ? std::format("blocks[{}]", index) : std::string{};

    const std::lock_guard lock(mutex_);
    auto& outcome = writing.ticket->outcomes[index];
    auto& stream = table_.at(key, block.isolated());
    const auto refuse_as = [&](const char* detail, const char* member) {
        refuse(outcome, conflict(detail, member), prefix);
    };
    if (const char* member = stream.differs(block, layout)) {
        return refuse_as(
            "differs from the blocks that this stream has: start another stream",
            member
        );
    }
    const auto other_samples = [&] {
        refuse_as("the same samples are held with other values", "first_sample");
    };
    if (auto* same = stream.pending_in(range)) {
        if (same->digest != digest) {
            return other_samples();
        }
        outcome.status = v1::BlockResult::DUPLICATE;
        outcome.id = same->id;
        ++writing.ticket->open;
        same->followers.emplace_back(writing.ticket, index);
        return;
    }
    const journal::BlockSamples compared(
        range,
        block.data(),
        static_cast<std::size_t>(block.channels_size())
    );
    const auto seen = stream.seen.look(compared);
    const bool may_have_been_nobodys = !patient.empty() && !writing.submission.device.empty();
    if (seen == journal::SampleRanges::Seen::conflict ||
        (may_have_been_nobodys && differs_from_quarantine(block, compared))) {
        return other_samples();
    }
    if (seen == journal::SampleRanges::Seen::duplicate) {
        outcome.status = v1::BlockResult::DUPLICATE;
        outcome.id = stream.id_of(range.first);
        stream.seen.hold(compared.cells(block.isolated()), journal::SampleRanges::no_entry);
        return;
    }
    stream.take_layout(block, layout);
    outcome.status = patient.empty() ? v1::BlockResult::QUARANTINED : v1::BlockResult::ACCEPTED;
    outcome.id = writing.submission.id.empty() ? random_id(on_.random) : writing.submission.id;
    stream.pending.push_back({range, digest, compared.cells(block.isolated()), outcome.id, {}});
    own_.add(outcome.id);
    writing.batch.entries.push_back(block_entry(writing, block, patient, outcome.id));
    writing.parts.push_back({std::move(key), index});
}

/// The journal has answered: the batch's blocks are seen now, or were never there.
void BlockIntake::written(Writing& writing, const Result<journal::Appended>& result) {
    std::vector<std::shared_ptr<Ticket>> finished;
    const auto decided = [&](const std::shared_ptr<Ticket>& ticket) {
        if (!result && !ticket->error) {
            ticket->error = result.error();
        }
        if (--ticket->open == 0) {
            finished.push_back(ticket);
        }
    };
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t at = 0; at < writing.parts.size(); ++at) {
            const auto& part = writing.parts[at];
            const auto& outcome = writing.ticket->outcomes[part.outcome];
            auto* stream = table_.find(part.key);
            auto* pending = stream == nullptr ? nullptr : stream->pending_in(outcome.range);
            if (pending == nullptr) {
                continue;
            }
            const auto block = std::move(*pending);
            std::erase_if(stream->pending, [&](const Pending& p) {
                return p.range == outcome.range;
            });
            if (result) {
                stream->seen.hold(block.cells, (*result)[at]);
                stream->remember(block.range, block.id);
            } else {
                own_.remove(block.id);
                table_.drop_if_empty(part.key);
            }
            for (const auto& follower : block.followers) {
                decided(follower.first);
            }
        }
        decided(writing.ticket);
    }
    for (const auto& ticket : finished) {
        if (!ticket->error) {
            for (const auto& outcome : ticket->outcomes) {
                counter_of(outcome.status).Increment();
            }
        }
        ticket->finish();
    }
}

prometheus::Counter& BlockIntake::counter_of(v1::BlockResult::Status status) {
    switch (status) {
        case v1::BlockResult::ACCEPTED:
            return accepted_;
        case v1::BlockResult::DUPLICATE:
            return duplicates_;
        case v1::BlockResult::QUARANTINED:
            return quarantined_;
        default:
            return refused_;
    }
}

void BlockIntake::submit(Submission submission, Done done) {
    auto writing = std::make_unique<Writing>();
    writing->ticket = std::make_shared<Ticket>();
    writing->ticket->done = std::move(done);
    writing->directory = on_.directory.state();
    writing->submission = std::move(submission);
    writing->latest = latest_start();
    auto& outcomes = writing->ticket->outcomes;
    auto& blocks = writing->submission.blocks;
    outcomes.resize(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        auto& block = blocks[i];
        drop_unknown(block);
        outcomes[i].device = block.device();
        outcomes[i].stream = block.stream();
        outcomes[i].range = {block.first_sample(), block.first_sample() + block.samples()};
        if (auto patient = check(*writing, block)) {
            take(*writing, block, *patient, i);
        } else {
            refuse(
                outcomes[i],
                std::move(patient.error()),
                writing->submission.numbered ? std::format("blocks[{}]", i) : std::string{}
            );
        }
    }
    if (writing->batch.entries.empty()) {
        return written(*writing, journal::Appended{});
    }
    auto batch = std::move(writing->batch);
    on_.journal.append(
        std::move(batch),
        [this, writing = std::move(writing)](Result<journal::Appended> result) {
            written(*writing, result);
        }
    );
}

} // namespace vigil::eeg_intake
