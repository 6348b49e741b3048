#include "detector/core.hpp"

#include "detector/core_inside.hpp"
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

Core::Core(detect::Scorer& scorer, CoreOptions options)
    : inside_(std::make_unique<Inside>(scorer, std::move(options))) {}

Core::~Core() = default;

PartitionRange Core::owned() const {
    return inside_->owned;
}

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
    for (auto number = owned.first; number < owned.end; ++number) {
        const auto newest = journal.newest_output(number);
        if (!newest) {
            return std::unexpected(newest.error());
        }
        const auto output = read_output(newest->get());
        *own(number) = Partition{
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
        auto* partition = own(partition_of(stored->entry) % options.partitions);
        if (partition != nullptr && (type == v1::PATIENT || type == v1::ALARM_SETTINGS) &&
            stored->sequence <= partition->checkpoint_input &&
            !known.contains(stored->entry.patient())) {
            partition->load_settings(*stored);
        }
    }
    return {};
}

Result<void> Core::take_over(journal::Journal& journal, UtcTime now) {
    auto& in = *inside_;
    for (int attempt = 1;; ++attempt) {
        auto batch = in.takeover_batch(journal, now);
        if (!batch) {
            return std::unexpected(batch.error());
        }
        const auto appended = append_and_wait(journal, std::move(*batch));
        if (appended) {
            for (std::size_t place = 0; place < in.partitions.size(); ++place) {
                in.partitions[place].last_output = (*appended)[place];
            }
            break;
        }
        if (appended.error().code != ErrorCode::conflict ||
            attempt >= in.options.takeover_attempts) {
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
    return load_assignments(journal, in.position, in.owned.first, in.partitions);
}

void Core::Inside::must_be_committed() const {
    if (!awaiting.empty() || awaited_clocks != 0) {
        throw std::logic_error("another batch before committed()");
    }
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
    for (auto number = in.owned.first; number < in.owned.end; ++number) {
        in.put_out(number, std::move(in.content_of(contents, number)), now, batch);
    }
    return batch;
}

journal::Batch Core::clock(UtcTime now) {
    auto& in = *inside_;
    in.must_be_committed();
    journal::Batch batch;
    for (auto number = in.owned.first; number < in.owned.end; ++number) {
        const auto& partition = *in.own(number);
        if (partition.needs_clock()) {
            batch.entries.push_back(clock_entry(number, in.options.owner, in.options.epoch, now));
            batch.fences.push_back({.partition = number, .expected = partition.last_output});
        }
    }
    in.awaited_clocks = batch.entries.size();
    return batch;
}

journal::Batch Core::sign_of_life(UtcTime now) {
    auto& in = *inside_;
    in.must_be_committed();
    journal::Batch batch;
    const auto first = in.owned.first;
    batch.entries.push_back(clock_entry(first, in.options.owner, in.options.epoch, now));
    batch.fences.push_back({.partition = first, .expected = in.own(first)->last_output});
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
        auto& partition = *in.own(number);
        partition.last_output = std::max(partition.last_output, sequences[index]);
        partition.next_replay_from = replay_sequence;
        if (is_checkpoint) {
            partition.checkpoint_sequence = sequences[index];
        }
    }
    in.awaiting.clear();
}

} // namespace vigil::detector
