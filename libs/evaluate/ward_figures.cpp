#include "evaluate/ward_figures.hpp"

#include <algorithm>

namespace vigil::evaluate {

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t hour_us = 3600 * second_us;
constexpr std::int64_t day_us = 24 * hour_us;
constexpr std::int64_t before_us = 30 * second_us;
constexpr std::int64_t after_us = 60 * second_us;

bool are_one(const WardSpan& event, const WardSpan& seizure) {
    return event.from_us < seizure.until_us + after_us &&
           event.until_us > seizure.from_us - before_us;
}

/// Each moment once, and only in the time.
std::int64_t length_us(std::vector<WardSpan> spans, const WardSpan& time) {
    std::ranges::sort(spans, {}, &WardSpan::from_us);
    std::int64_t length = 0;
    auto reached = time.from_us;
    for (const auto& span : spans) {
        const auto from = std::max(span.from_us, reached);
        const auto until = std::min(span.until_us, time.until_us);
        if (until > from) {
            length += until - from;
            reached = until;
        }
    }
    return length;
}

void count_events(const WardRecord& record, WardFigures& figures) {
    for (const auto& event : record.events) {
        switch (event.verdict) {
            case WardVerdict::seizure:
                ++figures.true_events;
                break;
            case WardVerdict::no_seizure:
                ++figures.false_events;
                break;
            case WardVerdict::unsure:
                ++figures.unsure_events;
                break;
            case WardVerdict::none:
                ++figures.unmarked_events;
                break;
        }
    }
}

void count_seizures(const WardRecord& record, WardFigures& figures) {
    for (const auto& seizure : record.seizures) {
        ++figures.seizures;
        figures.detected += std::ranges::any_of(record.events, [&](const WardEvent& event) {
            return event.verdict != WardVerdict::no_seizure && are_one(event.span, seizure);
        });
    }
    for (const auto& event : record.events) {
        const bool is_annotated =
            std::ranges::any_of(record.seizures, [&](const WardSpan& seizure) {
                return are_one(event.span, seizure);
            });
        if (event.verdict == WardVerdict::seizure && !is_annotated) {
            ++figures.seizures;
            ++figures.detected;
        }
    }
}

} // namespace

WardFigures ward_figures(const WardRecord& record) {
    WardFigures figures;
    const auto recorded_us = length_us(record.recorded, record.time);
    figures.recorded_hours = static_cast<double>(recorded_us) / hour_us;
    count_events(record, figures);
    count_seizures(record, figures);
    if (recorded_us > 0) {
        const double days = static_cast<double>(recorded_us) / day_us;
        const auto [low, high] = poisson_interval(figures.false_events);
        figures.false_alarms_per_24_h = Estimate{
            .value = static_cast<double>(figures.false_events) / days,
            .interval = {.low = low / days, .high = high / days},
        };
    }
    if (const auto interval = proportion_interval(figures.detected, figures.seizures)) {
        figures.sensitivity = Estimate{
            .value = static_cast<double>(figures.detected) / static_cast<double>(figures.seizures),
            .interval = *interval,
        };
    }
    for (const auto& alarm : record.alarms) {
        auto& count = figures.alarms_per_day[alarm.raised_us / day_us * day_us];
        ++(alarm.priority >= 3 ? count.high : alarm.priority == 2 ? count.medium : count.low);
    }
    return figures;
}

} // namespace vigil::evaluate
