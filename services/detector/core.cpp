#include "detector/core.hpp"

#include "base/random.hpp"
#include "detector/block_windows.hpp"
#include "detector/journal_time.hpp"
#include "detector/partition.hpp"
#include "detector/step_entries.hpp"
#include "journal/held.hpp"

#include <algorithm>
#include <future>
#include <set>
#include <stdexcept>

namespace vigil::detector {

namespace {

Result<journal::Appended> append_and_wait(journal::Journal& journal, journal::Batch batch) {
    auto promise = std::make_shared<std::promise<Result<journal::Appended>>>();
    auto answer = promise->get_future();
    journal.append(std::move(batch), [promise](Result<journal::Appended> result) {
        promise->set_value(std::move(result));
    });
    return answer.get();
}

} // namespace

struct Core::Inside {
    Models models;
    bool sheds_shadows = false;
    CoreOptions options;
    std::vector<Partition> partitions;
    JournalTime time;
    std::optional<JournalTime::State> time_before; // the entry that is being taken in
    journal::Sequence time_from = 0; // time passes from this entry on; before it only contexts are
                                     // filled again
    journal::Sequence position = 0;
    std::uint64_t inputs = 0; // entries taken in that are no detector's outputs
    CoreCounts counts;

    struct Awaiting { // an output of the last batch
        std::uint32_t partition = 0;
        bool is_checkpoint = false;
        journal::Sequence replay_sequence = 0;
    };

    std::vector<Awaiting> awaiting;
    std::size_t awaited_clocks = 0; // entries of the last batch that are no outputs

    Inside(detect::Scorer& model, CoreOptions chosen)
        : models(model, chosen.models),
          options(std::move(chosen)),
          partitions(options.partitions) {}

    [[nodiscard]] const detect::ModelCard& standard_card() const {
        return models.at(Models::standard).card;
    }

    /// What was touched last before then is forgotten.
    [[nodiscard]] std::int64_t memory_begins_us() const {
        return time.now_us() - std::chrono::microseconds(options.memory).count();
    }

    /// Of a directory entry the partition of its patient, whose owner reads it in order with the
    /// patient's inputs.
    [[nodiscard]] std::uint32_t partition_of(const v1::Entry& entry) const {
        return entry.key().empty() || entry.patient().empty()
                   ? entry.partition()
                   : journal::partition_of(entry.patient(), options.partitions);
    }

    void take(const journal::Stored& entry, Waiting& waiting, std::vector<StepContent>& contents);
    void take_the_rest(const journal::Stored& entry, std::vector<StepContent>& contents);
    void take_again(Partition& partition, const journal::Stored& entry);
    void fill_contexts(Partition& partition, const journal::Stored& entry);
    StreamState* stream_of(
        Partition& partition,
        const journal::Stored& entry,
        const v1::EegBlock& block,
        StepContent* content
    );
    void score_windows(Waiting& waiting, std::size_t place);
    void score(Waiting& waiting, std::vector<StepContent>& contents, UtcTime now);
    void must_be_committed() const;
    StepHead head_of(std::uint32_t number, UtcTime now);
    void put_out(std::uint32_t number, StepContent content, UtcTime now, journal::Batch& batch);
    Result<journal::Batch> takeover_batch(journal::Journal& journal, UtcTime now);
    Result<void> load(journal::Journal& journal);
};

Core::Core(detect::Scorer& scorer, CoreOptions options)
    : inside_(std::make_unique<Inside>(scorer, std::move(options))) {}

Core::~Core() = default;

journal::Sequence Core::position() const {
    return inside_->position;
}

journal::Sequence Core::replay_floor() const {
    auto needed = inside_->position + 1;
    for (const auto& partition : inside_->partitions) {
        needed = std::min(needed, partition.next_replay_from);
        if (partition.checkpoint_sequence != 0) {
            needed = std::min(needed, partition.checkpoint_sequence);
        }
    }
    return needed == 0 ? 0 : needed - 1;
}

const CoreCounts& Core::counts() const {
    return inside_->counts;
}

/// Reads where every partition's outputs stand into `partitions` and makes the TAKEOVER entries
/// that follow on them.
Result<journal::Batch> Core::Inside::takeover_batch(journal::Journal& journal, UtcTime now) {
    journal::Batch batch;
    for (std::uint32_t number = 0; number < options.partitions; ++number) {
        const auto newest = journal.newest_output(number);
        if (!newest) {
            return std::unexpected(newest.error());
        }
        const auto output = read_output(newest->get());
        auto& partition = partitions[number];
        partition = Partition{
            .last_output = output.sequence,
            .covered = output.input_sequence,
            .replay_from = output.replay_sequence,
            .next_replay_from = output.replay_sequence,
            .checkpoint_sequence = output.checkpoint_sequence,
            .checkpoint_input = std::max<journal::Sequence>(output.replay_sequence, 1) - 1,
            .replay_time = output.replay_time,
            .checkpoint_time = output.replay_time,
            .streams = {},
            .hearts = {},
            .alarms = {},
            .restorable = {},
            .memory_from = {},
            .models = {},
        };
        batch.entries.push_back(takeover_entry(number, options.owner, options.epoch, output, now));
        batch.fences.push_back({.partition = number, .expected = output.sequence});
    }
    return batch;
}

/// The checkpoints, and of the directory what they had no room for.
Result<void> Core::Inside::load(journal::Journal& journal) {
    for (auto& partition : partitions) {
        if (const auto loaded = partition.load_checkpoint(journal, options.events); !loaded) {
            return loaded;
        }
    }
    const auto directory = journal.directory();
    if (!directory) {
        return std::unexpected(directory.error());
    }
    std::set<std::string, std::less<>> known;
    for (const auto& partition : partitions) {
        for (const auto& [patient, machine] : partition.alarms.machines()) {
            known.insert(patient);
        }
    }
    for (const auto& stored : directory->entries) {
        const auto type = stored->entry.type();
        auto& partition = partitions[partition_of(stored->entry) % partitions.size()];
        if ((type == v1::PATIENT || type == v1::ALARM_SETTINGS) &&
            stored->sequence <= partition.checkpoint_input &&
            !known.contains(stored->entry.patient())) {
            partition.load_settings(*stored);
        }
    }
    return {};
}

Result<void> Core::take_over(journal::Journal& journal, UtcTime now) {
    auto& in = *inside_;
    constexpr int attempts = 3;
    for (int attempt = 1;; ++attempt) {
        auto batch = in.takeover_batch(journal, now);
        if (!batch) {
            return std::unexpected(batch.error());
        }
        const auto appended = append_and_wait(journal, std::move(*batch));
        if (appended) {
            for (std::uint32_t number = 0; number < in.options.partitions; ++number) {
                in.partitions[number].last_output = (*appended)[number];
            }
            break;
        }
        if (appended.error().code != ErrorCode::conflict || attempt == attempts) {
            return std::unexpected(appended.error());
        }
    }
    if (const auto loaded = in.load(journal); !loaded) {
        return loaded;
    }
    const auto first = std::ranges::min_element(in.partitions, {}, &Partition::replay_from);
    const auto contexts = std::ranges::min_element(in.partitions, {}, &Partition::reads_from);
    in.position = std::max(contexts->reads_from(), journal.oldest());
    in.position = in.position == 0 ? 0 : in.position - 1;
    in.time_from = first->replay_from;
    in.time = JournalTime(first->replay_time);
    in.inputs = 0;
    in.awaiting.clear();
    in.awaited_clocks = 0;
    return load_assignments(journal, in.position, in.partitions);
}

/// The block's stream, anew where its layout is another; the content is told of events that this
/// ends.
StreamState* Core::Inside::stream_of(
    Partition& partition,
    const journal::Stored& entry,
    const v1::EegBlock& block,
    StepContent* content
) {
    auto& streams = partition.streams;
    auto [place, is_new] =
        streams.try_emplace(stream_key(entry.entry.patient(), block.device(), block.stream()));
    auto& stream = place->second;
    const auto layout = layout_of(block);
    const bool is_other = stream.layout != layout;
    if (is_other && stream.events && content != nullptr) {
        partition.end_events(entry, block.device(), block.stream(), *content);
        stream.events.reset();
    }
    if (is_other || !stream.runs) {
        stream.layout = layout;
        stream.isolated = block.isolated();
        if (is_new) {
            stream.seen = journal::SampleRanges(block.isolated());
        }
        if (is_other && !is_new) {
            stream.models = {};
        }
        stream.models_due = true;
        stream.runs = std::make_unique<StreamRuns>(
            static_cast<std::size_t>(block.channels_size()),
            options.runs_per_stream
        );
    }
    if (stream.models_due && block.isolated()) {
        stream.window_head = detector::head_of(standard_card(), false, block);
    } else if (stream.models_due) {
        stream.models.assign(models, partition.models_of(entry.entry.patient()), block);
    }
    stream.models_due = false;
    stream.touched_us = std::max(stream.touched_us, time.now_us());
    if (streams.size() > options.streams_per_partition) {
        streams.erase(std::ranges::min_element(streams, {}, [&](const auto& one) {
            return &one.second == &stream ? std::numeric_limits<std::int64_t>::max()
                                          : one.second.touched_us;
        }));
    }
    return &stream;
}

/// An entry that the checkpoint covers, read again for the samples that windows may go on from. Of
/// a stream that the checkpoint has these are exactly the ones that were held when it was written:
/// a repeat of what had been forgotten by then must not bring that back.
void Core::Inside::take_again(Partition& partition, const journal::Stored& entry) {
    const auto [begin, end] = partition.restorable.equal_range(entry.sequence);
    const auto read = read_block(entry.entry);
    if (!read || read->block.isolated()) {
        return;
    }
    const auto& block = read->block;
    const auto known =
        partition.streams.find(stream_key(entry.entry.patient(), block.device(), block.stream()));
    const bool is_in_checkpoint = known != partition.streams.end() && known->second.from_checkpoint;
    if (is_in_checkpoint && begin == end) {
        return;
    }
    auto& stream = *stream_of(partition, entry, block, nullptr);
    if (stream.models.empty()) {
        return;
    }
    const journal::SampleRange range{block.first_sample(), block.first_sample() + block.samples()};
    if (is_in_checkpoint) {
        for (auto at = begin; at != end; ++at) {
            const auto& [part, run] = at->second;
            if (part.first >= range.first && part.first < part.end && part.end <= range.end) {
                restore(stream, part, *run, entry, *read, time_before);
            }
        }
        partition.restorable.erase(begin, end);
        return;
    }
    // It had no room in the checkpoint.
    const auto parts = stream.runs->missing(range);
    take_continuous(stream, parts, entry, *read, time, time_before, nullptr);
}

/// An entry that the checkpoint covers, read again for models with a long context.
void Core::Inside::fill_contexts(Partition& partition, const journal::Stored& entry) {
    const auto read = read_block(entry.entry);
    if (!read || read->block.isolated()) {
        return;
    }
    const auto& block = read->block;
    const auto known =
        partition.streams.find(stream_key(entry.entry.patient(), block.device(), block.stream()));
    if (known == partition.streams.end() || known->second.layout != layout_of(block) ||
        known->second.models.context_sequence() == 0 ||
        entry.sequence < known->second.models.context_sequence()) {
        return;
    }
    auto& stream = *stream_of(partition, entry, block, nullptr);
    const journal::SampleRange range{block.first_sample(), block.first_sample() + block.samples()};
    stream.models.take_samples(range, {entry, block, read->samples}, nullptr);
}

void Core::Inside::take(
    const journal::Stored& entry,
    Waiting& waiting,
    std::vector<StepContent>& contents
) {
    const auto number = entry.entry.partition();
    if (number >= partitions.size()) {
        return;
    }
    auto& partition = partitions[number];
    if (entry.entry.type() == v1::MODEL_ASSIGNMENT && entry.sequence > partition.checkpoint_input) {
        return partition.assign(entry.entry);
    }
    if (entry.entry.type() != v1::EEG_BLOCK) {
        return;
    }
    if (entry.sequence <= partition.checkpoint_input && partition.has_contexts) {
        fill_contexts(partition, entry);
    }
    if (entry.sequence < partition.replay_from) {
        return;
    }
    if (entry.sequence <= partition.checkpoint_input) {
        return take_again(partition, entry);
    }
    const auto read = read_block(entry.entry);
    if (!read) {
        ++counts.unreadable;
        return;
    }
    const auto& [block, samples] = *read;
    ++counts.blocks;
    auto& stream = *stream_of(partition, entry, block, &contents[number]);
    partition.take_arrival(entry, *read, stream.layout, contents[number]);
    const journal::SampleRange range{block.first_sample(), block.first_sample() + block.samples()};
    const journal::BlockSamples compared(
        range,
        block.data(),
        static_cast<std::size_t>(block.channels_size())
    );
    const bool is_new = entry.sequence > partition.covered;
    const auto seen = stream.seen.look(compared);
    const auto parts = stream.seen.unseen(range);
    if (seen == journal::SampleRanges::Seen::conflict) {
        ++counts.conflicts;
        if (is_new) {
            contents[number].add_conflict(entry.entry, block);
        }
    } else {
        counts.duplicates += parts.empty() ? 1 : 0;
        stream.seen.hold(compared.cells(block.isolated()), entry.sequence);
    }
    if (parts.empty()) {
        return;
    }
    if (block.isolated()) {
        if (is_new) {
            take_isolated(standard_card(), stream.window_head, entry, block, samples, waiting);
        }
    } else if (!stream.models.empty()) {
        stream.runs->forget(memory_begins_us());
        auto* into = is_new ? &waiting : nullptr;
        take_continuous(stream, parts, entry, *read, time, time_before, into);
    } else {
        ++counts.unreadable;
    }
    stream.seen.add(range);
}

/// What an entry says beside samples: a step its detections, whoever's it was; a stream's end its
/// end; a clock that nothing has come; beats and rates.
void Core::Inside::take_the_rest(const journal::Stored& entry, std::vector<StepContent>& contents) {
    const auto number = partition_of(entry.entry);
    if (number >= partitions.size() || entry.sequence <= partitions[number].checkpoint_input) {
        return;
    }
    partitions[number].take_vital_signs(entry, time.now_us(), contents[number]);
    if (entry.entry.type() == v1::STEP) {
        partitions[number].take_detections(entry, options.events, contents[number]);
    } else if (entry.entry.type() == v1::STREAM_END) {
        partitions[number].take_stream_end(entry, options.events, contents[number]);
    } else if (entry.entry.type() == v1::CLOCK) {
        partitions[number].take_clock(entry, memory_begins_us(), contents[number]);
    }
}

void Core::Inside::must_be_committed() const {
    if (!awaiting.empty() || awaited_clocks != 0) {
        throw std::logic_error("another batch before committed()");
    }
}

/// A model that was chosen beside the standard one does not take the others with it when it fails:
/// its windows are not evaluated then.
void Core::Inside::score_windows(Waiting& waiting, std::size_t place) {
    auto& batch = waiting.batches[place];
    if (batch.windows == 0) {
        return;
    }
    auto scored = models.at(place).scorer->score(batch.windows_uv);
    if (scored && scored->size() == batch.windows) {
        batch.scores = std::move(*scored);
        return;
    }
    if (place == Models::standard) {
        throw std::runtime_error(
            scored ? "the scorer gave another number of scores" : scored.error().cause
        );
    }
    ++counts.model_failures;
    for (auto& pending : waiting.detections) {
        if (pending.model == place) {
            pending.score_of_channel.assign(pending.score_of_channel.size(), -1);
        }
    }
}

void Core::Inside::score(Waiting& waiting, std::vector<StepContent>& contents, UtcTime now) {
    for (std::size_t place = 0; place < models.size(); ++place) {
        score_windows(waiting, place);
    }
    for (const auto& content : contents) {
        counts.event_revisions += content.events();
    }
    for (auto& pending : waiting.detections) {
        const auto scored = static_cast<std::uint64_t>(
            std::ranges::count_if(pending.score_of_channel, [](auto index) { return index >= 0; })
        );
        counts.windows_scored += scored;
        counts.shadow_windows += pending.detection.shadow() ? scored : 0;
        fill_in(pending, waiting.batches[pending.model].scores, now);
        counts.windows_not_evaluated += pending.detection.not_evaluated() ? 1 : 0;
        contents[pending.partition].add_detection(std::move(pending.detection));
    }
    counts.shadows_shed += waiting.shed;
    counts.model_failures += waiting.failures;
}

StepHead Core::Inside::head_of(std::uint32_t number, UtcTime now) {
    auto& partition = partitions[number];
    StepHead head{
        .partition = number,
        .owner = options.owner,
        .epoch = options.epoch,
        .input_sequence = position,
        .replay_sequence = partition.checkpoint_input + 1,
        .checkpoint_sequence = partition.checkpoint_sequence,
        .replay_time = partition.checkpoint_time,
        .state_digest = fnv_start,
        .now = now,
    };
    if (const auto& from = partition.memory_from; from && from->sequence < head.replay_sequence) {
        head.replay_sequence = from->sequence;
        head.replay_time = from->before;
    }
    partition.describe(head, memory_begins_us());
    return head;
}

void Core::Inside::put_out(
    std::uint32_t number,
    StepContent content,
    UtcTime now,
    journal::Batch& batch
) {
    auto& partition = partitions[number];
    const bool is_due = position >= partition.covered && position > partition.checkpoint_input &&
                        inputs > partition.inputs_at_checkpoint + options.checkpoint_entries;
    if (content.empty() && !is_due) {
        return;
    }
    if (is_due) {
        partition.checkpoint_input = position;
        partition.checkpoint_time = time.state();
        partition.inputs_at_checkpoint = inputs;
        partition.memory_from.reset();
    }
    const auto head = head_of(number, now);
    if (is_due && partition.has_baselines()) {
        partition.memory_from = {.sequence = head.replay_sequence, .before = head.replay_time};
    }
    if (!content.empty()) {
        for (auto& entry :
             step_entries(head, std::move(content), options.detections_per_step_entry)) {
            batch.entries.push_back(std::move(entry));
            awaiting.push_back(
                {.partition = number,
                 .is_checkpoint = false,
                 .replay_sequence = head.replay_sequence}
            );
        }
    }
    if (is_due) {
        batch.entries.push_back(checkpoint_entry(
            head,
            partition.checkpoint_time,
            partition.checkpoint(),
            partition.assignments(),
            partition.hearts,
            partition.alarms
        ));
        awaiting.push_back(
            {.partition = number, .is_checkpoint = true, .replay_sequence = head.replay_sequence}
        );
    }
    batch.fences.push_back({.partition = number, .expected = partition.last_output});
    partition.covered = std::max(partition.covered, position);
}

journal::Batch Core::step(std::span<const journal::StoredPtr> inputs, UtcTime now) {
    auto& in = *inside_;
    in.must_be_committed();
    Waiting waiting(in.models.size(), in.sheds_shadows);
    std::vector<StepContent> contents(in.partitions.size());
    for (const auto& input : inputs) {
        if (input->sequence <= in.position) {
            continue;
        }
        // Outputs do not bring the next checkpoint nearer: checkpoints would call for each other.
        // Nor does time pass with them: what is forgotten would depend on how often owners changed.
        if (!journal::is_output(input->entry) && input->sequence < in.time_from) {
            in.take(*input, waiting, contents);
        } else if (!journal::is_output(input->entry)) {
            in.time_before = in.time.state();
            in.time.pass(input->entry.receipt_time_us());
            in.take(*input, waiting, contents);
            ++in.inputs;
        }
        in.take_the_rest(*input, contents);
        in.position = input->sequence;
    }
    in.score(waiting, contents, now);

    journal::Batch batch;
    for (std::uint32_t number = 0; number < in.partitions.size(); ++number) {
        in.put_out(number, std::move(contents[number]), now, batch);
    }
    return batch;
}

journal::Batch Core::clock(UtcTime now) {
    auto& in = *inside_;
    in.must_be_committed();
    journal::Batch batch;
    for (std::uint32_t number = 0; number < in.partitions.size(); ++number) {
        const auto& partition = in.partitions[number];
        if (partition.needs_clock()) {
            batch.entries.push_back(clock_entry(number, in.options.owner, in.options.epoch, now));
            batch.fences.push_back({.partition = number, .expected = partition.last_output});
        }
    }
    in.awaited_clocks = batch.entries.size();
    return batch;
}

void Core::shed_shadows(bool sheds) {
    inside_->sheds_shadows = sheds;
}

void Core::committed(const journal::Appended& sequences) {
    auto& in = *inside_;
    if (sequences.size() != in.awaiting.size() + in.awaited_clocks) {
        throw std::logic_error("committed() with another number of entries than the last batch had"
        );
    }
    in.awaited_clocks = 0;
    for (std::size_t index = 0; index < in.awaiting.size(); ++index) {
        const auto& [number, is_checkpoint, replay_sequence] = in.awaiting[index];
        auto& partition = in.partitions[number];
        partition.last_output = std::max(partition.last_output, sequences[index]);
        partition.next_replay_from = replay_sequence;
        if (is_checkpoint) {
            partition.checkpoint_sequence = sequences[index];
        }
    }
    in.awaiting.clear();
}

} // namespace vigil::detector
