#include "records/queries.hpp"

#include "records/stream_time.hpp"

#include <algorithm>
#include <map>

namespace vigil::records {

namespace {

constexpr std::int64_t five_hours_us =
    std::int64_t{5} * 3600 * 1'000'000; // old contract: get_last_chunks_list

bool overlaps(const PendingPart& part, store::TimeRange time) {
    return part.block_start_us < time.until_us && part.block_end_us > time.from_us;
}

/// What of the run lies in the time; may be nothing.
Run trim(Run run, const store::StreamRow& stream, store::TimeRange time) {
    const auto index = [&](std::int64_t us) {
        return std::min(
            run.samples,
            samples_before(us - run.start_us, stream.rate_numerator, stream.rate_denominator)
        );
    };
    const auto from = index(time.from_us);
    const auto end = std::max(from, index(time.until_us));
    return from == 0 && end == run.samples ? std::move(run) : cut(run, from, end, stream);
}

/// The indices of `range` that no run has, runs being in order.
std::vector<journal::SampleRange> not_in(journal::SampleRange range, std::span<const Run> runs) {
    std::vector<journal::SampleRange> rest;
    auto run = std::ranges::upper_bound(runs, range.first, {}, [](const Run& r) {
        return r.first_sample + r.samples;
    });
    for (; run != runs.end() && run->first_sample < range.end; ++run) {
        if (run->first_sample > range.first) {
            rest.push_back({range.first, run->first_sample});
        }
        range.first = std::max(range.first, run->first_sample + run->samples);
    }
    if (range.first < range.end) {
        rest.push_back(range);
    }
    return rest;
}

void sort_runs(std::vector<Run>& runs) {
    std::ranges::sort(runs, {}, &Run::first_sample);
}

/// Rows of the store for one page, and the time at which the page ends when there are more.
struct Fetched {
    std::vector<store::ChunkRow> rows;
    std::optional<std::int64_t> next_us;
};

Result<Fetched> fetch_chunks(
    store::Store& store,
    const std::string& patient,
    store::TimeRange time,
    EegLimits limits
) {
    Fetched fetched;
    std::optional<std::string> cursor;
    std::size_t bytes = 0;
    do {
        auto page = store.chunks(patient, time, limits.rows, cursor);
        if (!page) {
            return std::unexpected(std::move(page.error()));
        }
        for (auto& row : page->rows) {
            const bool full = bytes >= limits.bytes || fetched.rows.size() >= limits.rows;
            // A page can only end where time has passed since its begin.
            if (full && row.start_us > time.from_us) {
                fetched.next_us = row.start_us;
                return fetched;
            }
            bytes += row.payload.size();
            fetched.rows.push_back(std::move(row));
        }
        cursor = std::move(page->cursor);
    } while (cursor);
    return fetched;
}

/// Ends the page where the pending blocks before it would be too many.
void bound_pending(
    const PendingView& view,
    store::TimeRange& time,
    std::optional<std::int64_t>& next_us,
    std::size_t most_bytes
) {
    std::vector<std::pair<std::int64_t, std::size_t>> blocks;
    for (const auto& stream : view.streams) {
        for (const auto& part : stream.parts) {
            if (overlaps(part, time)) {
                blocks.emplace_back(part.block_start_us, part.entry->entry.payload().size());
            }
        }
    }
    std::ranges::sort(blocks);
    std::size_t bytes = 0;
    for (const auto& [start_us, size] : blocks) {
        if (bytes >= most_bytes && start_us > time.from_us) {
            time.until_us = start_us;
            next_us = start_us;
            return;
        }
        bytes += size;
    }
}

/// Adds the parts that lie in the time and that `runs`, in order, do not have.
Result<void> add_pending(std::vector<Run>& runs, const StreamView& view, store::TimeRange time) {
    std::vector<PendingPart> fresh;
    for (const auto& part : view.parts) {
        if (!overlaps(part, time)) {
            continue;
        }
        for (const auto& range : not_in(part.part, runs)) {
            fresh.push_back(part);
            fresh.back().part = range;
        }
    }
    auto made = make_runs(*view.info, fresh);
    if (!made) {
        return std::unexpected(std::move(made.error()));
    }
    std::ranges::move(*made, std::back_inserter(runs));
    sort_runs(runs);
    return {};
}

/// Merges the store's pages with pending rows: `fetch` gives a page of the store in the order of
/// time, `same` says that a pending row is the store's own or replaces it.
template <class Row, class Fetch, class TimeOf, class Same>
Result<TimePage<Row>> page_by_time(
    store::TimeRange time,
    std::size_t limit,
    std::vector<Row> pending,
    Fetch fetch,
    TimeOf time_of,
    Same same
) {
    TimePage<Row> page;
    const auto outside = [&](const Row& row) {
        return time_of(row) < time.from_us || time_of(row) >= time.until_us;
    };
    std::optional<std::string> cursor;
    do {
        auto fetched = fetch(time, cursor);
        if (!fetched) {
            return std::unexpected(std::move(fetched.error()));
        }
        std::ranges::move(fetched->rows, std::back_inserter(page.rows));
        cursor = std::move(fetched->cursor);
    } while (cursor && (page.rows.empty() || time_of(page.rows.back()) <= time.from_us));
    if (cursor) {
        page.next_us = time_of(page.rows.back());
    }
    // A later pending row replaces an earlier one and the store's.
    std::map<std::int64_t, std::vector<Row>> by_time;
    std::ranges::move(pending, std::back_inserter(page.rows));
    for (auto& row : page.rows) {
        if (outside(row) || (page.next_us && time_of(row) >= *page.next_us)) {
            continue;
        }
        auto& there = by_time[time_of(row)];
        const auto found =
            std::ranges::find_if(there, [&](const Row& other) { return same(other, row); });
        if (found == there.end()) {
            there.push_back(std::move(row));
        } else {
            *found = std::move(row);
        }
    }
    page.rows.clear();
    for (auto& [at, rows] : by_time) {
        if (page.rows.size() >= limit && at > time.from_us) {
            page.next_us = at;
            break;
        }
        std::ranges::move(rows, std::back_inserter(page.rows));
    }
    return page;
}

} // namespace

Result<EegPage> Queries::eeg(const std::string& patient, store::TimeRange time, EegLimits limits)
    const {
    // Pending first: what is flushed from now on is then seen twice and taken once, never missed.
    const auto view = core_.pending(patient);
    auto fetched = fetch_chunks(store_, patient, time, limits);
    if (!fetched) {
        return std::unexpected(std::move(fetched.error()));
    }
    EegPage page{.streams = {}, .next_us = fetched->next_us};
    time.until_us = fetched->next_us.value_or(time.until_us);
    bound_pending(view, time, page.next_us, limits.bytes);
    std::map<std::int64_t, std::vector<Run>> stored;
    for (const auto& stream : view.streams) {
        for (const auto& row : fetched->rows) {
            if (stream.info->id == 0 || row.stream_id != stream.info->id) {
                continue; // rows of a stream that the view does not know yet are in the view's
                          // pending parts
            }
            auto runs = read_row(*stream.info, row);
            if (!runs) {
                return std::unexpected(std::move(runs.error()));
            }
            std::ranges::move(*runs, std::back_inserter(stored[row.stream_id]));
        }
    }
    for (const auto& stream : view.streams) {
        auto runs = std::move(stored[stream.info->id]);
        sort_runs(runs);
        if (const auto added = add_pending(runs, stream, time); !added) {
            return std::unexpected(added.error());
        }
        for (auto& run : runs) {
            run = trim(std::move(run), *stream.info, time);
        }
        std::erase_if(runs, [](const Run& run) { return run.samples == 0; });
        if (!runs.empty()) {
            page.streams.push_back({stream.info, std::move(runs)});
        }
    }
    return page;
}

Result<std::vector<StreamOverview>>
Queries::overview(const std::string& patient, store::TimeRange time, std::size_t points) const {
    auto view = core_.pending(patient);
    std::vector<StreamOverview> all;
    // Ids grow with time: the newest streams first.
    std::ranges::sort(view.streams, std::ranges::greater{}, [](const StreamView& stream) {
        return stream.info->id == 0 ? std::numeric_limits<std::int64_t>::max() : stream.info->id;
    });
    for (const auto& stream : view.streams) {
        StreamOverview overview(stream.info, time, points);
        if (stream.info->id != 0) {
            const auto rows = store_.pyramid(stream.info->id, time);
            if (!rows) {
                return std::unexpected(rows.error());
            }
            for (const auto& row : *rows) {
                if (const auto taken = overview.take(row); !taken) {
                    return std::unexpected(taken.error());
                }
            }
        }
        std::vector<Run> runs; // extremes do not mind what is counted twice
        if (const auto added = add_pending(runs, stream, time); !added) {
            return std::unexpected(added.error());
        }
        for (auto& run : runs) {
            overview.take(trim(std::move(run), *stream.info, time));
        }
        if (overview.any) {
            all.push_back(std::move(overview));
        }
        if (all.size() == max_overview_streams) {
            break;
        }
    }
    return all;
}

Result<TimePage<store::DetectionRow>>
Queries::detections(const std::string& patient, store::TimeRange time, std::size_t limit) const {
    return page_by_time(
        time,
        limit,
        core_.pending(patient).detections,
        [&](store::TimeRange of, const std::optional<std::string>& cursor) {
            return store_.detections(patient, of, limit, cursor);
        },
        [](const store::DetectionRow& row) { return row.detection.start_time_us(); },
        [](const store::DetectionRow& a, const store::DetectionRow& b) { return a.id == b.id; }
    );
}

Result<TimePage<store::EventRow>>
Queries::events(const std::string& patient, store::TimeRange time, std::size_t limit) const {
    return page_by_time(
        time,
        limit,
        core_.pending(patient).events,
        [&](store::TimeRange of, const std::optional<std::string>& cursor) {
            return store_.events(patient, of, limit, cursor);
        },
        [](const store::EventRow& row) { return row.event.span().onset_us(); },
        [](const store::EventRow& a, const store::EventRow& b) {
            return a.event.id() == b.event.id();
        }
    );
}

Result<TimePage<store::ChronicleRow>> Queries::chronicle(
    store::ChronicleRow::Kind kind,
    const std::string& patient,
    store::TimeRange time,
    std::size_t limit
) const {
    auto pending = core_.pending(patient).chronicle;
    std::erase_if(pending, [kind](const auto& row) { return row.kind != kind; });
    return page_by_time(
        time,
        limit,
        std::move(pending),
        [&](store::TimeRange of, const std::optional<std::string>& cursor) {
            return store_.chronicle(kind, patient, of, limit, cursor);
        },
        [](const store::ChronicleRow& row) { return row.at_us; },
        [](const store::ChronicleRow& a, const store::ChronicleRow& b) { return a.id == b.id; }
    );
}

Result<TimePage<store::VitalRow>>
Queries::vitals(const std::string& patient, store::TimeRange time, std::size_t limit) const {
    return page_by_time(
        time,
        limit,
        core_.pending(patient).vitals,
        [&](store::TimeRange of, const std::optional<std::string>& cursor) {
            return store_.vitals(patient, of, limit, cursor);
        },
        [](const store::VitalRow& row) { return row.vital.start_time_us(); },
        same_vital
    );
}

Result<TimePage<store::BeatsRow>>
Queries::beats(const std::string& patient, store::TimeRange time, std::size_t limit) const {
    return page_by_time(
        time,
        limit,
        core_.pending(patient).beats,
        [&](store::TimeRange of, const std::optional<std::string>&) {
            return store_.beats(patient, of).transform([](std::vector<store::BeatsRow> rows) {
                return store::Page<store::BeatsRow>{.rows = std::move(rows), .cursor = {}};
            });
        },
        [](const store::BeatsRow& row) { return row.beats.start_time_us(); },
        [](const store::BeatsRow& a, const store::BeatsRow& b) { return a.id == b.id; }
    );
}

Result<std::vector<store::VitalRow>> Queries::newest_heart_rates() const {
    auto pending = core_.pending_heart_rates();
    auto rows = store_.newest_heart_rates();
    if (!rows) {
        return rows;
    }
    std::map<std::string, std::map<std::int64_t, std::vector<store::VitalRow>>> by_patient;
    std::ranges::move(pending, std::back_inserter(*rows));
    for (auto& row : *rows) {
        auto& there = by_patient[row.patient][row.vital.start_time_us()];
        std::erase_if(there, [&](const store::VitalRow& other) { return same_vital(other, row); });
        there.push_back(std::move(row));
    }
    rows->clear();
    for (auto& [patient, by_time] : by_patient) {
        const auto oldest = by_time.rbegin()->first - five_hours_us;
        for (auto at = by_time.lower_bound(oldest); at != by_time.end(); ++at) {
            std::ranges::move(at->second, std::back_inserter(*rows));
        }
    }
    return rows;
}

std::int64_t Queries::device_us(
    const std::string& patient,
    const std::string& device,
    std::int64_t vigil_us
) const {
    for (const auto& clock : core_.clocks(patient)) {
        if (clock.device == device && clock.data == v1::ClockCourse::EEG) {
            const auto by_us = [&](std::int64_t us) {
                return correction_at(clock.corrections, clock.slope, us);
            };
            return vigil_us - by_us(vigil_us - by_us(vigil_us));
        }
    }
    return vigil_us;
}

} // namespace vigil::records
