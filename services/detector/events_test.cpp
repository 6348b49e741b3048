#include "detector/test_ward.hpp"

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <random>
#include <set>

using namespace vigil;
using namespace vigil::detector;

namespace {

using Blocks = std::vector<std::pair<std::uint64_t, std::size_t>>;

constexpr std::uint64_t rate_hz = 60; // a sample is no whole number of microseconds
constexpr std::uint64_t seconds = 600;

/// A stream of ten minutes that is loud from 100 to 160 s and from 300 s to 420 s.
v1::EegBlock recorded(const BlockShape& shape, std::uint64_t first, std::size_t samples) {
    auto block = block_of(shape, first, samples);
    std::vector<std::int32_t> values;
    for (std::size_t channel = 0; channel < shape.channels; ++channel) {
        for (auto index = first; index < first + samples; ++index) {
            const auto second = index / rate_hz;
            const bool is_loud = (second >= 100 && second < 160) || (second >= 300 && second < 420);
            values.push_back(sample_at(index, channel) * (is_loud ? 6 : 1));
        }
    }
    signal::set_block_samples(block, values, v1::INT16_LE).value();
    return block;
}

const BlockShape shape{.rate_numerator = rate_hz};

Blocks cut(std::size_t size) {
    Blocks blocks;
    for (std::uint64_t first = 0; first < seconds * rate_hz; first += size) {
        blocks.emplace_back(first, std::min<std::size_t>(size, seconds * rate_hz - first));
    }
    return blocks;
}

class Recorded {
public:
    explicit Recorded(CoreOptions options = {.memory = std::chrono::hours{1}}) : options_(options) {
        change_owner();
    }

    void put(const Blocks& blocks) {
        for (const auto& [first, samples] : blocks) {
            ward.put(entry_of(shape, recorded(shape, first, samples), ward.now));
        }
        run();
    }

    void end(std::uint64_t end_sample) {
        v1::StreamEnd end;
        end.set_device(shape.device);
        end.set_stream(shape.stream);
        end.set_end_sample(end_sample);
        v1::Entry entry;
        entry.set_id("the end of it   ");
        entry.set_type(v1::STREAM_END);
        entry.set_patient(shape.patient);
        entry.set_partition(shape.partition);
        entry.set_payload(end.SerializeAsString());
        ward.put(entry);
        run();
    }

    void change_owner() {
        ++options_.epoch;
        core_ = std::make_unique<Core>(scorer_, options_);
        REQUIRE(core_->take_over(ward.journal, ward.now).has_value());
        run();
    }

    void run() { REQUIRE_FALSE(ward.run(*core_, 100).has_value()); }

    [[nodiscard]] journal::Batch clock() { return core_->clock(ward.now); }

    /// So many seconds pass in which the owner tells the time; how many CLOCK entries it wrote.
    std::size_t pass(int length_s) {
        std::size_t clocks = 0;
        for (int i = 0; i < length_s; ++i) {
            clocks += ward.pass_second(*core_);
        }
        return clocks;
    }

    [[nodiscard]] std::vector<v1::Event> told() {
        std::vector<v1::Event> events;
        for (const auto& step : ward.steps()) {
            events.insert(events.end(), step.events().begin(), step.events().end());
        }
        return events;
    }

    /// What the newest revisions say of events that stand, byte for byte.
    [[nodiscard]] std::set<std::string> standing() {
        std::map<std::string, v1::Event> newest;
        for (const auto& event : told()) {
            newest[event.id()] = event;
        }
        std::set<std::string> spans;
        for (const auto& [id, event] : newest) {
            if (event.state() == v1::Event::ENDED) {
                spans.insert(event.span().SerializeAsString());
            }
        }
        return spans;
    }

    Ward ward;

private:
    AmplitudeScorer scorer_;
    CoreOptions options_;
    std::unique_ptr<Core> core_;
};

} // namespace

TEST_CASE("final events are the same bit for bit, with blocks of one sample or of ten minutes") {
    Recorded whole;
    whole.put(cut(seconds * rate_hz));
    const auto expected = whole.standing();
    REQUIRE(expected.size() == 2);
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{600}}) {
        Recorded pieces;
        pieces.put(cut(size));
        CHECK(pieces.standing() == expected);
    }
}

TEST_CASE("final events are the same in any order, after restarts and with other owners") {
    Recorded whole;
    whole.put(cut(seconds * rate_hz));
    const auto expected = whole.standing();
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        std::mt19937 random(seed);
        CoreOptions options;
        options.checkpoint_entries = 1 + random() % 40;
        options.runs_per_stream = 100;
        options.memory = std::chrono::hours{1};
        Recorded late(options);
        auto blocks = cut(400 + random() % 2'000);
        std::ranges::shuffle(blocks, random);
        for (const auto& block : blocks) {
            late.put({block});
            if (random() % 5 == 0) {
                late.change_owner();
            }
        }
        INFO("seed " << seed);
        CHECK(late.standing() == expected);
    }
}

TEST_CASE("an event is told of when it is raised, when it is prolonged and when it has ended") {
    CoreOptions options;
    options.events.prolonged_us = 30'000'000;
    Recorded live(options);
    auto blocks = cut(rate_hz);
    blocks.resize(200);
    for (const auto& block : blocks) {
        live.put({block});
    }
    const auto told = live.told();
    REQUIRE(told.size() == 3);
    CHECK(told[0].state() == v1::Event::ONGOING);
    CHECK(told[0].revision() == 1);
    CHECK(told[0].patient() == "p1");
    CHECK(told[0].model() == "window-178");
    CHECK_FALSE(told[0].span().prolonged());
    CHECK(told[0].span().channel_peak_q16_size() == 2);
    const auto onset_s = (told[0].span().onset_us() - to_us(test_start)) / 1'000'000;
    CHECK(onset_s >= 98);
    CHECK(onset_s <= 103);
    CHECK(told[1].span().prolonged());
    CHECK(told[1].state() == v1::Event::ONGOING);
    CHECK(told[2].state() == v1::Event::ENDED);
    CHECK(told[2].revision() == 3);
    CHECK(told[2].id() == told[0].id());
    CHECK(told[0].id().size() == 16);
    CHECK_FALSE(told[0].cause().empty());
}

TEST_CASE("the end of a stream ends its event, whether it comes before the last blocks or after") {
    Recorded ends_last;
    auto blocks = cut(rate_hz);
    blocks.resize(140);
    ends_last.put(blocks);
    CHECK(ends_last.standing().empty());
    ends_last.end(140 * rate_hz);
    REQUIRE(ends_last.standing().size() == 1);

    Recorded ends_first;
    ends_first.put({blocks.begin(), blocks.begin() + 130});
    ends_first.end(140 * rate_hz);
    ends_first.put({blocks.begin() + 130, blocks.end()});
    CHECK(ends_first.standing() == ends_last.standing());
}

TEST_CASE("an event whose sender falls silent is over after the memory, until more comes") {
    for (const bool with_another_owner : {false, true}) {
        Recorded silent(CoreOptions{.checkpoint_entries = 50});
        auto blocks = cut(rate_hz);
        blocks.resize(130);
        for (const auto& block : blocks) {
            silent.put({block});
            CHECK(silent.pass(1) <= 1);
        }
        REQUIRE(silent.told().size() == 1);
        CHECK(silent.pass(28) == 28);
        REQUIRE(silent.told().size() == 1);
        if (with_another_owner) {
            silent.change_owner();
        }
        silent.pass(2);
        REQUIRE(silent.told().size() == 2);
        const auto over = silent.told().back();
        CHECK(over.state() == v1::Event::ENDED);
        CHECK(over.span().end_sample() == 130 * rate_hz);
        CHECK(over.patient() == shape.patient);
        CHECK(over.device() == shape.device);
        CHECK(over.stream() == shape.stream);
        CHECK(over.cause().size() == 16);
        CHECK(silent.pass(5) == 0); // nothing depends on time any more

        silent.put({{130 * rate_hz, rate_hz}});
        CHECK(silent.told().size() == 2); // its window lacks what was forgotten
        silent.put({{131 * rate_hz, rate_hz}});
        REQUIRE(silent.told().size() == 3);
        CHECK(silent.told().back().state() == v1::Event::ONGOING);
        CHECK(silent.told().back().id() == over.id());
        CHECK(silent.told().back().revision() == 3);
    }
}

TEST_CASE("a clock of an owner that was overtaken is refused") {
    Recorded live;
    auto blocks = cut(rate_hz);
    blocks.resize(120);
    live.put(blocks);
    REQUIRE(live.told().size() == 1);
    AmplitudeScorer scorer;
    Core other(scorer, {.owner = "other", .epoch = 9});
    REQUIRE(other.take_over(live.ward.journal, live.ward.now).has_value());
    live.ward.journal.append(live.clock(), [](Result<journal::Appended> result) {
        REQUIRE_FALSE(result);
        CHECK(result.error().code == ErrorCode::conflict);
    });
}

TEST_CASE("old-contract windows make no event") {
    Ward ward;
    AmplitudeScorer scorer;
    Core core(scorer, {});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    const BlockShape old{.rate_numerator = 17361, .rate_denominator = 100, .isolated = true};
    for (std::uint64_t window = 0; window < 60; ++window) {
        auto block = block_of(old, window * 178, 178);
        std::vector<std::int32_t> loud(178 * old.channels);
        for (std::size_t i = 0; i < loud.size(); ++i) {
            loud[i] = i % 2 == 0 ? 900 : -900;
        }
        signal::set_block_samples(block, loud, v1::INT16_LE).value();
        ward.put(entry_of(old, block, ward.now));
    }
    REQUIRE_FALSE(ward.run(core).has_value());
    CHECK(ward.detections().size() == 60);
    CHECK(ward.detections().front().score_q16() > 50'000);
    for (const auto& step : ward.steps()) {
        CHECK(step.events_size() == 0);
    }
}

TEST_CASE("a stream that goes on with another layout ends its event and begins anew") {
    Recorded changed;
    auto blocks = cut(rate_hz);
    blocks.resize(140);
    changed.put(blocks);
    REQUIRE(changed.told().size() == 1);
    auto other = shape;
    SECTION("other channels") {
        other.channels = 1;
    }
    SECTION("another rate") {
        other.rate_numerator = 2 * rate_hz;
    }
    changed.ward.put(entry_of(other, recorded(other, 140 * rate_hz, rate_hz), changed.ward.now));
    changed.run();
    CHECK(changed.standing().size() == 1);
}
