#include "detector/partition.hpp"

#include "detector/step_entries.hpp"

#include <algorithm>

namespace vigil::detector {

void Partition::load(const v1::Step& checkpoint, const detect::EventParameters& events) {
    checkpoint_input = checkpoint.input_sequence();
    checkpoint_time = read_clock(checkpoint.has_checkpoint_clock(), checkpoint.checkpoint_clock());
    hearts.load(checkpoint);
    alarms.load(checkpoint);
    for (const auto& [patient, machine] : alarms.machines()) {
        hearts.set_limits(patient, machine.settings().limits());
    }
    for (const auto& assignment : checkpoint.models()) {
        models[assignment.patient()] = assignment;
    }
    for (const auto& seen : checkpoint.seen()) {
        auto& stream = streams[stream_key(seen.patient(), seen.device(), seen.stream())];
        stream.isolated = seen.isolated();
        stream.layout = seen.layout_digest();
        stream.seen = journal::SampleRanges::parse(seen.ranges(), seen.isolated());
        stream.seen.load_cells(seen.cells());
        stream.touched_us = seen.touched_us();
        stream.from_checkpoint = true;
        stream.models.load(seen);
        has_contexts = has_contexts || seen.context_sequence() != 0;
        if (seen.line_lengths_size() > 0) {
            memory_from = {.sequence = replay_from, .before = replay_time};
        }
        for (const auto& run : seen.held()) {
            load_run(run);
        }
        for (const auto& memory : seen.events()) {
            if (!stream.events) {
                stream.events = std::make_unique<StreamEvents>(events);
            }
            stream.events->load(memory);
        }
    }
}

void Partition::load_run(const v1::HeldRun& run) {
    const auto held = std::make_shared<const StreamRuns::Held>(StreamRuns::Held{
        .first = run.first(),
        .gap_before = run.gap_before(),
        .time_us = run.time_us(),
        .parts = {},
    });
    auto first = run.first();
    for (int i = 0; i < std::min(run.part_samples_size(), run.part_sequence_size()); ++i) {
        const auto end = first + run.part_samples(i);
        if (run.part_sequence(i) >= replay_from) { // else dropped since, and not read again
            restorable.emplace(run.part_sequence(i), Restorable{.part = {first, end}, .run = held});
        }
        first = end;
    }
}

/// Without its checkpoint (freed with old entries) a partition only knows what it reads again.
Result<void>
Partition::load_checkpoint(journal::Journal& journal, const detect::EventParameters& events) {
    if (checkpoint_sequence == 0) {
        return {};
    }
    const auto read = journal.read(checkpoint_sequence - 1, {.entries = 1});
    if (!read && read.error().code != ErrorCode::not_found) {
        return std::unexpected(read.error());
    }
    v1::Step step;
    if (read && !read->empty() && read->front()->sequence == checkpoint_sequence &&
        step.ParseFromString(read->front()->entry.payload())) {
        load(step, events);
    }
    return {};
}

void Partition::describe(StepHead& head, std::int64_t forget_before_us) {
    for (auto& [key, stream] : streams) {
        if (!stream.runs) {
            continue; // known from the checkpoint alone
        }
        stream.runs->forget(forget_before_us);
        if (stream.runs->empty()) {
            continue;
        }
        if (const auto oldest_held = stream.runs->oldest();
            oldest_held.sequence < head.replay_sequence) {
            head.replay_sequence = oldest_held.sequence;
            head.replay_time = oldest_held.before;
        }
        head.state_digest = fnv(fnv(head.state_digest, key), stream.runs->newest_end());
    }
}

namespace {

void describe_runs(const StreamRuns& runs, v1::StreamSeen& seen) {
    for (const auto& held : runs.held()) {
        auto& run = *seen.add_held();
        run.set_first(held.first);
        run.set_gap_before(held.gap_before);
        run.set_time_us(held.time_us);
        auto first = held.first;
        for (const auto& part : held.parts) {
            run.add_part_samples(static_cast<std::uint32_t>(part.end - first));
            run.add_part_sequence(part.sequence);
            first = part.end;
        }
    }
}

} // namespace

std::vector<v1::StreamSeen> Partition::checkpoint() const {
    constexpr std::size_t most_bytes = 256 << 10;
    using Pointer = decltype(streams)::const_pointer;
    std::vector<Pointer> newest_first;
    for (const auto& one : streams) {
        newest_first.push_back(&one);
    }
    std::ranges::stable_sort(newest_first, std::ranges::greater{}, [](Pointer one) {
        return one->second.touched_us;
    });
    std::vector<v1::StreamSeen> all;
    std::size_t bytes = 0;
    for (const auto* one : newest_first) {
        const auto& [key, stream] = *one;
        auto name = stream_name(key);
        v1::StreamSeen seen;
        seen.set_patient(std::move(name.patient));
        seen.set_device(std::move(name.device));
        seen.set_stream(std::move(name.stream));
        seen.set_isolated(stream.isolated);
        seen.set_layout_digest(stream.layout);
        seen.set_ranges(stream.seen.serialize());
        seen.set_touched_us(stream.touched_us);
        if (stream.runs) {
            describe_runs(*stream.runs, seen);
        }
        seen.set_context_sequence(stream.models.context_sequence());
        bytes += seen.ByteSizeLong();
        if (bytes > most_bytes) {
            break;
        }
        all.push_back(std::move(seen));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto* events = newest_first[i]->second.events.get();
        auto memory = events == nullptr ? std::vector<v1::EventMemory>{} : events->memory();
        for (auto& of_model : memory) {
            const auto size = of_model.ByteSizeLong();
            if (bytes + size <= most_bytes) {
                bytes += size;
                *all[i].add_events() = std::move(of_model);
            }
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        v1::StreamSeen memory;
        for (auto& of_channel : newest_first[i]->second.models.baselines()) {
            *memory.add_line_lengths() = std::move(of_channel);
        }
        if (const auto size = memory.ByteSizeLong(); bytes + size <= most_bytes) {
            bytes += size;
            all[i].mutable_line_lengths()->Swap(memory.mutable_line_lengths());
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto cells = newest_first[i]->second.seen.serialize_cells();
        if (bytes + cells.size() <= most_bytes) {
            bytes += cells.size();
            all[i].set_cells(std::move(cells));
        }
    }
    return all;
}

void Partition::assign(const v1::Entry& entry) {
    v1::ModelAssignment assignment;
    if (!assignment.ParseFromString(entry.payload())) {
        return;
    }
    const auto& patient = assignment.patient();
    const auto key = patient + '\0';
    for (auto at = streams.lower_bound(key); at != streams.end() && at->first.starts_with(key);
         ++at) {
        at->second.models_due = true;
    }
    models[patient] = std::move(assignment);
}

const v1::ModelAssignment* Partition::models_of(const std::string& patient) const {
    const auto found = models.find(patient);
    return found == models.end() ? nullptr : &found->second;
}

std::vector<v1::ModelAssignment> Partition::assignments() const {
    std::vector<v1::ModelAssignment> all;
    for (const auto& [patient, assignment] : models) {
        all.push_back(assignment);
    }
    return all;
}

bool Partition::has_baselines() const {
    return std::ranges::any_of(streams, [](const auto& one) {
        return one.second.models.has_baselines();
    });
}

journal::Sequence Partition::reads_from() const {
    auto from = replay_from;
    for (const auto& [key, stream] : streams) {
        if (const auto context = stream.models.context_sequence(); context != 0) {
            from = std::min(from, context);
        }
    }
    return from;
}

Result<void> load_assignments(
    journal::Journal& journal,
    journal::Sequence position,
    std::uint32_t first,
    std::vector<Partition>& partitions
) {
    const auto newest = journal.directory();
    if (!newest) {
        return std::unexpected(newest.error());
    }
    for (const auto& stored : newest->entries) {
        const auto number = stored->entry.partition();
        if (stored->entry.type() != v1::MODEL_ASSIGNMENT || number < first ||
            number - first >= partitions.size()) {
            continue;
        }
        auto& partition = partitions[number - first];
        if (stored->sequence <= std::max(position, partition.checkpoint_input)) {
            partition.assign(stored->entry);
        }
    }
    return {};
}

std::string
stream_key(const std::string& patient, const std::string& device, const std::string& stream) {
    std::string key = patient;
    key += '\0';
    key += device;
    key += '\0';
    key += stream;
    return key;
}

StreamName stream_name(const std::string& key) {
    const auto device_at = key.find('\0') + 1;
    const auto stream_at = key.find('\0', device_at) + 1;
    return {
        .patient = key.substr(0, device_at - 1),
        .device = key.substr(device_at, stream_at - 1 - device_at),
        .stream = key.substr(stream_at),
    };
}

std::uint64_t layout_of(const v1::EegBlock& block) {
    v1::EegBlock layout;
    layout.set_rate_numerator(block.rate_numerator());
    layout.set_rate_denominator(block.rate_denominator());
    layout.set_isolated(block.isolated());
    layout.set_signal_kind(block.signal_kind());
    layout.set_reference(block.reference());
    *layout.mutable_channels() = block.channels();
    return fnv(fnv_start, layout.SerializeAsString());
}

} // namespace vigil::detector
