// What a simulated heart's senders have to say.
#include "simulation/plan.hpp"

#include <algorithm>
#include <format>

namespace vigil::simulation {

namespace {

std::uint64_t mixed(std::uint64_t value) { // splitmix64
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    return value ^ (value >> 31U);
}

} // namespace

Heart make_heart(Engine& random, std::string patient) {
    Heart heart;
    heart.salt = random();
    heart.patient = std::move(patient);
    const auto points = 5 + pick(random, 20);
    heart.sent.assign(points, 0);
    heart.accepted.assign(points, std::nullopt);
    heart.beats = 10 + pick(random, 40);
    for (std::uint64_t first = 0; first < heart.beats;) {
        const auto end = std::min(heart.beats, first + 1 + pick(random, 12));
        heart.todo.push_back({first, end});
        first = end;
    }
    for (auto count = pick(random, 4); count > 0; --count) { // as after a reconnection
        const auto first = pick(random, heart.beats);
        const auto at = static_cast<std::ptrdiff_t>(pick(random, heart.todo.size()));
        heart.todo.insert(
            heart.todo.begin() + at,
            {first, std::min(heart.beats, first + 1 + pick(random, 15))}
        );
    }
    return heart;
}

std::int64_t Heart::point_us(std::size_t point) const {
    return to_us(epoch) + (static_cast<std::int64_t>(point) - 30) * 2'000'000;
}

double Heart::value(std::size_t point, unsigned version) const {
    return 40.0 + static_cast<double>(mixed(salt ^ point) % 100) + 0.125 * version;
}

std::uint32_t Heart::rr_us(std::uint64_t beat) const {
    // Twelve beats about as fast, then others: from 45 to 140 a minute.
    const auto pace_us = 430'000 + mixed(salt ^ (beat / 12)) % 800'000;
    return static_cast<std::uint32_t>(pace_us + mixed(salt + beat) % 100'000);
}

std::int64_t Heart::beat_us(std::uint64_t beat) const {
    auto time_us = to_us(epoch) - 60'000'000;
    for (std::uint64_t before = 0; before < beat; ++before) {
        time_us += rr_us(before);
    }
    return time_us;
}

v1::Beats Heart::beats_of(journal::SampleRange range) const {
    v1::Beats taken;
    taken.set_device(device);
    taken.set_stream(stream);
    taken.set_first_beat(range.first);
    taken.set_start_time_us(beat_us(range.first));
    for (auto beat = range.first; beat < range.end; ++beat) {
        taken.add_rr_us(rr_us(beat));
    }
    return taken;
}

std::string Heart::exported(std::size_t first, std::size_t count) const {
    std::string points;
    for (auto point = first; point < first + count; ++point) {
        const auto local = std::chrono::floor<std::chrono::seconds>(from_us(point_us(point))) +
                           std::chrono::hours{2};
        const auto bpm = value(point, sent[point]);
        points += std::format(
            R"({}{{"date":"{:%Y-%m-%d %H:%M:%S} +0200","Min":{},"Avg":{},"Max":{},"source":"{}"}})",
            point == first ? "" : ",",
            local,
            bpm - 1,
            bpm,
            bpm + 1,
            source
        );
    }
    constexpr auto steps =
        R"({"name":"step_count","units":"count","data":[{"date":"2026-11-24 00:00:00 +0000","qty":7}]})";
    return std::format(
        R"({{"data":{{"metrics":[{},{{"name":"heart_rate","units":"count/min","data":[{}]}}]}}}})",
        steps,
        points
    );
}

std::string Heart::batch(std::size_t first, std::size_t count) const {
    v1::VitalBatch batch;
    for (auto point = first; point < first + count; ++point) {
        auto& vital = *batch.add_vitals();
        vital.set_name("heart_rate");
        vital.set_unit("/min");
        vital.set_source(source);
        vital.set_value(value(point, sent[point]));
        vital.set_minimum(vital.value() - 1);
        vital.set_maximum(vital.value() + 1);
        vital.set_start_time_us(point_us(point));
    }
    return batch.SerializeAsString();
}

} // namespace vigil::simulation
