#include "detect/event_timeline.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace vigil::detect {

using State = EventRevision::State;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::uint32_t above = 40'000;
constexpr std::uint32_t below = 10'000;

/// A window of 1.025 s that ends `number` seconds into a stream of 256 samples a second.
struct Made {
    std::uint64_t number = 0;
    std::optional<std::uint32_t> score;
    std::array<std::uint32_t, 2> channels{};

    [[nodiscard]] TimelineWindow window() const {
        const auto end = static_cast<std::int64_t>(number) * second;
        const auto sample = number * 256;
        return {
            .start_us = end - 1'025'000,
            .end_us = end,
            .score_q16 = score,
            .channel_q16 = channels,
            .onset = {.window = number, .sample = sample - 262, .time_us = end - 1'025'000},
            .end = {.window = number, .sample = sample, .time_us = end},
        };
    }
};

std::vector<Made> with_score(std::uint64_t first, int count, std::optional<std::uint32_t> score) {
    std::vector<Made> windows;
    for (int i = 0; i < count; ++i) {
        windows.push_back({.number = first + static_cast<std::uint64_t>(i), .score = score});
    }
    return windows;
}

/// A timeline and what its revisions have said so far.
class Told {
public:
    explicit Told(EventParameters parameters, TimelineLimits limits = {})
        : timeline(parameters, limits) {}

    Told& push(const std::vector<Made>& windows) {
        for (const auto& made : windows) {
            take(timeline.push(made.window(), [this] { return "e" + std::to_string(++named_); }));
        }
        return *this;
    }

    Told& finish(std::uint64_t number) {
        take(timeline.finish(number * 256));
        return *this;
    }

    Told& fall_silent() {
        take(timeline.fall_silent());
        return *this;
    }

    [[nodiscard]] std::vector<DetectedEvent> standing() const {
        std::vector<DetectedEvent> events;
        for (const auto& [id, known] : newest) {
            if (known.state == State::ended || known.state == State::ongoing) {
                events.push_back(known.event);
            }
        }
        std::ranges::sort(events, {}, &DetectedEvent::start_us);
        return events;
    }

    EventTimeline timeline;
    std::map<std::string, EventRevision> newest;
    std::vector<EventRevision> all;

private:
    void take(const std::vector<EventRevision>& revisions) {
        for (const auto& revision : revisions) {
            const auto known = newest.find(revision.id);
            REQUIRE(revision.revision == (known == newest.end() ? 1 : known->second.revision + 1));
            newest[revision.id] = revision;
            all.push_back(revision);
        }
    }

    int named_ = 0;
};

std::vector<DetectedEvent> in_order(EventParameters parameters, const std::vector<Made>& windows) {
    EventMachine machine(parameters);
    std::vector<DetectedEvent> events;
    const auto take = [&events](const std::vector<EventChange>& changes) {
        for (const auto& change : changes) {
            if (change.kind == EventChange::Kind::ended) {
                events.push_back(change.event);
            }
        }
    };
    for (const auto& made : windows) {
        take(machine.push(made.window()));
    }
    take(machine.finish());
    return events;
}

/// Scores that stay a while where they are, windows without one, and gaps.
std::vector<Made> random_stream(std::mt19937& random, std::size_t length) {
    const auto chance = [&random](int of) { return random() % static_cast<unsigned>(of) == 0; };
    std::vector<Made> windows;
    std::uint32_t level = below;
    bool missing = false;
    bool unscored = false;
    for (std::uint64_t number = 2; number < length; ++number) {
        if (chance(12)) {
            level = std::array{
                below,
                std::uint32_t{20'000},
                above,
                std::uint32_t{60'000}
            }[random() % 4];
        }
        missing = chance(15) ? !missing : missing;
        unscored = chance(20) ? !unscored : unscored;
        if (missing && !chance(5)) {
            continue;
        }
        const auto noise = static_cast<std::uint32_t>(random() % 5'000);
        Made made{.number = number, .score = level + noise, .channels = {level, noise}};
        if (unscored) {
            made.score.reset();
        }
        windows.push_back(made);
    }
    return windows;
}

/// Pieces of random length in a random order, some of them twice.
std::vector<Made> reordered(std::mt19937& random, const std::vector<Made>& windows) {
    std::vector<std::vector<Made>> pieces;
    const auto longest = 1 + random() % 40;
    for (std::size_t at = 0; at < windows.size();) {
        const auto count = std::min<std::size_t>(1 + random() % longest, windows.size() - at);
        const auto from = windows.begin() + static_cast<std::ptrdiff_t>(at);
        pieces.emplace_back(from, from + static_cast<std::ptrdiff_t>(count));
        at += count;
    }
    switch (random() % 3) {
        case 0:
            std::ranges::shuffle(pieces, random);
            break;
        case 1:
            std::ranges::reverse(pieces);
            break;
        default: // in order, but for some that come late
            for (std::size_t i = 0; i + 3 < pieces.size(); i += 4) {
                std::swap(pieces[i], pieces[i + random() % 4]);
            }
    }
    std::vector<Made> out;
    for (const auto& piece : pieces) {
        out.insert(out.end(), piece.begin(), piece.end());
        if (random() % 8 == 0) {
            out.insert(out.end(), piece.begin(), piece.end());
        }
    }
    return out;
}

EventParameters random_parameters(std::mt19937& random) {
    return {
        .smoothed_windows = 1 + static_cast<std::uint32_t>(random() % 6),
        .high_q16 = 35'000,
        .minimum_us = static_cast<std::int64_t>(random() % 8) * second,
        .low_q16 = random() % 2 == 0 ? 18'000U : 35'000U,
        .end_after_us = static_cast<std::int64_t>(3 + random() % 9) * second,
        .prolonged_us = 25 * second,
    };
}

} // namespace

TEST_CASE("the newest revisions are the events of the windows in order, whatever order they came in"
) {
    std::size_t events = 0;
    std::size_t revised = 0;
    for (std::uint32_t seed = 1; seed <= 600; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const auto parameters = random_parameters(random);
        const auto windows = random_stream(random, 40 + random() % 300);
        const auto expected = in_order(parameters, windows);
        Told told(parameters, {.runs = 1'000});
        const auto middle = random() % 2 == 0;
        const auto order = reordered(random, windows);
        const auto half =
            order.begin() + static_cast<std::ptrdiff_t>(middle ? order.size() / 2 : 0);
        told.push({order.begin(), half}).finish(400).push({half, order.end()});
        REQUIRE(told.standing() == expected);
        for (const auto& [id, known] : told.newest) {
            REQUIRE(known.state != State::ongoing);
            if (known.state == State::merged) {
                REQUIRE(told.newest.contains(known.merged_into));
            }
        }
        events += expected.size();
        revised += told.all.size() - told.newest.size();
    }
    CHECK(events > 1'000); // the streams have something to find, and late windows change it
    CHECK(revised > 1'000);
}

TEST_CASE("silences between the windows change no final revision, and end what is left at the end"
) {
    std::size_t taken_back = 0;
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const auto parameters = random_parameters(random);
        const auto windows = random_stream(random, 40 + random() % 300);
        Told told(parameters, {.runs = 1'000});
        for (const auto& made : reordered(random, windows)) {
            const auto before = told.all.size();
            if (random() % 4 == 0) {
                told.fall_silent();
                REQUIRE_FALSE(told.timeline.goes_on());
            }
            const auto ended = told.all.size() - before;
            told.push({made});
            taken_back += ended > 0 && told.timeline.goes_on() ? 1 : 0;
        }
        told.fall_silent();
        REQUIRE(told.standing() == in_order(parameters, windows));
        for (const auto& [id, known] : told.newest) {
            REQUIRE(known.state != State::ongoing);
        }
    }
    CHECK(taken_back > 300);
}

TEST_CASE("a timeline goes on from its state as if it had never stopped") {
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const auto parameters = random_parameters(random);
        const auto order = reordered(random, random_stream(random, 200));
        Told whole(parameters);
        Told stopped(parameters);
        whole.push(order).finish(400);
        for (const auto& made : order) {
            stopped.push({made});
            if (random() % 10 == 0) {
                stopped.timeline = EventTimeline(parameters, stopped.timeline.memory());
            }
        }
        stopped.finish(400);
        REQUIRE(stopped.all == whole.all);
    }
}

TEST_CASE("a live event is told three times: raised, prolonged, ended") {
    Told told({.smoothed_windows = 1});
    told.push(with_score(2, 20, below)).push(with_score(22, 310, above));
    REQUIRE(told.all.size() == 2);
    CHECK(told.all[0].event.onset.window == 22);
    CHECK(told.all[0].event.raised_us == 26 * second);
    CHECK_FALSE(told.all[0].event.prolonged);
    CHECK(told.all[1].event.prolonged);
    told.push(with_score(332, 9, below));
    CHECK(told.all.size() == 2);
    told.push(with_score(341, 1, below));
    REQUIRE(told.all.size() == 3);
    CHECK(told.all[2].state == State::ended);
    CHECK(told.all[2].id == told.all[0].id);
    CHECK(told.all[2].event.end.sample == 331 * 256);
}

TEST_CASE("what fills a gap between two events makes one of them, and the other a part of it") {
    Told told({.smoothed_windows = 1});
    told.push(with_score(2, 20, above)).push(with_score(40, 20, above));
    REQUIRE(told.newest.size() == 2);
    told.push(with_score(22, 18, above));
    CHECK(told.newest["e1"].state == State::ongoing);
    CHECK(told.newest["e2"].state == State::merged);
    CHECK(told.newest["e2"].merged_into == "e1");
}

TEST_CASE("an event that late windows take away is withdrawn, and comes back under its id") {
    // Without the windows between, the two high ones follow on each other for long enough.
    Told told({.smoothed_windows = 1, .minimum_us = 3 * second});
    told.push(with_score(10, 2, above)).push(with_score(13, 2, above));
    REQUIRE(told.newest.size() == 1);
    told.push(with_score(12, 1, below));
    CHECK(told.newest["e1"].state == State::withdrawn);
    CHECK(told.standing().empty());
    told.push(with_score(15, 3, above));
    CHECK(told.standing().size() == 1);
}

TEST_CASE("of a quiet stream a timeline keeps some seconds") {
    Told told({});
    told.push(with_score(2, 50'000, below));
    CHECK(told.timeline.memory().runs.size() == 1);
    CHECK(told.timeline.memory().runs.begin()->second.head.size() == 15);
    CHECK(told.timeline.memory().known.empty());
    told.push(with_score(50'002, 50'000, std::nullopt));
    told.push(with_score(200'000, 50'000, std::nullopt));
    CHECK(told.timeline.memory().runs.size() == 2);
    CHECK(told.timeline.memory().runs.rbegin()->second.head.size() < 15);
}

TEST_CASE("filled backwards, window by window, a run's head stays short") {
    Told told({});
    for (std::uint64_t number = 5'000; number > 1; --number) {
        told.push(with_score(number, 1, below));
    }
    REQUIRE(told.timeline.memory().runs.size() == 1);
    CHECK(told.timeline.memory().runs.begin()->second.head.size() == 15);
}

TEST_CASE("beyond the limit of runs the oldest gap is given up") {
    Told told({.smoothed_windows = 1}, {.runs = 8});
    for (std::uint64_t run = 0; run < 9; ++run) {
        told.push(with_score(10 + run * 100, 20, below));
    }
    CHECK(told.timeline.memory().runs.size() == 8);
    told.push(with_score(30, 70, above));
    CHECK(told.newest.empty());
    CHECK(told.timeline.passed_over() == 70);
    told.push(with_score(130, 70, above)); // a gap that is remembered
    CHECK(told.newest.size() == 1);
}

TEST_CASE("a head that never comes to rest ends at its limit") {
    Told told({.smoothed_windows = 1}, {.runs = 8, .head_windows = 50});
    told.push(with_score(2, 500, above));
    CHECK(told.timeline.memory().runs.begin()->second.head.size() == 50);
    CHECK(told.newest.size() == 1);
}

TEST_CASE("an event that lasts beyond a head's limit keeps its end when the gap before it is filled"
) {
    const EventParameters plain{.smoothed_windows = 1};
    for (const bool goes_on : {false, true}) {
        Told told(plain, {.runs = 8, .head_windows = 50});
        told.push(with_score(100, 500, above));
        if (!goes_on) {
            told.push(with_score(600, 20, below));
        }
        told.push(with_score(80, 20, above));
        REQUIRE(told.standing().size() == 1);
        // Raised on its own while the gap was there, it then took the older one in.
        CHECK(told.newest["e2"].state == (goes_on ? State::ongoing : State::ended));
        CHECK(told.newest["e1"].merged_into == "e2");
        CHECK(told.standing().front().onset.window == 80);
        if (!goes_on) {
            CHECK(told.standing().front().end.window == 599);
        }
    }
}

} // namespace vigil::detect
