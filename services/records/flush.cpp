// Core's other half: one transaction for all that is pending.
#include "records/core.hpp"
#include "records/rows.hpp"
#include "records/stream_layout.hpp"

#include <algorithm>

namespace vigil::records {

bool Core::due(SteadyTime now) const {
    const std::scoped_lock lock(mutex_);
    return position_ != stored_ &&
           (pending_bytes_ >= options_.flush_bytes || now - flushed_at_ >= options_.flush_interval);
}

Result<void> Core::flush(SteadyTime now) {
    // Only this thread changes what is pending, so it is read without the lock; queries only read
    // it.
    if (ids_missing_) {
        learn_ids();
    }
    if (position_ == stored_) {
        return {};
    }
    std::vector<Stream*> written;
    auto made = make_write(written);
    Result<void> done;
    if (made) {
        done = write(*made);
    } else {
        done = std::unexpected(std::move(made.error()));
    }
    if (!done) {
        const std::scoped_lock lock(mutex_);
        ++counts_.failed_flushes;
        return done;
    }
    if (std::ranges::any_of(written, [](const Stream* stream) { return stream->info->id == 0; })) {
        learn_ids();
    }
    clear_pending(written);
    const std::scoped_lock lock(mutex_);
    stored_ = position_;
    flushed_at_ = now;
    ++counts_.flushes;
    return {};
}

Result<store::Write> Core::make_write(std::vector<Stream*>& written) {
    store::Write write;
    write.expected = stored_;
    write.position = position_;
    const RowShape shape{.length = options_.row_length, .span = options_.row_span};
    for (auto& [key, stream] : streams_) {
        if (!stream.changed) {
            continue;
        }
        auto runs = make_runs(*stream.info, stream.parts);
        if (!runs) {
            return std::unexpected(std::move(runs.error()));
        }
        auto rows = make_rows(*stream.info, std::move(*runs), shape);
        if (!rows) {
            return std::unexpected(std::move(rows.error()));
        }
        for (auto& row : *rows) {
            write.chunks.push_back({.stream = write.streams.size(), .row = std::move(row)});
        }
        write.streams.push_back(*stream.info);
        write.streams.back().seen = stream.seen.serialize();
        written.push_back(&stream);
    }
    write.detections = detections_;
    write.events = events_;
    write.chronicle = chronicle_;
    write.vitals = vitals_;
    write.beats = beats_;
    write.clocks = clocks_.changed();
    write.quarantined = quarantined_;
    write.released = released_;
    write.newest = newest_.changed();
    if (options_.number_of) {
        for (auto& window : write.newest) {
            window.number = options_.number_of(window.patient);
        }
    }
    return write;
}

Result<void> Core::write(const store::Write& write) {
    auto done = store_.write(write);
    if (done || done.error().code != ErrorCode::conflict) {
        return done;
    }
    // An earlier attempt may have been committed although its answer was lost: then the store is
    // where this write leads.
    const auto position = store_.position();
    if (position && *position == write.position && *position != write.expected) {
        return {};
    }
    return done;
}

void Core::learn_ids() {
    auto rows = store_.streams();
    if (!rows) {
        ids_missing_ = true; // queries pass these streams over until the next flush
        return;
    }
    ids_missing_ = false;
    const std::scoped_lock lock(mutex_);
    for (const auto& row : *rows) {
        const auto found = streams_.find(stream_key(row.patient, row.device, row.stream));
        if (found != streams_.end() && found->second.info->id != row.id) {
            auto info = *found->second.info;
            info.id = row.id;
            found->second.info = std::make_shared<const store::StreamRow>(std::move(info));
        }
    }
}

void Core::clear_pending(std::span<Stream* const> written) {
    const std::scoped_lock lock(mutex_);
    for (auto* stream : written) {
        stream->parts.clear();
        stream->changed = false;
    }
    detections_.clear();
    events_.clear();
    chronicle_.clear();
    vitals_.clear();
    beats_.clear();
    quarantined_.clear();
    released_.clear();
    clocks_.clear_changed();
    newest_.clear_changed();
    pending_bytes_ = 0;
}

} // namespace vigil::records
