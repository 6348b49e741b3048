// Whole runs against a server that has something against single items, or against all for a while.
#include "play/test_play.hpp"

#include <catch2/catch_test_macros.hpp>

#include <thread>

using namespace vigil;
using namespace vigil::play;
using namespace std::chrono_literals;

TEST_CASE("a wrong block is refused for good and takes no other with it") {
    TestIntake intake;
    intake.wrong_block = 640; // of both patients with 256 Hz
    const auto summary = play_it(fast(intake.url())).value();
    CHECK(summary.refused == 2);
    CHECK(summary.accepted == summary.made - 2);
    CHECK(summary.exit_status() == 1);
    CHECK(summary.trouble.starts_with("400"));
}

TEST_CASE(
    "a block on which the server fails for ever is set aside, named and kept, and holds up nothing"
) {
    for (const bool with_spool : {true, false}) {
        CAPTURE(with_spool);
        const Folder folder;
        TestIntake intake;
        intake.failing_block = 640; // of both patients with 256 Hz
        auto options = fast(intake.url());
        options.spool_folder = with_spool ? folder.path.string() : "";
        const auto summary = play_it(options).value();
        CHECK(summary.set_aside == (with_spool ? 2 : 0));
        CHECK(summary.lost == (with_spool ? 0 : 2));
        CHECK(summary.waiting == 0);
        CHECK(summary.accepted == summary.made - 2);
        CHECK(summary.exit_status() == 1);
        CHECK(static_cast<unsigned>(intake.failed_alone) == 2 * options.item_tries);
        CHECK(intake.ends().size() == 3);
        REQUIRE(summary.aside.size() == 2);
        for (const auto& name : summary.aside) {
            CHECK(name.contains("from sample 640, "));
            CHECK(
                name.contains(with_spool ? "kept after 8 tries: 500 " : "LOST after 8 tries: 500 ")
            );
        }
        if (with_spool) {
            intake.failing_block = -1;
            options.duration_s = 1;
            const auto second = play_it(options).value();
            CHECK(second.exit_status() == 0);
            CHECK(second.accepted == second.made + 2);
            CHECK(intake.complete(6));
        }
    }
}

TEST_CASE("a server that fails on everything for a while sets nothing aside") {
    TestIntake intake;
    intake.failing_block = -2;
    std::jthread fault([&intake] {
        std::this_thread::sleep_for(300ms);
        intake.failing_block = -1;
    });
    auto options = fast(intake.url());
    options.first_pause = options.longest_pause = 40ms; // 8 failures a patient would need longer
    const auto summary = play_it(options).value();
    fault.join();
    CHECK(summary.exit_status() == 0);
    CHECK(summary.retries > 0);
    CHECK(intake.complete(3));
}

TEST_CASE("a block that the server never answers is set aside, and holds up no other") {
    const Folder folder;
    TestIntake intake;
    intake.hanging_block = 640; // of both patients with 256 Hz
    auto options = fast(intake.url());
    options.speed = 5; // so that the server goes on taking others
    options.timeout = 100ms;
    options.item_tries = 3;
    options.spool_folder = folder.path.string();
    const auto summary = play_it(options).value();
    CHECK(summary.set_aside == 2);
    CHECK(summary.waiting == 0);
    CHECK(summary.lost == 0);
    CHECK(summary.accepted + summary.duplicates == summary.made - 2);
    CHECK(summary.exit_status() == 1);
    CHECK(intake.ends().size() == 3);
    REQUIRE(summary.aside.size() == 2);
    for (const auto& name : summary.aside) {
        CHECK(name.contains("from sample 640, kept after 3 tries: "));
    }
    intake.hanging_block = -1;
    options.duration_s = 1;
    const auto second = play_it(options).value();
    CHECK(second.exit_status() == 0);
    CHECK(intake.complete(6));
}

TEST_CASE("a server that answers nothing for a while sets nothing aside") {
    TestIntake intake;
    intake.hanging_block = -2;
    std::jthread fault([&intake] {
        std::this_thread::sleep_for(500ms);
        intake.hanging_block = -1;
    });
    auto options = fast(intake.url());
    options.heart_every_s = 0; // nothing else is taken meanwhile
    options.timeout = 50ms;
    options.item_tries = 2;
    const auto summary = play_it(options).value();
    fault.join();
    CHECK(summary.set_aside == 0);
    CHECK(summary.lost == 0);
    CHECK(summary.exit_status() == 0);
    CHECK(summary.retries > 6);
    CHECK(intake.complete(3));
}
