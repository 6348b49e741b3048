#include "detect/event_machine.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace vigil::detect {

using Kind = EventChange::Kind;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::uint32_t above = 40'000;
constexpr std::uint32_t between = 20'000;
constexpr std::uint32_t below = 10'000;

/// No smoothing, so that a window's score is what decides.
EventParameters plain() {
    return {.smoothed_windows = 1};
}

/// One window of a second after another.
class Stream {
public:
    explicit Stream(EventParameters parameters) : machine_(parameters) {}

    Stream& run(int seconds, std::optional<std::uint32_t> score) {
        for (int i = 0; i < seconds; ++i) {
            take(machine_.push({.start_us = now_, .end_us = now_ + second, .score_q16 = score}));
            now_ += second;
        }
        return *this;
    }

    Stream& hole(int seconds) {
        now_ += seconds * second;
        return *this;
    }

    Stream& finish() {
        take(machine_.finish());
        return *this;
    }

    std::vector<EventChange> changes;

    [[nodiscard]] std::vector<Kind> kinds() const {
        std::vector<Kind> found;
        for (const auto& change : changes) {
            found.push_back(change.kind);
        }
        return found;
    }

private:
    void take(std::vector<EventChange> more) {
        changes.insert(changes.end(), more.begin(), more.end());
    }

    EventMachine machine_;
    std::int64_t now_ = 0;
};

using Kinds = std::vector<Kind>;

} // namespace

TEST_CASE("an event begins after five seconds above the high threshold, and not after four") {
    CHECK(Stream(plain()).run(60, below).run(4, above).run(60, below).changes.empty());
    const auto stream = Stream(plain()).run(60, below).run(5, above);
    REQUIRE(stream.kinds() == Kinds{Kind::raised});
    const auto& event = stream.changes[0].event;
    CHECK(event.start_us == 60 * second);
    CHECK(event.raised_us == 65 * second);
    CHECK(event.end_us == 65 * second);
    CHECK(event.peak_q16 == above);
    // exactly at the threshold is above it
    CHECK(Stream(plain()).run(5, plain().high_q16).kinds() == Kinds{Kind::raised});
    CHECK(Stream(plain()).run(5, plain().high_q16 - 1).changes.empty());
}

TEST_CASE("a rise that is interrupted begins anew") {
    CHECK(Stream(plain()).run(4, above).run(1, between).run(4, above).changes.empty());
}

TEST_CASE("an event ends ten seconds after the score fell below the low threshold") {
    auto stream = Stream(plain()).run(8, above).run(30, between).run(9, below);
    CHECK(stream.kinds() == Kinds{Kind::raised});
    stream.run(1, below);
    REQUIRE(stream.kinds() == Kinds{Kind::raised, Kind::ended});
    CHECK(stream.changes[1].event.end_us == 38 * second);
    CHECK_FALSE(stream.changes[1].event.prolonged);
    // nine quiet seconds do not end it, however often they come
    auto going = Stream(plain()).run(8, above);
    for (int i = 0; i < 5; ++i) {
        going.run(9, below).run(1, plain().low_q16);
    }
    CHECK(going.kinds() == Kinds{Kind::raised});
    CHECK(going.run(10, plain().low_q16 - 1).kinds() == Kinds{Kind::raised, Kind::ended});
}

TEST_CASE("at five minutes an event is prolonged, once, and neither ended nor split") {
    auto stream = Stream(plain()).run(299, above);
    CHECK(stream.kinds() == Kinds{Kind::raised});
    stream.run(1, above);
    REQUIRE(stream.kinds() == Kinds{Kind::raised, Kind::prolonged});
    CHECK(stream.changes[1].event.end_us == 300 * second);
    stream.run(900, above).run(10, below);
    REQUIRE(stream.kinds() == Kinds{Kind::raised, Kind::prolonged, Kind::ended});
    CHECK(stream.changes[2].event.start_us == 0);
    CHECK(stream.changes[2].event.end_us == 1200 * second);
    CHECK(stream.changes[2].event.prolonged);
}

TEST_CASE("two rises with eleven quiet seconds between them are two events") {
    const auto stream = Stream(plain()).run(6, above).run(11, below).run(6, above).finish();
    REQUIRE(stream.kinds() == Kinds{Kind::raised, Kind::ended, Kind::raised, Kind::ended});
    CHECK(stream.changes[3].event.start_us == 17 * second);
    CHECK(stream.changes[3].event.end_us == 23 * second);
}

TEST_CASE("what cannot be evaluated is neither high nor low") {
    // four high seconds, three without a score, one high: five
    const auto stream = Stream(plain()).run(4, above).run(3, {}).run(1, above);
    REQUIRE(stream.kinds() == Kinds{Kind::raised});
    CHECK(stream.changes[0].event.start_us == 0);
    CHECK(stream.changes[0].event.raised_us == 8 * second);
    CHECK(Stream(plain()).run(4, above).run(9, {}).changes.empty());
    CHECK(Stream(plain()).run(600, {}).finish().changes.empty());
}

TEST_CASE("an event whose signal stays away for ten seconds ends at what was last seen") {
    const auto unscored = Stream(plain()).run(6, above).run(10, {});
    REQUIRE(unscored.kinds() == Kinds{Kind::raised, Kind::ended});
    CHECK(unscored.changes[1].event.end_us == 6 * second);
    const auto gone = Stream(plain()).run(6, above).hole(10).run(6, above);
    REQUIRE(gone.kinds() == Kinds{Kind::raised, Kind::ended, Kind::raised});
    CHECK(gone.changes[2].event.start_us == 16 * second);
    CHECK(Stream(plain()).run(6, above).hole(9).run(6, above).kinds() == Kinds{Kind::raised});
    // and a rise does not reach across
    CHECK(Stream(plain()).run(4, above).hole(10).run(4, above).changes.empty());
}

TEST_CASE("the mean of the last five scores decides") {
    const EventParameters parameters;
    // one high window among low ones never reaches the threshold
    auto stream = Stream(parameters).run(60, 0);
    for (int i = 0; i < 20; ++i) {
        stream.run(1, 65'536).run(4, 0);
    }
    CHECK(stream.changes.empty());
    // 2/5 is below one half, 3/5 above it: the third high window begins the event
    stream = Stream(parameters).run(60, 0).run(20, 65'536);
    REQUIRE(stream.kinds() == Kinds{Kind::raised});
    CHECK(stream.changes[0].event.start_us == 62 * second);
    CHECK(stream.changes[0].event.raised_us == 67 * second);
}

TEST_CASE("each channel keeps its highest score, and one without any has none") {
    EventMachine machine(plain());
    std::vector<EventChange> changes;
    for (std::int64_t i = 0; i < 6; ++i) {
        const std::vector<std::uint32_t> channels{
            30'000 + static_cast<std::uint32_t>(i),
            no_score_q16,
            i == 3 ? 65'536U : no_score_q16
        };
        const auto more = machine.push({
            .start_us = i * second,
            .end_us = (i + 1) * second,
            .score_q16 = above,
            .channel_q16 = channels,
        });
        changes.insert(changes.end(), more.begin(), more.end());
    }
    const auto ended = machine.finish();
    REQUIRE(ended.size() == 1);
    CHECK(
        ended[0].event.channel_peak_q16 == std::vector<std::uint32_t>{30'005, no_score_q16, 65'536}
    );
}

TEST_CASE("a window that does not come after the last one is passed over") {
    EventMachine machine(plain());
    const auto high = [&](std::int64_t end) {
        return machine.push({.start_us = end - second, .end_us = end, .score_q16 = above});
    };
    for (int i = 0; i < 10; ++i) {
        CHECK(high(second).empty());
    }
    for (std::int64_t i = 2; i < 5; ++i) {
        CHECK(high(i * second).empty());
        CHECK(high((i - 1) * second).empty());
    }
    CHECK(high(5 * second).size() == 1);
}

TEST_CASE("parameters that contradict themselves are refused") {
    CHECK(check({}).has_value());
    const auto field = [](EventParameters parameters) {
        const auto checked = check(parameters);
        return checked ? std::string("fine") : checked.error().field;
    };
    CHECK(field({.smoothed_windows = 0}) == "smooth");
    CHECK(field({.smoothed_windows = 3'600}) == "fine");
    CHECK(field({.smoothed_windows = 3'601}) == "smooth");
    CHECK(field({.high_q16 = 65'536}) == "fine");
    CHECK(field({.high_q16 = 65'537}) == "high");
    CHECK(field({.high_q16 = 100, .low_q16 = 101}) == "low");
    CHECK(field({.minimum_us = -1}) == "minimum");
    CHECK(field({.end_after_us = -1}) == "end-after");
    CHECK(field({.prolonged_us = -1}) == "prolonged-after");
}

} // namespace vigil::detect
