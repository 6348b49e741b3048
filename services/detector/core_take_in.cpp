#include "detector/core_inside.hpp"

#include <algorithm>
#include <limits>

namespace vigil::detector {

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
    auto* const found = own(number);
    if (found == nullptr) {
        return;
    }
    auto& partition = *found;
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
    take_block(partition, entry, *read, waiting, content_of(contents, number));
}

/// A block that was not taken in before: what it says of its stream, and of its samples those that
/// are new.
void Core::Inside::take_block(
    Partition& partition,
    const journal::Stored& entry,
    const ReadBlock& read,
    Waiting& waiting,
    StepContent& content
) {
    const auto& [block, samples] = read;
    ++counts.blocks;
    auto& stream = *stream_of(partition, entry, block, &content);
    partition.take_arrival(entry, read, stream.layout, content);
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
            content.add_conflict(entry.entry, block);
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
        take_continuous(stream, parts, entry, read, time, time_before, into);
    } else {
        ++counts.unreadable;
    }
    stream.seen.add(range);
}

/// What an entry says beside samples: a step its detections, whoever's it was; a stream's end its
/// end; a clock that nothing has come; beats and rates.
void Core::Inside::take_the_rest(const journal::Stored& entry, std::vector<StepContent>& contents) {
    const auto number = partition_of(entry.entry);
    auto* const partition = own(number);
    if (partition == nullptr || entry.sequence <= partition->checkpoint_input) {
        return;
    }
    auto& content = content_of(contents, number);
    partition->take_vital_signs(entry, time.now_us(), content);
    if (entry.entry.type() == v1::STEP) {
        partition->take_detections(entry, options.events, content);
    } else if (entry.entry.type() == v1::STREAM_END) {
        partition->take_stream_end(entry, options.events, content);
    } else if (entry.entry.type() == v1::CLOCK) {
        partition->take_clock(entry, memory_begins_us(), content);
    }
}

} // namespace vigil::detector
