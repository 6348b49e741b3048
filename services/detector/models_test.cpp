// Assigned models: which run, what is recorded of them, and that a new owner says the same.
#include "detector/core.hpp"
#include "detector/test_models.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::detector;

namespace {

const BlockShape shape{.rate_numerator = 128};

std::map<std::string, std::vector<v1::Detection>> by_model(Ward& ward) {
    std::map<std::string, std::vector<v1::Detection>> detections;
    for (const auto& detection : ward.detections()) {
        detections[detection.model()].push_back(detection);
    }
    return detections;
}

void put_seconds(Ward& ward, std::uint64_t from, std::uint64_t until) {
    for (auto second = from; second < until; ++second) {
        ward.put(shape, second * 128, 128);
        ward.now += std::chrono::seconds(1);
    }
}

} // namespace

TEST_CASE("shadows are recorded beside the active model and marked, from their assignment on") {
    ModelWard w;
    put_seconds(w.ward, 0, 10);
    w.assign("window-178", {"second"});
    put_seconds(w.ward, 10, 20);
    w.run();
    auto found = by_model(w.ward);
    REQUIRE(found["window-178"].size() == 19);
    REQUIRE(found["second"].size() == 10);
    CHECK(found["second"].front().window() == 11);
    for (const auto& one : found["second"]) {
        CHECK(one.shadow());
        CHECK(one.standing() == v1::Detection::SHADOW);
        CHECK_FALSE(one.not_evaluated());
    }
    for (const auto& one : found["window-178"]) {
        CHECK_FALSE(one.shadow());
    }
    CHECK(w.core->counts().shadow_windows == 20);
}

TEST_CASE("another active model takes over with the first block after its assignment") {
    ModelWard w;
    put_seconds(w.ward, 0, 10);
    w.assign("second", {"window-178"});
    put_seconds(w.ward, 10, 20);
    w.assign("", {});
    put_seconds(w.ward, 20, 30);
    w.run();
    auto found = by_model(w.ward);
    std::vector<std::uint64_t> active;
    for (const auto& one : found["second"]) {
        active.push_back(one.window());
        CHECK_FALSE(one.shadow());
    }
    CHECK(active == std::vector<std::uint64_t>{11, 12, 13, 14, 15, 16, 17, 18, 19, 20});
    REQUIRE(found["window-178"].size() == 29);
    for (const auto& one : found["window-178"]) {
        CHECK(one.shadow() == (one.window() > 10 && one.window() <= 20));
    }
}

TEST_CASE("an assignment is the patient's own") {
    ModelWard w;
    w.assign("second", {});
    const BlockShape other{.patient = "p2", .device = "d2", .rate_numerator = 128};
    w.ward.put(other, 0, 512);
    w.ward.put(shape, 0, 512);
    w.run();
    const auto found = w.ward.detections();
    REQUIRE(found.size() == 6);
    for (const auto& one : found) {
        CHECK(one.model() == (one.patient() == "p1" ? "second" : "window-178"));
    }
}

TEST_CASE("what was put out stays, and what was not is scored by the models of its own time") {
    ModelWard expected;
    ModelWard restarted;
    for (auto* w : {&expected, &restarted}) {
        w->options.checkpoint_entries = 1;
        w->change_owner();
        put_seconds(w->ward, 0, 10);
        w->assign("second", {"line-length"});
        put_seconds(w->ward, 10, 15);
        w->assign("window-178", {"second"});
        put_seconds(w->ward, 15, 20);
    }
    expected.run(1);
    // Owners that die after every third entry: before their append, and after it.
    for (int round = 0; round < 60; ++round) {
        const auto inputs =
            restarted.ward.journal.read(restarted.core->position(), {.entries = 3}).value();
        auto batch = restarted.core->step(inputs, restarted.ward.now);
        if (round % 2 == 0 && !batch.entries.empty()) {
            restarted.ward.journal.append(std::move(batch), [](const auto& done) {
                REQUIRE(done.has_value());
            });
        }
        restarted.change_owner();
    }
    restarted.run(1);
    const auto texts = [](Ward& ward) {
        std::multiset<std::string> all;
        for (auto detection : ward.detections()) {
            detection.clear_delay_us();
            all.insert(detection.SerializeAsString());
        }
        return all;
    };
    CHECK(texts(expected.ward).size() > 25);
    CHECK((texts(restarted.ward) == texts(expected.ward)));
}

TEST_CASE("a model that the detector does not have says so once a second and scores nothing") {
    ModelWard w;
    w.assign("no-such-model", {"window-178"});
    put_seconds(w.ward, 0, 5);
    w.run();
    auto found = by_model(w.ward);
    REQUIRE(found["no-such-model"].size() == 4);
    for (const auto& one : found["no-such-model"]) {
        CHECK(one.not_evaluated());
        CHECK(one.state() == v1::Detection::MODEL_MISSING);
        CHECK(one.standing() == v1::Detection::SHADOW);
        CHECK(one.channel_q16_size() == 2);
    }
    CHECK(found["window-178"].size() == 4);
}

TEST_CASE("a shadow that fails takes no other model with it") {
    ModelWard w;
    w.second.fails = true;
    w.assign("window-178", {"second"});
    put_seconds(w.ward, 0, 5);
    w.run();
    auto found = by_model(w.ward);
    REQUIRE(found["window-178"].size() == 4);
    CHECK_FALSE(found["window-178"].front().not_evaluated());
    REQUIRE(found["second"].size() == 4);
    CHECK(found["second"].front().not_evaluated());
    CHECK(w.core->counts().model_failures > 0);
}

TEST_CASE("events are told of both, each marked, and another active model ends what goes on") {
    ModelWard w;
    w.options.memory = std::chrono::hours{1};
    w.change_owner();
    w.assign("window-178", {"second"});
    const auto put_loud = [&w](std::uint64_t from, std::uint64_t until) {
        for (auto second = from; second < until; ++second) {
            auto block = block_of(shape, second * 128, 128);
            std::vector<std::int32_t> loud(2UL * 128);
            for (std::size_t i = 0; i < loud.size(); ++i) {
                loud[i] = i % 16 < 8 ? 3000 : -3000;
            }
            signal::set_block_samples(block, loud, v1::INT16_LE).value();
            w.ward.put(entry_of(shape, block, w.ward.now));
        }
        w.run();
    };
    put_loud(0, 20);
    const auto told = [&w] {
        std::vector<v1::Event> events;
        for (const auto& step : w.ward.steps()) {
            events.insert(events.end(), step.events().begin(), step.events().end());
        }
        return events;
    };
    auto events = told();
    REQUIRE(events.size() == 2);
    for (const auto& event : events) {
        CHECK(event.state() == v1::Event::ONGOING);
        CHECK(event.shadow() == (event.model() == "second"));
        CHECK(event.standing() == v1::Detection::SHADOW);
    }
    w.change_owner();
    w.assign("second", {});
    put_loud(20, 49);
    events = told();
    REQUIRE(events.size() == 4);
    CHECK(events[2].model() == "window-178");
    CHECK(events[2].state() == v1::Event::ENDED);
    CHECK(events[2].id() != events[3].id());
    CHECK(events[3].model() == "second");
    CHECK_FALSE(events[3].shadow());
    put_loud(49, 52); // the shadow's event is not left going on
    events = told();
    REQUIRE(events.size() == 5);
    CHECK(events[4].shadow());
    CHECK(events[4].state() == v1::Event::ENDED);
}
