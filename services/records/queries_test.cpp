#include "records/queries.hpp"

#include "records/test_entries.hpp"
#include "store/memory_store.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

using namespace vigil;
using namespace vigil::records;

namespace {

constexpr store::TimeRange whole_day{
    .from_us = to_us(test_start),
    .until_us = to_us(test_start) + std::int64_t{86'400} * 1'000'000
};

struct Records {
    store::MemoryStore store;
    Core core{store};
    Queries queries{core, store};
    Entries entries;

    Records() { REQUIRE(core.load()); }

    void apply() { core.apply(entries.all()); }

    void flush() {
        apply();
        REQUIRE(core.flush());
    }
};

v1::Step step_of(std::initializer_list<v1::Detection> detections) {
    v1::Step step;
    for (const auto& detection : detections) {
        *step.add_detections() = detection;
    }
    return step;
}

v1::Beats beats_of(std::uint64_t first, std::initializer_list<std::uint32_t> rr) {
    v1::Beats beats;
    beats.set_device("belt");
    beats.set_stream("run1");
    beats.set_first_beat(first);
    beats.set_start_time_us(to_us(test_start) + static_cast<std::int64_t>(first) * 1'000'000);
    for (const auto interval : rr) {
        beats.add_rr_us(interval);
    }
    return beats;
}

} // namespace

TEST_CASE("of an event the newest revision is shown, whether stored, pending or both") {
    Records records;
    const auto told = [&](const std::string& id, std::uint32_t revision, v1::Event::State state) {
        v1::Step step;
        auto& event = *step.add_events();
        event.set_id(id);
        event.set_patient("p1");
        event.set_revision(revision);
        event.set_state(state);
        event.mutable_span()->set_onset_us(to_us(test_start) + 5'000'000);
        records.entries.add(v1::STEP, step);
    };
    const auto shown = [&] {
        std::string all;
        const auto page = records.queries.events("p1", whole_day, 10).value();
        for (const auto& row : page.rows) {
            all += row.event.id() + std::to_string(row.event.revision()) + ' ';
        }
        return all;
    };
    told("a", 1, v1::Event::ONGOING);
    records.apply();
    CHECK(shown() == "a1 ");
    records.flush();
    CHECK(shown() == "a1 ");
    told("a", 2, v1::Event::ONGOING);
    told("a", 3, v1::Event::ENDED);
    told("b", 1, v1::Event::ONGOING);
    records.apply();
    CHECK(shown() == "a3 b1 ");
    CHECK(records.core.counts().events == 4);
    records.flush();
    CHECK(shown() == "a3 b1 ");
    CHECK(records.queries.events("p2", whole_day, 10).value().rows.empty());
}

TEST_CASE("detections are shown once, whether stored, pending or both, page by page") {
    Records records;
    for (std::int64_t second = 0; second < 50; ++second) {
        records.entries.add(
            v1::STEP,
            step_of({detection_of(
                std::to_string(second),
                static_cast<std::uint64_t>(second) * 178,
                second,
                1000
            )})
        );
    }
    records.core.apply(std::span(records.entries.all()).first(30));
    REQUIRE(records.core.flush());
    // The same window again, as a new owner scores it when its samples are sent again.
    records.entries.add(v1::STEP, step_of({detection_of("another block", 7 * 178, 7, 1000)}));
    records.apply();
    std::set<std::string> ids;
    auto time = whole_day;
    for (int page = 0; page < 100; ++page) {
        const auto rows = records.queries.detections("p1", time, 7).value();
        CHECK(rows.rows.size() <= 7);
        for (const auto& row : rows.rows) {
            const bool is_new = ids.insert(row.id).second;
            CHECK(is_new);
        }
        if (!rows.next_us) {
            break;
        }
        time.from_us = *rows.next_us;
    }
    CHECK(ids.size() == 50);
    records.flush();
    CHECK(records.queries.detections("p1", whole_day, 1000).value().rows.size() == 50);
    CHECK(records.queries.detections("p2", whole_day, 1000).value().rows.empty());
}

TEST_CASE("more rows of one moment than a page takes come on one page, so that pages go on") {
    Records records;
    for (int i = 0; i < 20; ++i) {
        records.entries.add(v1::VITAL, heart_rate(60 + i, 5, "source " + std::to_string(i)));
    }
    records.entries.add(v1::VITAL, heart_rate(99, 6));
    records.flush();
    const auto first =
        records.queries.vitals("p1", {.from_us = time_at(5, 1), .until_us = whole_day.until_us}, 3)
            .value();
    CHECK(first.rows.size() == 20);
    REQUIRE(first.next_us);
    const auto second =
        records.queries.vitals("p1", {.from_us = *first.next_us, .until_us = whole_day.until_us}, 3)
            .value();
    CHECK(second.rows.size() == 1);
    CHECK_FALSE(second.next_us);
}

TEST_CASE("a later value of the same vital replaces the earlier one, pending or stored") {
    Records records;
    records.entries.add(v1::VITAL, heart_rate(70, 1)).add(v1::VITAL, heart_rate(71, 1));
    records.apply();
    const auto value = [&] {
        const auto rows = records.queries.vitals("p1", whole_day, 10).value().rows;
        REQUIRE(rows.size() == 1);
        return rows.front().vital.value();
    };
    CHECK(value() == 71);
    records.flush();
    CHECK(value() == 71);
    records.entries.add(v1::VITAL, heart_rate(72, 1));
    records.apply();
    CHECK(value() == 72);
    records.flush();
    CHECK(value() == 72);
}

TEST_CASE("repeated and overlapping beats are stored once, also after a restart") {
    Records records;
    records.entries.add(v1::BEATS, beats_of(0, {800'000, 810'000, 820'000}));
    records.flush();
    REQUIRE(records.core.load());
    records.entries.add(v1::BEATS, beats_of(0, {800'000, 810'000, 820'000}))
        .add(v1::BEATS, beats_of(2, {820'000, 830'000}));
    records.flush();
    CHECK(records.core.counts().duplicates == 1);
    std::vector<std::uint32_t> rr;
    const auto page = records.queries.beats("p1", whole_day, 100).value();
    for (const auto& row : page.rows) {
        rr.insert(rr.end(), row.beats.rr_us().begin(), row.beats.rr_us().end());
    }
    CHECK(rr == std::vector<std::uint32_t>{800'000, 810'000, 820'000, 830'000});
    CHECK(records.queries.eeg("p1", whole_day, {}).value().streams.empty());
}

TEST_CASE("the newest window of an old sender carries the score of this very window") {
    Records records;
    const BlockShape window{.stream = "s1", .rate = 178, .channels = 1, .isolated = true};
    records.entries.block(window, 0, 178).block(window, 178 * 2, 178);
    records.entries.add(v1::STEP, step_of({detection_of("a", 0, 0, 100)}));
    records.apply();
    REQUIRE(records.core.newest_windows().size() == 1);
    CHECK_FALSE(records.core.newest_windows().front().score_q16);
    records.entries.add(v1::STEP, step_of({detection_of("b", 178 * 2, 2, 200)}));
    auto of_shadow = detection_of("b", 178 * 2, 2, 999);
    of_shadow.set_shadow(true);
    records.entries.add(v1::STEP, step_of({of_shadow}));
    records.entries.block(window, 178, 178); // late: not the newest
    records.flush();
    const auto check = [&] {
        const auto newest = records.core.newest_windows().front();
        CHECK(newest.start_us == time_at(2, 1));
        CHECK(newest.samples.front() == sample_at(356, 0));
        CHECK(newest.samples.size() == 178);
        CHECK(newest.score_q16 == 200);
    };
    check();
    REQUIRE(records.core.load());
    check();
}

TEST_CASE("a continuous stream's newest window is its last 178 samples, in the channel's unit") {
    Records records;
    const BlockShape shape{.scale = 0.5};
    records.entries.block(shape, 0, 100).block(shape, 100, 100);
    records.apply();
    const auto newest = records.core.newest_windows().front();
    REQUIRE(newest.samples.size() == 178);
    CHECK(newest.samples.back() == std::lround(sample_at(199, 0) * 0.5));
    CHECK(newest.samples.front() == std::lround(sample_at(22, 0) * 0.5));
    CHECK(std::abs(newest.start_us - time_at(22, 256)) <= 1); // each rounds to its own microsecond
}

TEST_CASE("an overview has the true minimum and maximum, gaps stay gaps, stored and pending alike"
) {
    Records records;
    records.entries.block({}, 0, 256 * 10).block({}, 256 * 20, 256 * 10);
    const store::TimeRange half_minute{.from_us = time_at(0, 1), .until_us = time_at(30, 1)};
    const auto check = [&] {
        const auto all = records.queries.overview("p1", half_minute, 6).value();
        REQUIRE(all.size() == 1);
        const auto& overview = all.front();
        CHECK(overview.bins == 6);
        CHECK(overview.bin_us == 5'000'000);
        for (std::size_t bin = 0; bin < 6; ++bin) {
            const auto at = overview.bins + bin; // of the second channel
            if (bin == 2 || bin == 3) {
                CHECK(overview.minimum[at] == StreamOverview::empty);
                continue;
            }
            std::int32_t least = 10'000;
            std::int32_t most = -10'000;
            for (std::uint64_t i = bin * 1280; i < (bin + 1) * 1280; ++i) {
                least = std::min(least, sample_at(i, 1));
                most = std::max(most, sample_at(i, 1));
            }
            CHECK(overview.minimum[at] == least);
            CHECK(overview.maximum[at] == most);
        }
    };
    records.apply();
    check();
    records.flush();
    check();
}

TEST_CASE("old heart rates reach five hours back from the newest, stored and pending together") {
    Records records;
    records.entries.add(v1::VITAL, heart_rate(60, 0)).add(v1::VITAL, heart_rate(61, 3600));
    records.flush();
    records.entries.add(v1::VITAL, heart_rate(62, 5 * 3600 + 1));
    records.apply();
    const auto rates = records.queries.newest_heart_rates().value();
    REQUIRE(rates.size() == 2);
    CHECK(rates.front().vital.value() == 61);
    CHECK(rates.back().vital.value() == 62);
}

TEST_CASE("an ended stream is stored as ended") {
    Records records;
    records.entries.block({}, 0, 256);
    v1::StreamEnd end;
    end.set_device("d1");
    end.set_stream("s1");
    end.set_end_sample(256);
    records.flush();
    records.entries.add(v1::STREAM_END, end);
    records.flush();
    CHECK(records.store.streams().value().front().ended);
}

TEST_CASE("EEG lies within 100 ms of the heart beside it over a day of a crystal 100 ppm off") {
    constexpr std::uint32_t rate = 32;
    constexpr std::uint64_t block_samples = 10 * rate;
    constexpr std::int64_t hour_us = std::int64_t{3'600} * 1'000'000;
    for (const int ppm : {100, -100}) {
        Records records;
        const double real_rate = rate * (1 + ppm / 1e6);
        const auto true_us = [&](std::uint64_t sample) {
            return to_us(test_start) +
                   std::llround(static_cast<double>(sample) * 1'000'000 / real_rate);
        };
        // Every hour a beat that the EEG has as a spike, at the sample that was taken in that
        // moment.
        std::set<std::uint64_t> spikes;
        for (std::int64_t hour = 0; hour <= 24; ++hour) {
            const auto beat_us = hour * hour_us + 5'000'000;
            spikes.insert(static_cast<std::uint64_t>(
                std::llround(static_cast<double>(beat_us) * real_rate / 1e6)
            ));
            auto beat = heart_rate(70, 0);
            beat.set_start_time_us(to_us(test_start) + beat_us);
            records.entries.add(v1::VITAL, beat);
        }
        for (std::uint64_t first = 0;
             true_us(first) < to_us(test_start) + 24 * hour_us + 20'000'000;
             first += block_samples) {
            auto block = block_of({.rate = rate, .channels = 1}, first, block_samples);
            block.set_start_time_us(true_us(first));
            std::vector<std::int32_t> values(block_samples, 0);
            for (auto spike = spikes.lower_bound(first);
                 spike != spikes.end() && *spike < first + block_samples;
                 ++spike) {
                values[*spike - first] = 1'000;
            }
            signal::set_block_samples(block, values, v1::INT16_LE).value();
            records.entries.add(v1::EEG_BLOCK, block);
        }
        records.flush();
        const auto day = store::TimeRange{
            .from_us = to_us(test_start),
            .until_us = to_us(test_start) + 25 * hour_us
        };
        const auto beats = records.queries.vitals("p1", day, 1'000).value().rows;
        REQUIRE(beats.size() == 25);
        std::int64_t worst_us = 0;
        for (const auto& beat : beats) {
            const auto beat_us = beat.vital.start_time_us();
            const auto page =
                records.queries
                    .eeg(
                        "p1",
                        {.from_us = beat_us - 5'000'000, .until_us = beat_us + 5'000'000},
                        {}
                    )
                    .value();
            std::size_t found = 0;
            for (const auto& stream : page.streams) {
                for (const auto& run : stream.runs) {
                    for (std::uint64_t i = 0; i < run.samples; ++i) {
                        if (run.values[i] == 1'000) {
                            const auto at_us =
                                run.start_us + static_cast<std::int64_t>(i * 1'000'000 / rate);
                            worst_us = std::max(worst_us, std::abs(at_us - beat_us));
                            ++found;
                        }
                    }
                }
            }
            CHECK(found == 1);
        }
        CHECK(worst_us < 100'000);
        // The index and the nominal rate alone are off by more than eight seconds after a day.
        CHECK(
            std::abs(true_us(std::uint64_t{86'400} * rate) - (to_us(test_start) + 24 * hour_us)) >
            8'000'000
        );
    }
}
