#include "store/memory_store.hpp"

#include "store/cursor.hpp"
#include "store/write_check.hpp"

#include <algorithm>

namespace vigil::store {

namespace {

// The page of `rows` after `cursor` whose keys start within the time.
template <class Row, class Rows, class Key>
Page<Row> page_of(
    const Rows& rows,
    Key from,
    std::int64_t until_us,
    std::size_t limit,
    bool after,
    char kind,
    const auto& rest
) {
    Page<Row> page;
    auto next = after ? rows.upper_bound(from) : rows.lower_bound(from);
    for (; next != rows.end() && std::get<0>(next->first) < until_us; ++next) {
        if (page.rows.size() == limit) {
            const auto& last = std::prev(next)->first;
            page.cursor = write_cursor(kind, {.start_us = std::get<0>(last), .rest = rest(last)});
            break;
        }
        page.rows.push_back(next->second);
    }
    return page;
}

/// The same of rows that a start and an id name.
template <class Row>
Result<Page<Row>> page_by_id(
    const std::map<std::pair<std::int64_t, std::string>, Row>& rows,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor,
    char kind
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    std::pair<std::int64_t, std::string> from(time.from_us, "");
    if (cursor) {
        auto read = read_cursor(kind, *cursor, 1);
        if (!read) {
            return std::unexpected(read.error());
        }
        from = {read->start_us, read->rest[0]};
    }
    const auto rest = [](const auto& key) { return std::vector{key.second}; };
    return page_of<Row>(rows, from, time.until_us, limit, cursor.has_value(), kind, rest);
}

} // namespace

Result<void> MemoryStore::write(const Write& write) {
    const std::scoped_lock lock(mutex_);
    if (refusals_ > 0) {
        --refusals_;
        return std::unexpected(refusal_);
    }
    if (auto checked = check_write(write, position_); !checked) {
        return checked;
    }
    apply(write);
    return {};
}

std::vector<StreamRow> MemoryStore::apply_streams(const Write& write) {
    std::vector<StreamRow> stored;
    for (auto row : write.streams) {
        const auto same = std::ranges::find_if(streams_, [&](const StreamRow& s) {
            return s.patient == row.patient && s.device == row.device && s.stream == row.stream;
        });
        if (same == streams_.end()) {
            row.id = static_cast<std::int64_t>(streams_.size()) + 1;
            streams_.push_back(row);
        } else {
            row.id = same->id;
            *same = row;
        }
        stored.push_back(std::move(row));
    }
    return stored;
}

void MemoryStore::apply(const Write& write) {
    const auto stored = apply_streams(write);
    for (const auto& chunk : write.chunks) {
        auto row = chunk.row;
        row.stream_id = stored[chunk.stream].id;
        const ChunkKey key(row.start_us, row.stream_id, row.first_sample);
        patients_[stored[chunk.stream].patient].chunks.try_emplace(key, std::move(row));
    }
    for (const auto& row : write.detections) {
        patients_[row.detection.patient()].detections.try_emplace(
            {row.detection.start_time_us(), row.id},
            row
        );
    }
    for (const auto& row : write.events) {
        auto& events = patients_[row.event.patient()].events;
        const auto known = std::ranges::find_if(events, [&row](const auto& one) {
            return one.second.event.id() == row.event.id();
        });
        if (known != events.end()) {
            if (known->second.event.revision() >= row.event.revision()) {
                continue;
            }
            events.erase(known);
        }
        events.emplace(IdKey(row.event.span().onset_us(), row.event.id()), row);
    }
    for (const auto& row : write.chronicle) {
        auto& rows = patients_[row.patient].chronicle[row.kind];
        const auto known =
            std::ranges::find_if(rows, [&row](const auto& one) { return one.second.id == row.id; });
        if (known != rows.end()) {
            if (known->second.revision >= row.revision) {
                continue;
            }
            rows.erase(known);
        }
        rows.emplace(IdKey(row.at_us, row.id), row);
    }
    for (const auto& row : write.vitals) {
        const VitalKey key(row.vital.start_time_us(), row.vital.name(), row.vital.source());
        patients_[row.patient].vitals.insert_or_assign(key, row);
    }
    for (const auto& row : write.beats) {
        patients_[row.patient].beats.try_emplace({row.beats.start_time_us(), row.id}, row);
    }
    for (const auto& row : write.clocks) {
        clocks_.insert_or_assign({row.patient, row.device, row.data}, row);
    }
    for (const auto& row : write.quarantined) {
        quarantine_.try_emplace(row.id, row);
    }
    for (const auto& id : write.released) {
        quarantine_.erase(id);
    }
    for (const auto& row : write.newest) {
        auto& newest = patients_[row.patient].newest;
        if (!newest || newest->start_us <= row.start_us) {
            newest = row;
        }
    }
    position_ = write.position;
}

Result<journal::Sequence> MemoryStore::position() {
    const std::scoped_lock lock(mutex_);
    return position_;
}

Result<std::vector<StreamRow>> MemoryStore::streams() {
    const std::scoped_lock lock(mutex_);
    return streams_;
}

Result<Page<ChunkRow>> MemoryStore::chunks(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    ChunkKey after{INT64_MIN, 0, 0};
    if (cursor) {
        auto read = read_chunk_cursor(*cursor);
        if (!read) {
            return std::unexpected(std::move(read.error()));
        }
        after = *read;
    }
    const std::scoped_lock lock(mutex_);
    const auto& rows = patients_[patient].chunks;
    Page<ChunkRow> page;
    for (auto next = rows.upper_bound(after);
         next != rows.end() && next->second.start_us < time.until_us;
         ++next) {
        if (next->second.end_us <= time.from_us) {
            continue;
        }
        if (page.rows.size() == limit) {
            page.cursor = chunk_cursor(page.rows.back());
            break;
        }
        page.rows.push_back(next->second);
    }
    return page;
}

Result<std::vector<ChunkRow>> MemoryStore::pyramid(std::int64_t stream_id, TimeRange time) {
    const std::scoped_lock lock(mutex_);
    std::vector<ChunkRow> found;
    if (stream_id < 1 || stream_id > static_cast<std::int64_t>(streams_.size())) {
        return found;
    }
    for (const auto& [key, row] :
         patients_[streams_[static_cast<std::size_t>(stream_id - 1)].patient].chunks) {
        if (row.stream_id == stream_id && row.start_us < time.until_us &&
            row.end_us > time.from_us) {
            found.push_back(row);
            found.back().payload.clear();
        }
    }
    return found;
}

Result<Page<DetectionRow>> MemoryStore::detections(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const std::scoped_lock lock(mutex_);
    return page_by_id(patients_[patient].detections, time, limit, cursor, 'd');
}

Result<Page<EventRow>> MemoryStore::events(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const std::scoped_lock lock(mutex_);
    return page_by_id(patients_[patient].events, time, limit, cursor, 'e');
}

Result<Page<ChronicleRow>> MemoryStore::chronicle(
    ChronicleRow::Kind kind,
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    const std::scoped_lock lock(mutex_);
    return page_by_id(
        patients_[patient].chronicle[kind],
        time,
        limit,
        cursor,
        chronicle_letter(kind)
    );
}

Result<Page<VitalRow>> MemoryStore::vitals(
    const std::string& patient,
    TimeRange time,
    std::size_t limit,
    const std::optional<std::string>& cursor
) {
    if (auto checked = check_limit(limit); !checked) {
        return std::unexpected(checked.error());
    }
    VitalKey from(time.from_us, "", "");
    if (cursor) {
        auto read = read_cursor('v', *cursor, 2);
        if (!read) {
            return std::unexpected(read.error());
        }
        from = {read->start_us, read->rest[0], read->rest[1]};
    }
    const std::scoped_lock lock(mutex_);
    const auto rest = [](const VitalKey& key) {
        return std::vector{std::get<1>(key), std::get<2>(key)};
    };
    return page_of<VitalRow>(
        patients_[patient].vitals,
        from,
        time.until_us,
        limit,
        cursor.has_value(),
        'v',
        rest
    );
}

Result<std::vector<BeatsRow>> MemoryStore::beats(const std::string& patient, TimeRange time) {
    const std::scoped_lock lock(mutex_);
    std::vector<BeatsRow> found;
    for (const auto& [key, row] : patients_[patient].beats) {
        if (key.first < time.until_us && end_us(key.first, row.beats.rr_us()) > time.from_us) {
            found.push_back(row);
        }
    }
    return found;
}

Result<std::vector<ClockRow>> MemoryStore::clocks() {
    const std::scoped_lock lock(mutex_);
    std::vector<ClockRow> found;
    for (const auto& [key, row] : clocks_) {
        found.push_back(row);
    }
    return found;
}

Result<std::vector<QuarantineSum>> MemoryStore::quarantine() {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, QuarantineSum> sums;
    for (const auto& [id, row] : quarantine_) {
        const auto start_us = row.held.start_us();
        auto [place, is_new] = sums.try_emplace(
            row.held.device(),
            QuarantineSum{.device = row.held.device(), .first_us = start_us, .last_us = start_us}
        );
        auto& sum = place->second;
        ++sum.entries;
        sum.bytes += row.held.ByteSizeLong();
        sum.first_us = std::min(sum.first_us, start_us);
        sum.last_us = std::max(sum.last_us, start_us);
    }
    std::vector<QuarantineSum> found;
    for (auto& [device, sum] : sums) {
        found.push_back(std::move(sum));
    }
    return found;
}

Result<std::vector<QuarantinedRow>>
MemoryStore::quarantined(const std::string& device, TimeRange time, std::size_t limit) {
    const std::scoped_lock lock(mutex_);
    std::vector<QuarantinedRow> found;
    for (const auto& [id, row] : quarantine_) {
        if (row.held.device() == device && row.held.start_us() >= time.from_us &&
            row.held.start_us() < time.until_us) {
            found.push_back(row);
        }
    }
    std::ranges::sort(found, {}, [](const QuarantinedRow& row) {
        return std::pair(row.held.start_us(), row.id);
    });
    found.resize(std::min(found.size(), limit));
    return found;
}

Result<std::vector<NewestWindow>> MemoryStore::newest_windows() {
    const std::scoped_lock lock(mutex_);
    std::vector<NewestWindow> found;
    for (const auto& [name, patient] : patients_) {
        if (patient.newest) {
            found.push_back(*patient.newest);
        }
    }
    return found;
}

Result<std::vector<VitalRow>> MemoryStore::newest_heart_rates() {
    const std::scoped_lock lock(mutex_);
    std::vector<VitalRow> found;
    for (const auto& [name, patient] : patients_) {
        std::vector<VitalRow> rates;
        for (const auto& [key, row] : patient.vitals) {
            if (row.vital.name() == heart_rate_name) {
                rates.push_back(row);
            }
        }
        for (auto& row : rates) {
            if (row.vital.start_time_us() >=
                rates.back().vital.start_time_us() - newest_heart_rates_us) {
                found.push_back(row);
            }
        }
    }
    return found;
}

Result<Store::Size> MemoryStore::size() {
    const std::scoped_lock lock(mutex_);
    Size size;
    for (const auto& [name, patient] : patients_) {
        size.chunks += patient.chunks.size();
        size.detections += patient.detections.size();
        for (const auto& [key, row] : patient.chunks) {
            size.bytes += row.payload.size() + row.pyramid.size();
        }
    }
    return size;
}

void MemoryStore::refuse_next(Error error, std::size_t count) {
    const std::scoped_lock lock(mutex_);
    refusal_ = std::move(error);
    refusals_ = count;
}

} // namespace vigil::store
