// What must hold of heart rates and beats when a world has finished.
#include "records/queries.hpp"
#include "simulation/checks.hpp"

#include <algorithm>
#include <format>

namespace vigil::simulation {

namespace {

using Values = std::map<std::string, double>;

constexpr store::TimeRange all_time{.from_us = 0, .until_us = to_us(epoch) * 2};

/// Of each value the last entry.
Values vitals_of(const std::vector<journal::StoredPtr>& entries, journal::Sequence after) {
    Values values;
    for (const auto& stored : entries) {
        v1::Vital vital;
        if (stored->sequence > after && stored->entry.type() == v1::VITAL) {
            require(vital.ParseFromString(stored->entry.payload()), "a vital that cannot be read");
            values[value_key(stored->entry.patient(), vital)] = vital.value();
        }
    }
    return values;
}

/// The rates that a page makes of beats: one for each stretch that an entry was the first to bring.
void add_rates(
    const std::vector<journal::StoredPtr>& entries,
    journal::Sequence after,
    Values& values
) {
    std::map<std::string, std::set<std::uint64_t>> seen;
    for (const auto& stored : entries) {
        v1::Beats beats;
        if (stored->sequence <= after || stored->entry.type() != v1::BEATS) {
            continue;
        }
        require(beats.ParseFromString(stored->entry.payload()), "beats that cannot be read");
        auto time_us = beats.start_time_us();
        std::int64_t length_us = 0;
        int count = 0;
        for (int i = 0; i <= beats.rr_us_size(); ++i) {
            const bool is_new =
                i < beats.rr_us_size() && seen[stored->entry.patient()]
                                              .insert(beats.first_beat() + static_cast<unsigned>(i))
                                              .second;
            if (!is_new && count > 0) {
                v1::Vital rate;
                rate.set_name("heart_rate");
                rate.set_source(beats.device());
                rate.set_start_time_us(time_us);
                values[value_key(stored->entry.patient(), rate)] =
                    60e6 * count / static_cast<double>(length_us);
                length_us = 0;
                count = 0;
            }
            if (i < beats.rr_us_size()) {
                length_us += is_new ? beats.rr_us(i) : 0;
                count += is_new ? 1 : 0;
                time_us += beats.rr_us(i);
            }
        }
    }
}

void check_stored_vitals(const Values& stored, const Values& written) {
    for (const auto& [key, value] : written) {
        const auto found = stored.find(key);
        require(found != stored.end(), [&] { return "a value is not stored: " + key; });
        require(found->second == value, [&] { return "another value is stored: " + key; });
    }
    require(stored.size() == written.size(), "values are stored that nobody sent");
}

void check_stored_beats(const Heart& heart, const std::vector<store::BeatsRow>& rows) {
    std::set<std::uint64_t> stored;
    for (const auto& row : rows) {
        const auto first = row.beats.first_beat();
        require(
            row.beats.start_time_us() == heart.beat_us(first),
            "beats are stored at another time"
        );
        for (int i = 0; i < row.beats.rr_us_size(); ++i) {
            const auto beat = first + static_cast<unsigned>(i);
            require(stored.insert(beat).second, "a beat is stored twice");
            require(row.beats.rr_us(i) == heart.rr_us(beat), "a beat is stored with another value");
        }
    }
    for (const auto& range : heart.accepted_beats) {
        for (auto beat = range.first; beat < range.end; ++beat) {
            require(stored.contains(beat), "a beat was accepted and not stored");
        }
    }
    require(stored.size() == heart.beats, "not every beat is stored");
}

void check_shown(const Values& shown, const Values& expected) {
    for (const auto& [key, value] : expected) {
        const auto found = shown.find(key);
        require(found != shown.end(), [&] { return "a value is not shown: " + key; });
        require(found->second == value, [&] { return "another value is shown: " + key; });
    }
    require(shown.size() == expected.size(), "values are shown that nobody sent");
}

} // namespace

void check_hearts(World& world, const std::vector<journal::StoredPtr>& entries) {
    const auto written = vitals_of(entries, 0);
    const records::Queries queries(world.records(), world.store());
    Values stored;
    for (const auto& heart : world.hearts()) {
        const auto vitals = queries.vitals(heart.patient, all_time, 10'000).value();
        for (const auto& row : vitals.rows) {
            require(
                stored.emplace(value_key(row.patient, row.vital), row.vital.value()).second,
                "a value is stored twice"
            );
        }
        for (std::size_t point = 0; point < heart.accepted.size(); ++point) {
            v1::Vital vital;
            vital.set_name("heart_rate");
            vital.set_source(Heart::source);
            vital.set_start_time_us(heart.point_us(point));
            const auto found = written.find(value_key(heart.patient, vital));
            require(
                heart.accepted[point] && found != written.end() &&
                    found->second == heart.value(point, *heart.accepted[point]),
                "a value was accepted and is not the last in the journal"
            );
        }
        check_stored_beats(heart, queries.beats(heart.patient, all_time, 10'000).value().rows);
    }
    check_stored_vitals(stored, written);
    auto expected = vitals_of(entries, world.shown().after());
    add_rates(entries, world.shown().after(), expected);
    check_shown(world.shown().values(), expected);
}

} // namespace vigil::simulation
