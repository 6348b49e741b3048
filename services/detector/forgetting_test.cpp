// When the detector forgets samples: by the time of its inputs alone, the same for every owner.
#include "detector/core.hpp"
#include "detector/test_ward.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::detector;

TEST_CASE("takeovers that come between two blocks of a stream forget nothing of it") {
    for (const int takeovers : {1, 10}) {
        Ward ward;
        AmplitudeScorer scorer;
        const BlockShape shape;
        ward.put(shape, 0, 400);
        auto core = std::make_unique<Core>(scorer, CoreOptions{});
        REQUIRE(core->take_over(ward.journal, ward.now).has_value());
        for (int i = 1; i < takeovers; ++i) {
            ward.now += std::chrono::seconds(6);
            core = std::make_unique<Core>(scorer, CoreOptions{});
            REQUIRE(core->take_over(ward.journal, ward.now).has_value());
        }
        ward.now = test_start + std::chrono::seconds(60);
        ward.put(shape, 400, 112);
        REQUIRE_FALSE(ward.run(*core).has_value());
        CHECK(ward.detections().size() == 1);
    }
}

TEST_CASE("an owner that begins to read behind a clock that was ahead forgets what the first would"
) {
    for (const bool another : {false, true}) {
        Ward ward;
        AmplitudeScorer scorer;
        const CoreOptions options{.memory = std::chrono::seconds(20), .checkpoint_entries = 1};
        auto core = std::make_unique<Core>(scorer, options);
        const BlockShape old{.device = "old", .channels = 1, .isolated = true};
        std::uint64_t windows = 0;
        const auto put_old = [&](std::chrono::seconds at) {
            ward.now = test_start + at;
            ward.put(old, 178 * windows++, 178);
        };
        REQUIRE(core->take_over(ward.journal, ward.now).has_value());
        put_old(std::chrono::seconds(50)); // by the receiver whose clock is ahead
        put_old(std::chrono::seconds(50));
        put_old(std::chrono::seconds(50));
        REQUIRE_FALSE(ward.run(*core, 1).has_value());
        const BlockShape shape;
        ward.now = test_start;
        ward.put(shape, 0, 400);
        for (int second = 0; second < 50; second += 4) {
            put_old(std::chrono::seconds(second));
            REQUIRE_FALSE(ward.run(*core, 1).has_value());
        }
        if (another) {
            core = std::make_unique<Core>(scorer, options);
            REQUIRE(core->take_over(ward.journal, ward.now).has_value());
            CHECK(core->position() > 3);
        }
        ward.put(shape, 400, 112);
        REQUIRE_FALSE(ward.run(*core).has_value());
        CHECK(ward.detections().size() == windows + 1);
    }
}

TEST_CASE("a repeat that came after its samples were forgotten gives another owner no window more"
) {
    for (const bool another : {false, true}) {
        Ward ward;
        AmplitudeScorer scorer;
        const CoreOptions options{.memory = std::chrono::seconds(20), .checkpoint_entries = 1};
        auto core = std::make_unique<Core>(scorer, options);
        REQUIRE(core->take_over(ward.journal, ward.now).has_value());
        const BlockShape shape;
        const BlockShape live{.device = "live"};
        ward.put(shape, 0, 400);
        for (std::uint64_t second = 0; second < 40; second += 4) {
            ward.now = test_start + std::chrono::seconds(second);
            ward.put(live, second * 256, 4 * 256);
            REQUIRE_FALSE(ward.run(*core).has_value());
        }
        const auto before = ward.detections().size();
        // What is held of `live` lets another owner begin to read before the repeat.
        ward.put(entry_of(shape, block_of(shape, 0, 400), ward.now, "again"));
        ward.put(live, 40UL * 256, 4 * 256);
        REQUIRE_FALSE(ward.run(*core).has_value());
        if (another) {
            core = std::make_unique<Core>(scorer, options);
            REQUIRE(core->take_over(ward.journal, ward.now).has_value());
        }
        ward.put(shape, 400, 300);
        ward.put(live, 44UL * 256, 256);
        REQUIRE_FALSE(ward.run(*core).has_value());
        CHECK(ward.detections().size() == before + 5); // all of them of `live`
    }
}
