// Hearts and the entries that their devices send, for the tests of the heart monitor.
#pragma once

#include "signal/heart_monitor.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <random>
#include <vector>

namespace vigil::signal::test {

using Kind = HeartChange::Kind;
using Changes = std::vector<HeartChange>;

inline constexpr std::int64_t s = 1'000'000;
inline constexpr std::int64_t start_us = 1'700'000'000 * s;

inline v1::Beats
entry(std::uint64_t first, std::int64_t from_us, const std::vector<std::uint32_t>& rr) {
    v1::Beats beats;
    beats.set_device("strap");
    beats.set_stream("rr");
    beats.set_first_beat(first);
    beats.set_start_time_us(from_us);
    for (const std::uint32_t one : rr) {
        beats.add_rr_us(one);
    }
    return beats;
}

inline v1::Vital rate(std::int64_t at_us, double bpm) {
    v1::Vital vital;
    vital.set_name("heart_rate");
    vital.set_unit("/min");
    vital.set_value(bpm);
    vital.set_start_time_us(at_us);
    return vital;
}

/// Ten minutes of a heart: stretches of all rates, pauses, gaps in which nothing was sent.
struct Heart {
    struct Beat {
        std::uint64_t index;
        std::int64_t end_us;
        std::uint32_t rr_us;
    };

    std::vector<Beat> beats = {};

    explicit Heart(std::uint64_t seed) {
        std::mt19937_64 engine(seed);
        const auto draw = [&](double low, double high) {
            return std::uniform_real_distribution(low, high)(engine);
        };
        std::int64_t now_us = start_us;
        std::uint64_t index = 0;
        double bpm = 70;
        while (now_us < start_us + 600 * s) {
            if (draw(0, 1) < 0.04) {
                bpm = draw(30, 180);
            }
            if (draw(0, 1) < 0.005) { // seconds without any beats, up to what makes it lost
                const auto missed = static_cast<std::uint64_t>(draw(1, 30));
                now_us += static_cast<std::int64_t>(missed) * s;
                index += missed;
            }
            const double rr_s = draw(0, 1) < 0.01 ? draw(2.9, 5) : 60 / bpm * draw(0.9, 1.1);
            const auto rr_us = static_cast<std::uint32_t>(std::clamp(rr_s, 0.2, 5.0) * 1e6);
            now_us += rr_us;
            beats.push_back({index++, now_us, rr_us});
        }
    }

    /// Cut into entries of up to so many intervals, none longer than 25 s.
    [[nodiscard]] std::vector<v1::Beats> entries(std::uint64_t seed, unsigned most) const {
        std::mt19937_64 engine(seed);
        std::vector<v1::Beats> out;
        for (std::size_t at = 0; at < beats.size();) {
            const auto want = std::uniform_int_distribution<std::size_t>(1, most)(engine);
            const Beat& first = beats[at];
            std::vector<std::uint32_t> rr;
            std::int64_t end_us = first.end_us - first.rr_us;
            const std::int64_t from_us = end_us;
            while (rr.size() < want && at < beats.size() &&
                   beats[at].index == first.index + rr.size() &&
                   beats[at].end_us - beats[at].rr_us == end_us &&
                   beats[at].end_us - from_us < 25 * s) {
                end_us = beats[at].end_us;
                rr.push_back(beats[at++].rr_us);
            }
            if (rr.empty()) { // one interval alone
                rr.push_back(beats[at++].rr_us);
            }
            out.push_back(entry(first.index, from_us, rr));
        }
        return out;
    }

    /// What the rules say of all beats in order, without a monitor.
    [[nodiscard]] Changes by_rules(HeartLimits limits) const {
        HeartRules rules(limits);
        Changes out;
        const auto take = [&out](const Changes& changes) {
            std::ranges::copy(changes, std::back_inserter(out));
        };
        std::int64_t last_us = beats.front().end_us;
        for (const Beat& beat : beats) {
            if (beat.end_us - beat.rr_us > last_us + 15 * s) {
                take(rules.unknown(last_us + 15 * s));
            }
            take(rules.beat(beat.end_us - beat.rr_us, std::nullopt));
            take(rules.beat(beat.end_us, beat.rr_us));
            last_us = beat.end_us;
        }
        take(rules.unknown(last_us + 15 * s));
        return out;
    }
};

inline std::int64_t end_of(const v1::Beats& beats) {
    std::int64_t end_us = beats.start_time_us();
    for (const std::uint32_t rr : beats.rr_us()) {
        end_us += rr;
    }
    return end_us;
}

/// An entry at the moment it is received; a clock entry has no beats.
struct Receipt {
    std::int64_t at_us = 0;
    std::optional<v1::Beats> beats = {};
};

/// Each entry up to `most_delay_s` late, some twice or three times; clock entries each second, by a
/// clock that is not the device's.
inline std::vector<Receipt>
received(const std::vector<v1::Beats>& entries, std::uint64_t seed, double most_delay_s) {
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution delay(0.0, most_delay_s * 1e6);
    std::vector<Receipt> out;
    for (const auto& one : entries) {
        const unsigned times = most_delay_s > 0 && engine() % 5 == 0 ? 1 + engine() % 3 : 1;
        for (unsigned i = 0; i < times; ++i) {
            out.push_back({end_of(one) + static_cast<std::int64_t>(delay(engine)), one});
        }
    }
    for (std::int64_t at_us = start_us; at_us < start_us + 900 * s; at_us += s) {
        out.push_back({at_us, std::nullopt});
    }
    std::ranges::stable_sort(out, {}, &Receipt::at_us);
    return out;
}

inline constexpr std::int64_t clock_is_wrong_by_us = 3'600 * s + 123'456;

inline HeartUpdate take(HeartMonitor& monitor, const Receipt& receipt) {
    return receipt.beats ? monitor.beats(*receipt.beats)
                         : monitor.clock(receipt.at_us + clock_is_wrong_by_us);
}

inline HeartUpdate all(HeartMonitor& monitor, const std::vector<Receipt>& receipts) {
    HeartUpdate out;
    for (const Receipt& receipt : receipts) {
        const HeartUpdate update = take(monitor, receipt);
        std::ranges::copy(update.told, std::back_inserter(out.told));
        std::ranges::copy(update.settled, std::back_inserter(out.settled));
    }
    return out;
}

} // namespace vigil::signal::test
