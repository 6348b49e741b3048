#include "evaluate/ward_figures.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace vigil::evaluate;
using Catch::Approx;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;

WardSpan span(std::int64_t from_s, std::int64_t length_s) {
    return {.from_us = from_s * second, .until_us = (from_s + length_s) * second};
}

WardRecord two_days() {
    WardRecord record;
    record.time = {.from_us = 0, .until_us = 2 * day};
    record.recorded = {{.from_us = 0, .until_us = day}, {.from_us = day, .until_us = 3 * day}};
    return record;
}

} // namespace

TEST_CASE("false alarms are per 24 hours that were recorded, with the exact interval") {
    auto record = two_days();
    for (int i = 0; i < 5; ++i) {
        record.events.push_back({.span = span(1'000 * i, 10), .verdict = WardVerdict::no_seizure});
    }
    auto figures = ward_figures(record);
    CHECK(figures.recorded_hours == 48);
    CHECK(figures.false_events == 5);
    REQUIRE(figures.false_alarms_per_24_h);
    CHECK(figures.false_alarms_per_24_h->value == Approx(2.5));
    // Garwood's table for 5: 1.6235 to 11.6683
    CHECK(figures.false_alarms_per_24_h->interval.low == Approx(1.6235 / 2).epsilon(1e-4));
    CHECK(figures.false_alarms_per_24_h->interval.high == Approx(11.6683 / 2).epsilon(1e-4));
    CHECK_FALSE(figures.sensitivity); // no seizure is known
    record.recorded.clear();
    CHECK_FALSE(ward_figures(record).false_alarms_per_24_h);
}

TEST_CASE("what was recorded twice counts once, and only within the time") {
    auto record = two_days();
    record.recorded = {
        {.from_us = 3 * hour, .until_us = 5 * hour},
        {.from_us = -hour, .until_us = 2 * hour},
        {.from_us = 3 * hour, .until_us = 4 * hour},
        {.from_us = 47 * hour, .until_us = 60 * hour},
    };
    CHECK(ward_figures(record).recorded_hours == Approx(2 + 2 + 1));
}

TEST_CASE("an annotated seizure is detected by an event near it that nobody holds for false") {
    auto record = two_days();
    record.seizures = {span(1'000, 60), span(5'000, 60), span(9'000, 60), span(20'000, 60)};
    record.events = {
        {.span = span(960, 10), .verdict = WardVerdict::none}, // ends 30 s before: not near
        {.span = span(965, 10), .verdict = WardVerdict::none},
        {.span = span(1'010, 10), .verdict = WardVerdict::seizure}, // the same one
        {.span = span(5'119, 10), .verdict = WardVerdict::unsure},
        {.span = span(9'120, 10), .verdict = WardVerdict::unsure}, // 60 s after its end
        {.span = span(20'000, 10), .verdict = WardVerdict::no_seizure},
        {.span = span(30'000, 10), .verdict = WardVerdict::seizure}, // nobody annotated it
    };
    const auto figures = ward_figures(record);
    CHECK(figures.seizures == 5);
    CHECK(figures.detected == 3);
    CHECK(figures.true_events == 2);
    CHECK(figures.false_events == 1);
    CHECK(figures.unsure_events == 2);
    CHECK(figures.unmarked_events == 2);
    REQUIRE(figures.sensitivity);
    CHECK(figures.sensitivity->value == Approx(0.6));
    // Clopper and Pearson for 3 of 5: 14.66 % to 94.73 %
    CHECK(figures.sensitivity->interval.low == Approx(0.1466).margin(1e-4));
    CHECK(figures.sensitivity->interval.high == Approx(0.9473).margin(1e-4));
}

TEST_CASE("alarms are counted by UTC day and priority") {
    auto record = two_days();
    record.alarms = {
        {.raised_us = 10, .priority = 3},
        {.raised_us = day - 1, .priority = 1},
        {.raised_us = day, .priority = 2},
        {.raised_us = day + 5, .priority = 2},
    };
    const auto figures = ward_figures(record);
    REQUIRE(figures.alarms_per_day.size() == 2);
    CHECK(figures.alarms_per_day.at(0) == AlarmCount{.high = 1, .medium = 0, .low = 1});
    CHECK(figures.alarms_per_day.at(day) == AlarmCount{.high = 0, .medium = 2, .low = 0});
}
