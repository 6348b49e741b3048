// Queries' other half: what evaluate::ward_figures() needs of a patient, from all that is recorded.
#include "records/queries.hpp"
#include "vigil/v1/alarm.pb.h"
#include "vigil/v1/mark.pb.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace vigil::records {

namespace {

using Kind = store::ChronicleRow::Kind;

constexpr std::size_t page_rows = 1'000;
/// Marks of a moment are few: all of a patient's are read, since a verdict may come weeks later.
constexpr store::TimeRange always{
    .from_us = 0,
    .until_us = std::numeric_limits<std::int64_t>::max() / 2,
};

/// All pages of a question.
template <class Ask, class Each>
Result<void> each_row(store::TimeRange time, Ask ask, Each each) {
    for (;;) {
        const auto page = ask(time);
        if (!page) {
            return std::unexpected(page.error());
        }
        std::ranges::for_each(page->rows, each);
        if (!page->next_us) {
            return {};
        }
        time.from_us = *page->next_us;
    }
}

/// What staff said and did not take back, by what it is for.
struct Marks {
    std::map<std::string, std::pair<std::int64_t, v1::Mark::Verdict>> verdicts; // by event
    std::vector<evaluate::WardSpan> seizures;
};

Marks sorted(const std::vector<v1::Mark>& all) {
    Marks marks;
    for (const auto& mark : all) {
        if (mark.kind() == v1::Mark::VERDICT) {
            auto& known = marks.verdicts[mark.event()];
            known = std::max(known, std::pair(mark.time_us(), mark.verdict()));
        } else if (mark.kind() == v1::Mark::ANNOTATION &&
                   (mark.type() != v1::Mark::SEIZURE_TYPE_UNSPECIFIED ||
                    mark.awareness() != v1::Mark::AWARENESS_UNSPECIFIED)) {
            marks.seizures.push_back(
                {.from_us = mark.from_us(), .until_us = std::max(mark.from_us(), mark.until_us())}
            );
        }
    }
    return marks;
}

evaluate::WardVerdict verdict_of(const Marks& marks, const std::string& event) {
    const auto found = marks.verdicts.find(event);
    if (found == marks.verdicts.end()) {
        return evaluate::WardVerdict::none;
    }
    switch (found->second.second) {
        case v1::Mark::SEIZURE:
            return evaluate::WardVerdict::seizure;
        case v1::Mark::NO_SEIZURE:
            return evaluate::WardVerdict::no_seizure;
        case v1::Mark::UNSURE:
            return evaluate::WardVerdict::unsure;
        default:
            return evaluate::WardVerdict::none;
    }
}

bool stands(const v1::Event& event) {
    return !event.shadow() &&
           (event.state() == v1::Event::ONGOING || event.state() == v1::Event::ENDED);
}

/// Of the store's rows and of what is not in it yet.
Result<std::vector<evaluate::WardSpan>>
recorded(const Core& core, store::Store& store, const std::string& patient, store::TimeRange time) {
    std::vector<evaluate::WardSpan> spans;
    for (const auto& stream : core.pending(patient).streams) {
        for (const auto& part : stream.parts) {
            spans.push_back({.from_us = part.block_start_us, .until_us = part.block_end_us});
        }
        if (stream.info->id == 0) {
            continue;
        }
        const auto rows = store.pyramid(stream.info->id, time);
        if (!rows) {
            return std::unexpected(rows.error());
        }
        for (const auto& row : *rows) {
            spans.push_back({.from_us = row.start_us, .until_us = row.end_us});
        }
    }
    return spans;
}

} // namespace

Result<std::vector<v1::Mark>> Queries::standing_marks(const std::string& patient) const {
    std::vector<std::pair<std::string, v1::Mark>> all;
    std::set<std::string> withdrawn;
    const auto read = each_row(
        always,
        [&](store::TimeRange of) { return chronicle(Kind::mark, patient, of, page_rows); },
        [&](const store::ChronicleRow& row) {
            v1::Mark mark;
            if (!mark.ParseFromString(row.body)) {
                return;
            }
            if (mark.kind() == v1::Mark::WITHDRAWN) {
                withdrawn.insert(mark.withdraws());
            } else {
                all.emplace_back(row.id, std::move(mark));
            }
        }
    );
    if (!read) {
        return std::unexpected(read.error());
    }
    std::vector<v1::Mark> standing;
    for (auto& [id, mark] : all) {
        if (!withdrawn.contains(id)) {
            standing.push_back(std::move(mark));
        }
    }
    return standing;
}

Result<evaluate::WardFigures> Queries::figures(const std::string& patient, store::TimeRange time)
    const {
    evaluate::WardRecord record;
    record.time = {.from_us = time.from_us, .until_us = time.until_us};
    auto spans = recorded(core_, store_, patient, time);
    if (!spans) {
        return std::unexpected(spans.error());
    }
    record.recorded = std::move(*spans);
    const auto said = standing_marks(patient);
    if (!said) {
        return std::unexpected(said.error());
    }
    const auto marks = sorted(*said);
    const auto is_in_time = [&](std::int64_t us) {
        return us >= time.from_us && us < time.until_us;
    };
    std::ranges::copy_if(marks.seizures, std::back_inserter(record.seizures), [&](const auto& one) {
        return is_in_time(one.from_us);
    });
    auto read = each_row(
        time,
        [&](store::TimeRange of) { return events(patient, of, page_rows); },
        [&](const store::EventRow& row) {
            const auto& span = row.event.span();
            if (stands(row.event)) {
                record.events.push_back(
                    {.span = {.from_us = span.onset_us(), .until_us = span.end_us()},
                     .verdict = verdict_of(marks, row.event.id())}
                );
            }
        }
    );
    read = read.and_then([&] {
        return each_row(
            time,
            [&](store::TimeRange of) { return chronicle(Kind::alarm, patient, of, page_rows); },
            [&](const store::ChronicleRow& row) {
                v1::Alarm alarm;
                if (alarm.ParseFromString(row.body)) {
                    record.alarms.push_back(
                        {.raised_us = row.at_us, .priority = static_cast<int>(alarm.priority())}
                    );
                }
            }
        );
    });
    return read.transform([&] { return evaluate::ward_figures(record); });
}

} // namespace vigil::records
