#include "records/core.hpp"

#include "base/random.hpp"
#include "records/chronicle.hpp"
#include "records/stream_layout.hpp"
#include "records/stream_time.hpp"

#include <algorithm>
#include <format>
#include <numeric>

namespace vigil::records {

namespace {

/// What a pending row costs beside its samples.
constexpr std::size_t row_overhead = 256;

/// Follows from the window, not from the block that completed it: a new owner of the detector may
/// score a window again when its samples are sent again, and that is the same detection.
std::string detection_id(const v1::Detection& detection) {
    return derived_id(
        stream_key(detection.patient(), detection.device(), detection.stream()),
        std::format(
            "{} {} {}",
            detection.model(),
            detection.model_version(),
            detection.first_sample()
        )
    );
}

/// The intervals of `beats` from index `first` to `end` of its stream.
v1::Beats cut(const v1::Beats& beats, journal::SampleRange part) {
    auto kept = beats;
    const auto begin =
        beats.rr_us().begin() + static_cast<std::ptrdiff_t>(part.first - beats.first_beat());
    const auto end =
        beats.rr_us().begin() + static_cast<std::ptrdiff_t>(part.end - beats.first_beat());
    kept.set_start_time_us(std::accumulate(beats.rr_us().begin(), begin, beats.start_time_us()));
    kept.set_first_beat(part.first);
    kept.mutable_rr_us()->Assign(begin, end);
    return kept;
}

} // namespace

Core::Core(store::Store& store, CoreOptions options)
    : store_(store), options_(std::move(options)) {}

Result<void> Core::load() {
    auto position = store_.position();
    if (!position) {
        return std::unexpected(std::move(position.error()));
    }
    auto rows = store_.streams();
    if (!rows) {
        return std::unexpected(std::move(rows.error()));
    }
    auto newest = store_.newest_windows();
    if (!newest) {
        return std::unexpected(std::move(newest.error()));
    }
    auto clocks = store_.clocks();
    if (!clocks) {
        return std::unexpected(std::move(clocks.error()));
    }
    const std::scoped_lock lock(mutex_);
    streams_.clear();
    detections_.clear();
    events_.clear();
    chronicle_.clear();
    vitals_.clear();
    beats_.clear();
    quarantined_.clear();
    released_.clear();
    pending_bytes_ = 0;
    position_ = stored_ = *position;
    ids_missing_ = false;
    newest_.load(std::move(*newest));
    clocks_.load(std::move(*clocks));
    for (auto& row : *rows) {
        auto& stream = stream_of(row);
        auto info = row;
        info.seen.clear();
        stream.info = std::make_shared<const store::StreamRow>(std::move(info));
        stream.seen = journal::SampleRanges::parse(row.seen, row.isolated);
    }
    return {};
}

Core::Stream& Core::stream_of(store::StreamRow row) {
    const auto key = stream_key(row.patient, row.device, row.stream);
    if (const auto found = streams_.find(key); found != streams_.end()) {
        return found->second;
    }
    const bool isolated = row.isolated;
    row.seen.clear();
    Stream stream{
        .info = std::make_shared<const store::StreamRow>(std::move(row)),
        .seen = journal::SampleRanges(isolated),
        .parts = {}
    };
    return streams_.emplace(key, std::move(stream)).first->second;
}

void Core::apply(std::span<const journal::StoredPtr> entries) {
    for (const auto& stored : entries) {
        take(stored);
    }
}

void Core::take(const journal::StoredPtr& stored) {
    if (stored->sequence <= position_) {
        return;
    }
    switch (stored->entry.type()) {
        case v1::EEG_BLOCK:
            take_block(stored);
            break;
        case v1::STEP:
            take_step(*stored);
            break;
        case v1::VITAL:
            take_vital(*stored);
            break;
        case v1::BEATS:
            take_beats(*stored);
            break;
        case v1::STREAM_END:
            take_end(*stored);
            break;
        case v1::MARK:
            take_mark(*stored);
            break;
        case v1::CONFLICT:
            take_conflict(*stored);
            break;
        case v1::QUARANTINED:
            take_quarantined(*stored);
            break;
        case v1::TAKEOVER:
        case v1::CLOCK:
        case v1::PATIENT:
        case v1::DEVICE:
        case v1::DEVICE_KEY:
        case v1::STAFF_USER:
        case v1::PARTITIONS:
        case v1::ACT:
        case v1::LINK_END:
        case v1::STORAGE_STATE:
        case v1::ALARM_SETTINGS:
        case v1::MODEL_ASSIGNMENT:
        case v1::MODEL_PROMOTION:
        case v1::IDENTITY:
            break;
        default: {
            const std::scoped_lock lock(mutex_);
            ++counts_.unknown_types;
        }
    }
    const std::scoped_lock lock(mutex_);
    position_ = stored->sequence;
}

void Core::take_block(const journal::StoredPtr& stored) {
    v1::EegBlock block;
    const bool good = block.ParseFromString(stored->entry.payload()) && readable(block);
    const std::scoped_lock lock(mutex_);
    if (!good) {
        ++counts_.unreadable;
        return;
    }
    ++counts_.blocks;
    auto row = row_of(stored->entry.patient(), block);
    auto* stream = &stream_of(row);
    if (!same_layout(*stream->info, row)) {
        // Accepted samples are never dropped: another layout under the same name gets a stream of
        // its own.
        ++counts_.layout_changes;
        row.stream = layout_name(row);
        stream = &stream_of(std::move(row));
    }
    const journal::SampleRange range{block.first_sample(), block.first_sample() + block.samples()};
    const auto parts = take_range(
        stream->seen,
        {range, block.data(), static_cast<std::size_t>(block.channels_size())},
        stored->sequence
    );
    if (parts.empty()) {
        return;
    }
    for (const auto& part : parts) {
        stream->parts.push_back(
            {.entry = stored,
             .block_start_us = block.start_time_us(),
             .block_end_us =
                 block.start_time_us() +
                 length_us(block.samples(), block.rate_numerator(), block.rate_denominator()),
             .block_first_sample = block.first_sample(),
             .part = part}
        );
        pending_bytes_ += row_overhead;
    }
    stream->changed = true;
    pending_bytes_ += block.data().size();
    clocks_.take(stored->entry, block);
    newest_.take(stored->entry.patient(), block);
}

std::vector<journal::SampleRange> Core::take_range(
    journal::SampleRanges& seen,
    const journal::BlockSamples& block,
    journal::Sequence sequence
) {
    auto parts = seen.unseen(block.range());
    if (seen.look(block) == journal::SampleRanges::Seen::conflict) {
        ++counts_.conflicts; // what is new in it was accepted all the same, and is stored
    } else {
        counts_.duplicates += parts.empty() ? 1 : 0;
        seen.hold(block.cells(seen.isolated()), sequence);
    }
    seen.add(block.range());
    return parts;
}

void Core::take_step(const journal::Stored& stored) {
    v1::Step step;
    const bool good = step.ParseFromString(stored.entry.payload());
    const std::scoped_lock lock(mutex_);
    if (!good) {
        ++counts_.unreadable;
        return;
    }
    counts_.recorded_conflicts += static_cast<std::uint64_t>(step.conflicts_size());
    for (auto& detection : *step.mutable_detections()) {
        ++counts_.detections;
        newest_.take(detection);
        pending_bytes_ += row_overhead + detection.ByteSizeLong();
        detections_.push_back({.id = detection_id(detection), .detection = std::move(detection)});
    }
    for (auto& event : *step.mutable_events()) {
        take_event(std::move(event));
    }
    for (auto& row : chronicle_of(step)) {
        add_chronicle(std::move(row));
    }
}

void Core::take_mark(const journal::Stored& stored) {
    auto row = mark_row(stored.entry);
    const std::scoped_lock lock(mutex_);
    if (row) {
        add_chronicle(std::move(*row));
    } else {
        ++counts_.unreadable;
    }
}

void Core::add_chronicle(store::ChronicleRow row) {
    ++counts_.chronicle;
    const auto known = std::ranges::find_if(chronicle_, [&row](const store::ChronicleRow& one) {
        return one.kind == row.kind && one.id == row.id;
    });
    if (known == chronicle_.end()) {
        pending_bytes_ += row_overhead + row.body.size();
        chronicle_.push_back(std::move(row));
    } else if (known->revision < row.revision) {
        *known = std::move(row);
    }
}

void Core::take_event(v1::Event event) {
    ++counts_.events;
    const auto known = std::ranges::find_if(events_, [&event](const store::EventRow& row) {
        return row.event.id() == event.id();
    });
    if (known == events_.end()) {
        pending_bytes_ += row_overhead + event.ByteSizeLong();
        events_.push_back({.event = std::move(event)});
    } else if (known->event.revision() < event.revision()) {
        known->event = std::move(event);
    }
}

void Core::take_vital(const journal::Stored& stored) {
    v1::Vital vital;
    const bool good = vital.ParseFromString(stored.entry.payload());
    const std::scoped_lock lock(mutex_);
    if (!good) {
        ++counts_.unreadable;
        return;
    }
    ++counts_.vitals;
    newest_.take_vital(stored.entry.patient(), vital.start_time_us());
    clocks_.take(stored.entry, vital);
    pending_bytes_ += row_overhead + vital.ByteSizeLong();
    vitals_.push_back(
        {.id = stored.entry.id(), .patient = stored.entry.patient(), .vital = std::move(vital)}
    );
}

void Core::take_beats(const journal::Stored& stored) {
    v1::Beats beats;
    const bool good = beats.ParseFromString(stored.entry.payload()) && !beats.rr_us().empty();
    const std::scoped_lock lock(mutex_);
    if (!good) {
        ++counts_.unreadable;
        return;
    }
    store::StreamRow row;
    row.patient = stored.entry.patient();
    row.device = beats.device();
    row.stream = std::string(beats_prefix) + beats.stream();
    row.synthetic = beats.synthetic();
    auto& stream = stream_of(std::move(row));
    const journal::SampleRange range{
        beats.first_beat(),
        beats.first_beat() + static_cast<std::uint64_t>(beats.rr_us_size())
    };
    const std::string_view bytes(
        reinterpret_cast<const char*>(beats.rr_us().data()),
        static_cast<std::size_t>(beats.rr_us_size()) * sizeof(std::uint32_t)
    );
    const auto fresh = take_range(stream.seen, {range, bytes, 1}, stored.sequence);
    if (fresh.empty()) {
        return;
    }
    ++counts_.beats;
    clocks_.take(stored.entry, beats);
    for (const auto& part : fresh) {
        auto kept = cut(beats, part);
        pending_bytes_ += row_overhead + kept.ByteSizeLong();
        const auto id = part == range
                            ? stored.entry.id()
                            : derived_id(stored.entry.id(), std::format("beats {}", part.first));
        beats_.push_back({.id = id, .patient = stored.entry.patient(), .beats = std::move(kept)});
    }
    stream.changed = true;
}

void Core::take_quarantined(const journal::Stored& stored) {
    store::QuarantinedRow row{
        .id = stored.entry.id(),
        .receipt_us = stored.entry.receipt_time_us(),
        .held = {}
    };
    const bool good = row.held.ParseFromString(stored.entry.payload());
    const std::scoped_lock lock(mutex_);
    if (!good) {
        ++counts_.unreadable;
        return;
    }
    ++counts_.quarantined;
    pending_bytes_ += row_overhead + row.held.ByteSizeLong();
    quarantined_.push_back(std::move(row));
}

void Core::release(std::vector<std::string> ids) {
    const std::scoped_lock lock(mutex_);
    released_.insert(
        released_.end(),
        std::make_move_iterator(ids.begin()),
        std::make_move_iterator(ids.end())
    );
}

void Core::take_end(const journal::Stored& stored) {
    v1::StreamEnd end;
    const bool good = end.ParseFromString(stored.entry.payload());
    const std::scoped_lock lock(mutex_);
    if (!good) {
        ++counts_.unreadable;
        return;
    }
    // An end of a stream that never brought a sample has nothing to say about stored data.
    const auto found =
        streams_.find(stream_key(stored.entry.patient(), end.device(), end.stream()));
    if (found == streams_.end() || found->second.info->ended) {
        return;
    }
    auto info = *found->second.info;
    info.ended = true;
    found->second.info = std::make_shared<const store::StreamRow>(std::move(info));
    found->second.changed = true;
}

void Core::take_conflict(const journal::Stored& stored) {
    v1::Conflict conflict;
    const bool good = conflict.ParseFromString(stored.entry.payload());
    const std::scoped_lock lock(mutex_);
    ++(good ? counts_.recorded_conflicts : counts_.unreadable);
}

} // namespace vigil::records
