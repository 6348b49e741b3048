// Beats that come late, through the detector's core: what they say of an hour ago calls nobody, and
// a strap whose clock is wrong is not late.
#include "detector/test_watched.hpp"
#include "vigil/v1/vitals.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace vigil;
using namespace vigil::detector;

namespace {

constexpr std::uint32_t calm_us = 800'000; // 75 a minute
constexpr std::uint32_t fast_us = 400'000; // 150
constexpr int entry_s = 10;

struct Strap {
    Watched watched{};
    std::uint64_t next = 0;
    std::int64_t made_us = to_us(watched.ward.now); // of the beat that the next entry begins with
    std::int64_t clock_off_us = 0;

    Strap() { watched.set(settings(true)); }

    /// Beats for so long, in entries of 10 s, without that time passes.
    void send(int seconds, std::uint32_t rr_us) {
        for (int sent = 0; sent < seconds; sent += entry_s) {
            v1::Beats beats;
            beats.set_device("strap");
            beats.set_stream("s1");
            beats.set_first_beat(next);
            beats.set_start_time_us(made_us + clock_off_us);
            for (std::uint32_t us = 0; us < entry_s * 1'000'000U; us += rr_us, ++next) {
                beats.add_rr_us(rr_us);
                made_us += rr_us;
            }
            watched.put(v1::BEATS, beats);
        }
    }

    /// ... as they are made.
    void live(int seconds, std::uint32_t rr_us) {
        for (int sent = 0; sent < seconds; sent += entry_s) {
            watched.pass(entry_s);
            send(entry_s, rr_us);
        }
    }

    [[nodiscard]] std::vector<v1::Alarm> raised() {
        auto found = watched.alarms();
        std::erase_if(found, [](const auto& alarm) {
            return alarm.condition() != v1::Alarm::TACHYCARDIA;
        });
        return found;
    }

    /// Onsets of past events.
    [[nodiscard]] std::vector<std::int64_t> listed() {
        std::vector<std::int64_t> found;
        for (const auto& step : watched.ward.steps()) {
            for (const auto& output : step.alarms()) {
                if (output.notice().kind() == v1::AlarmNotice::LISTED) {
                    CHECK(output.notice().reason() == "late");
                    found.push_back(output.notice().onset_us());
                }
            }
        }
        return found;
    }
};

} // namespace

TEST_CASE("a fast heart while the strap was away is a past event, in the order that it catches up"
) {
    Strap strap;
    strap.live(60, calm_us);
    strap.watched.pass(600);
    strap.send(200, calm_us);
    const auto onset_us = strap.made_us;
    strap.send(200, fast_us);
    strap.send(200, calm_us);
    strap.live(60, calm_us);
    CHECK(strap.raised().empty());
    REQUIRE(strap.listed().size() == 1);
    CHECK(std::abs(strap.listed().front() - onset_us) < 20'000'000);

    strap.live(40, fast_us); // now
    REQUIRE_FALSE(strap.raised().empty());
    CHECK(strap.listed().size() == 1);
}

TEST_CASE("one that is still fast once its beats are current again is raised, with its onset") {
    Strap strap;
    strap.live(60, calm_us);
    strap.watched.pass(600);
    strap.send(200, calm_us);
    const auto onset_us = strap.made_us;
    strap.send(200, fast_us);
    CHECK(strap.raised().empty()); // 200 s late: nobody knows how it is now
    CHECK(strap.listed().size() == 1);
    strap.watched.change_owner();
    strap.send(200, fast_us);
    REQUIRE_FALSE(strap.raised().empty());
    CHECK(std::abs(strap.raised().front().onset_us() - onset_us) < 20'000'000);
}

TEST_CASE("a strap whose clock is set, either way, is not late: its beats count") {
    for (const std::int64_t step_us : {-3'600'000'000LL, 3'600'000'000LL}) {
        CAPTURE(step_us);
        Strap strap;
        strap.live(60, calm_us);
        strap.clock_off_us += step_us;
        strap.live(60, calm_us);
        strap.live(40, fast_us);
        CHECK_FALSE(strap.raised().empty());
        CHECK(strap.listed().empty());
    }
}
