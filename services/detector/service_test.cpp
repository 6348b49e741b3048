#include "detector/service.hpp"

#include "detector/return_wait.hpp"
#include "detector/test_models.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <thread>

using namespace vigil;
using namespace vigil::detector;

namespace {

class SilentLog final : public Log {
public:
    SilentLog() : Log("test", "0") {}

protected:
    void line(const std::string&) override {}
};

/// Waits until it holds, at most five seconds.
template <class Condition>
bool eventually(Condition condition) {
    for (int round = 0; round < 1000; ++round) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

struct FailingScorer final : detect::Scorer {
    AmplitudeScorer inner;

    [[nodiscard]] const detect::ModelCard& card() const override { return inner.card(); }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float>) override {
        return fail(ErrorCode::internal, "The model failed.", {}, "out of memory");
    }
};

struct Running {
    Ward ward;
    ManualClock clock{test_start};
    SilentLog log;
    Metrics metrics;
    AmplitudeScorer scorer;
    ServiceOptions options{.core = {}, .step = {}, .retry_wait = std::chrono::milliseconds(5)};
};

} // namespace

TEST_CASE("the service follows the journal, and a second one goes on where it stopped") {
    Running r;
    {
        Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
        for (std::uint64_t second = 0; second < 4; ++second) {
            r.ward.put({}, second * 256, 256);
        }
        CHECK(eventually([&] { return r.ward.detections().size() == 3; }));
        CHECK(eventually([&] { return service.owns() && !service.behind(); }));
    }
    r.ward.put({}, 4 * 256, 256);
    Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    CHECK(eventually([&] {
        return service.reached() >= r.ward.journal.newest() && r.ward.detections().size() == 4;
    }));
    CHECK(scores_of(r.ward.detections()).size() == 4);
    CHECK(r.metrics.text().find("vigil_detector_owner 1") != std::string::npos);
}

TEST_CASE("a detector that is behind asks no shadow, and the active model as ever") {
    Running r;
    SecondScorer second;
    r.options.core.models.scorers = {&second};
    r.ward.put(assigned_models("window-178", {"second"}, r.ward.now, 1));
    for (std::uint64_t second_of_stream = 0; second_of_stream < 4; ++second_of_stream) {
        r.ward.put({}, second_of_stream * 256, 256);
    }
    const auto scored_by = [&r](const std::string& model) {
        return std::ranges::count(r.ward.detections(), model, &v1::Detection::model);
    };
    r.clock.advance(std::chrono::seconds(60));
    Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    REQUIRE(eventually([&] { return scored_by("window-178") == 3; }));
    CHECK(scored_by("second") == 0);
    CHECK(eventually([&] {
        return r.metrics.text().find("vigil_detector_shadows_shed_total 6") != std::string::npos;
    }));
    r.ward.now = r.clock.utc();
    r.ward.put({}, 4 * 256, 256);
    CHECK(eventually([&] { return scored_by("window-178") == 4 && scored_by("second") == 1; }));
}

TEST_CASE("a refused fence ends the ownership and says so") {
    Running r;
    Service old_owner(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    REQUIRE(eventually([&] { return old_owner.owns(); }));
    r.ward.journal.hold(); // the old owner's write is on its way when the new one takes over
    AmplitudeScorer scorer;
    Core new_owner(scorer, {.owner = "new", .epoch = 2});
    std::thread taking([&] { REQUIRE(new_owner.take_over(r.ward.journal, test_start).has_value()); }
    );
    REQUIRE(eventually([&] { return r.ward.journal.waiting() == 1; }));
    r.ward.journal.release();
    taking.join();
    r.ward.put({}, 0, 1024);
    CHECK(eventually([&] { return !old_owner.owns(); }));
    CHECK(old_owner.behind());
    CHECK(eventually([&] {
        return r.metrics.text().find("vigil_detector_fences_lost_total 1") != std::string::npos;
    }));
    CHECK(r.ward.detections().empty());
}

TEST_CASE("whoever may not take over writes nothing, and has ended") {
    Running r;
    r.options.returns = false;
    r.options.may_take_over = [] { return false; };
    const Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    REQUIRE(eventually([&] { return service.ended(); }));
    CHECK_FALSE(service.owns());
    CHECK(r.ward.journal.newest() == 0);
}

TEST_CASE("a journal that is away for a while is asked again, and nothing is lost or doubled") {
    Running r;
    Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    REQUIRE(eventually([&] { return service.owns(); }));
    r.ward.put({}, 0, 600);
    REQUIRE(eventually([&] { return r.ward.detections().size() == 1; }));
    // The next append after the input is the detector's own.
    const auto put_then = [&](std::uint64_t first, const std::function<void()>& fault) {
        r.ward.journal.hold();
        r.ward.journal.append(
            {.entries = {entry_of({}, block_of({}, first, 600), test_start)}, .fences = {}},
            [](const auto&) {}
        );
        fault();
        r.ward.journal.release();
    };
    put_then(600, [&] {
        r.ward.journal.refuse_next(
            fail(ErrorCode::unavailable, "disk full", {}, {}, Retry::safe).error(),
            3
        );
    });
    CHECK(eventually([&] { return scores_of(r.ward.detections()).size() == 3; }));
    put_then(1200, [&] { r.ward.journal.doubt_next(1); });
    CHECK(eventually([&] { return service.reached() >= r.ward.journal.newest(); }));
    CHECK(scores_of(r.ward.detections()).size() == 6);
    CHECK(service.owns());
    r.ward.put({}, 1800, 600);
    CHECK(eventually([&] { return scores_of(r.ward.detections()).size() == 8; }));
    put_then(2400, [&] {
        r.ward.journal.refuse_next(fail(ErrorCode::too_large, "too large").error(), 1);
    });
    CHECK(eventually([&] { return !service.owns() && service.behind(); }));
}

TEST_CASE("a model that fails ends the ownership, not the process") {
    Running r;
    FailingScorer scorer;
    Service service(r.ward.journal, scorer, r.clock, r.log, r.metrics, r.options);
    r.ward.put({}, 0, 1024);
    // Its own takeover may have been read before, the block is not.
    CHECK(eventually([&] {
        return service.behind() && !service.owns() && service.reached() < r.ward.journal.newest();
    }));
    CHECK(r.ward.steps().empty());
}

TEST_CASE("an owner that was overtaken takes over again after a pause, each window scored once") {
    Running r;
    r.options.shortest_return = std::chrono::milliseconds(20);
    Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    REQUIRE(eventually([&] { return service.owns(); }));
    r.ward.put({}, 0, 600);
    REQUIRE(eventually([&] { return r.ward.detections().size() == 1; }));
    Core other(r.scorer, {.owner = "other", .epoch = 2});
    REQUIRE(other.take_over(r.ward.journal, test_start).has_value());
    r.ward.put({}, 600, 600);
    CHECK(eventually([&] { return scores_of(r.ward.detections()).size() == 3; }));
    CHECK(eventually([&] { return service.owns() && !service.behind(); }));
    CHECK(r.metrics.text().find("vigil_detector_fences_lost_total 1") != std::string::npos);
}

TEST_CASE("a model that fails now and then is asked again, and nothing is lost or doubled") {
    struct Faulty final : detect::Scorer {
        AmplitudeScorer inner;
        int failures = 3;

        [[nodiscard]] const detect::ModelCard& card() const override { return inner.card(); }

        [[nodiscard]] Result<std::vector<float>> score(std::span<const float> windows) override {
            if (failures > 0) {
                --failures;
                return fail(ErrorCode::internal, "The model failed.", {}, "out of memory");
            }
            return inner.score(windows);
        }
    };

    Running r;
    Faulty scorer;
    r.options.shortest_return = std::chrono::milliseconds(5);
    r.ward.put({}, 0, 1024);
    Service service(r.ward.journal, scorer, r.clock, r.log, r.metrics, r.options);
    CHECK(eventually([&] { return scores_of(r.ward.detections()).size() == 3; }));
    CHECK(eventually([&] { return service.owns() && !service.behind(); }));
}

TEST_CASE("the wait for a takeover doubles up to a limit, and is short after a long ownership") {
    using std::chrono::milliseconds;
    ReturnWait wait(milliseconds(10), milliseconds(35));
    CHECK(wait.next(milliseconds(0)) == milliseconds(10));
    CHECK(wait.next(milliseconds(35)) == milliseconds(20));
    CHECK(wait.next(milliseconds(0)) == milliseconds(35));
    CHECK(wait.next(milliseconds(0)) == milliseconds(35));
    CHECK(wait.next(milliseconds(36)) == milliseconds(10));
}

TEST_CASE("while an event goes on the service tells the time, and ends it when its sender is silent"
) {
    Running r;
    r.options.core.events = {.smoothed_windows = 1, .high_q16 = 1'000, .low_q16 = 500};
    Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    REQUIRE(eventually([&] { return service.owns(); }));
    r.clock.advance(std::chrono::seconds{5});
    CHECK(r.ward.entries(v1::CLOCK) == 0);
    r.ward.put({}, 0, 20 * 256);
    const auto events = [&] {
        std::vector<v1::Event> all;
        for (const auto& step : r.ward.steps()) {
            all.insert(all.end(), step.events().begin(), step.events().end());
        }
        return all;
    };
    REQUIRE(eventually([&] { return events().size() == 1; }));
    for (std::size_t clocks = 0; clocks < 40 && events().size() == 1; ++clocks) {
        r.clock.advance(std::chrono::seconds{1});
        REQUIRE(eventually([&] { return r.ward.entries(v1::CLOCK) > clocks || events().size() > 1; }
        ));
    }
    REQUIRE(eventually([&] { return events().size() == 2; }));
    CHECK(events().back().state() == v1::Event::ENDED);
    CHECK(r.ward.entries(v1::CLOCK) >= 25); // the memory of 30 s, in steps of one
}

TEST_CASE("an entry that waited long says that the detector is behind") {
    Running r;
    r.clock.advance(std::chrono::seconds(10));
    r.ward.journal.hold();
    Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    REQUIRE(eventually([&] { return r.ward.journal.waiting() == 1; }));
    CHECK(service.behind()); // no takeover yet
    r.ward.journal.release();
    CHECK(eventually([&] { return !service.behind(); }));
    r.ward.journal.hold();
    r.ward.journal.append(
        {.entries = {entry_of({}, block_of({}, 0, 1024), test_start)}, .fences = {}},
        [](const auto&) {}
    );
    r.ward.journal.release(1);
    CHECK(eventually([&] { return service.behind(); })); // received 10 s ago by the clock
    r.ward.journal.release();
    CHECK(eventually([&] { return !service.behind(); }));
}

TEST_CASE("the service tells the time also where nothing depends on it: pages hear that it lives") {
    Running r;
    const Service service(r.ward.journal, r.scorer, r.clock, r.log, r.metrics, r.options);
    const auto told = [&] {
        const auto entries = r.ward.journal.read(0, {.entries = 1000, .bytes = 8 << 20}).value();
        return std::ranges::count_if(entries, [](const auto& stored) {
            return stored->entry.type() == v1::CLOCK && stored->entry.partition() == 0;
        });
    };
    REQUIRE(eventually([&] { return service.owns(); }));
    CHECK(told() == 0);
    for (int second = 1; second <= 3; ++second) {
        r.clock.advance(std::chrono::seconds(1));
        CHECK(eventually([&] { return told() == second; }));
    }
}
