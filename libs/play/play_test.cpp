#include "play/play.hpp"

#include "play/play_command.hpp"
#include "play/test_play.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <thread>

using namespace vigil;
using namespace vigil::play;
using namespace std::chrono_literals;

namespace {

/// Lets the intake be away for the middle of a run.
void away_for(
    TestIntake& intake,
    std::chrono::milliseconds before,
    std::chrono::milliseconds length
) {
    std::this_thread::sleep_for(before);
    intake.vanish();
    std::this_thread::sleep_for(length);
    intake.open();
}

} // namespace

TEST_CASE("a ward is played whole: every sample accepted, hearts sent, streams ended last, status 0"
) {
    TestIntake intake;
    const auto summary = play_it(fast(intake.url())).value();
    CAPTURE(summary.trouble);
    CHECK(summary.exit_status() == 0);
    CHECK(summary.blocks == 240);
    CHECK(summary.accepted_blocks == 240);
    CHECK(summary.duplicates == 0);
    CHECK(summary.accepted == summary.made);
    CHECK(intake.complete(3));
    CHECK(intake.ends_came_last());
    CHECK(intake.vitals() >= 45);
    CHECK(summary.acceptance_p50.count() > 0);
    CHECK(summary.acceptance_p99 >= summary.acceptance_p50);
}

TEST_CASE("real time takes real time, and its patients do not fire in the same instant") {
    TestIntake intake;
    auto options = fast(intake.url());
    options.speed = 1;
    options.duration_s = 1;
    options.block = 100ms;
    const auto begin = std::chrono::steady_clock::now();
    const auto summary = play_it(options).value();
    CHECK(summary.exit_status() == 0);
    CHECK(std::chrono::steady_clock::now() - begin >= 1s);
    CHECK(intake.complete(3));
    CHECK(
        intake.requests >= 3
    ); // a machine that is busy joins blocks; each patient has its own requests
}

TEST_CASE("as fast as possible, by WebSocket or not, loses nothing") {
    for (const bool websocket : {false, true}) {
        CAPTURE(websocket);
        TestIntake intake;
        auto options = fast(intake.url());
        options.speed = 0;
        options.websocket = websocket;
        const auto summary = play_it(options).value();
        CAPTURE(summary.trouble);
        CHECK(summary.exit_status() == 0);
        CHECK(intake.complete(3));
        CHECK(intake.ends_came_last());
        // by WebSocket, what the live lane has no room for on a busy machine is backfilled by
        // requests
        CHECK((websocket || intake.requests > 0));
    }
}

TEST_CASE(
    "while the server is away blocks wait, and then the newest go first with backfill beside them"
) {
    for (const bool websocket : {false, true}) {
        CAPTURE(websocket);
        TestIntake intake;
        auto options = fast(intake.url());
        options.speed = 20;
        options.websocket = websocket;
        options.live_items = 4;
        std::jthread fault([&intake] { away_for(intake, 200ms, 400ms); });
        const auto summary = play_it(options).value();
        fault.join();
        CAPTURE(summary.trouble);
        CHECK(summary.exit_status() == 0);
        CHECK(summary.retries > 0);
        CHECK(summary.backfilled > 0);
        CHECK(intake.complete(3));
        CHECK(intake.ends_came_last());
        CHECK_FALSE(std::ranges::is_sorted(intake.arrivals()));
    }
}

TEST_CASE("what memory has no room for waits in files") {
    const Folder folder;
    TestIntake intake;
    intake.vanish();
    auto options = fast(intake.url());
    options.memory_bytes = 30'000; // a block has about 600 bytes: 240 of them are far more
    options.spool_folder = (folder.path / "made").string();
    options.live_items = 2;
    std::jthread fault([&intake] {
        std::this_thread::sleep_for(700ms);
        intake.open();
    });
    const auto summary = play_it(options).value();
    fault.join();
    CHECK(summary.exit_status() == 0);
    CHECK(summary.lost == 0);
    CHECK(intake.complete(3));
    for (const auto& file : std::filesystem::directory_iterator(options.spool_folder)) {
        CHECK(std::filesystem::file_size(file.path()) == 0);
    }
}

TEST_CASE(
    "a server that stays away leaves everything in the spool folder, and the next run sends it"
) {
    const Folder folder;
    TestIntake intake;
    intake.vanish();
    auto options = fast(intake.url());
    options.spool_folder = folder.path.string();
    options.drain = 100ms;
    const auto first = play_it(options).value();
    CHECK(first.exit_status() == 1);
    CHECK(first.accepted == 0);
    CHECK(first.lost == 0);
    CHECK(first.waiting == first.made);
    intake.open();
    options.drain = 10s;
    options.duration_s = 1;
    const auto second = play_it(options).value();
    CAPTURE(second.trouble);
    CHECK(second.exit_status() == 0);
    CHECK(second.accepted == first.made + second.made);
    CHECK(intake.complete(6));
}

TEST_CASE("without memory and files what is lost is counted, and the status is 1") {
    TestIntake intake;
    intake.vanish();
    auto options = fast(intake.url());
    options.memory_bytes = 10'000;
    options.drain = 50ms;
    const auto summary = play_it(options).value();
    CHECK(summary.lost > 0);
    CHECK(summary.lost == summary.made);
    CHECK(summary.exit_status() == 1);
}

TEST_CASE(
    "503 and an answer that does not come are tried again; what was taken twice is a duplicate"
) {
    TestIntake intake;
    intake.overloaded = 5;
    auto summary = play_it(fast(intake.url())).value();
    CHECK(summary.exit_status() == 0);
    CHECK(summary.retries >= 5);
    CHECK(summary.duplicates == 0);
    CHECK(intake.complete(3));

    TestIntake forgetful;
    forgetful.silent = 4;
    summary = play_it(fast(forgetful.url())).value();
    CHECK(summary.exit_status() == 0);
    CHECK(summary.duplicates >= 1);
    CHECK(summary.accepted + summary.duplicates == summary.made);
    CHECK(forgetful.complete(3));
}

TEST_CASE("a server that asks to be left alone for a second is, for a second and a quarter at most"
) {
    TestIntake intake;
    intake.overloaded = 2;
    intake.retry_after_s = 1;
    auto options = fast(intake.url());
    options.ward.patients = 1;
    options.speed = 0;
    options.duration_s = 1;
    options.backfill_connections = 1;
    options.live_connections = 1;
    options.heart_every_s = 0;
    options.live_items = 1000; // one lane alone has blocks to send
    const auto summary = play_it(options).value();
    CHECK(summary.exit_status() == 0);
    const auto times = intake.times();
    REQUIRE(times.size() >= 3);
    for (const std::size_t i : {1U, 2U}) {
        CHECK(times[i] - times[i - 1] >= 1s);
        CHECK(times[i] - times[i - 1] < 2s); // a quarter, and what a busy machine adds
    }
}

TEST_CASE("an unknown key is final, by WebSocket too, and no patient goes without one") {
    TestIntake intake;
    auto options = fast(intake.url());
    options.keys["ward-2"] = "stolen";
    for (const bool websocket : {false, true}) {
        options.websocket = websocket;
        const auto summary = play_it(options).value();
        CHECK(summary.refused > 80);
        CHECK(summary.accepted + summary.refused == summary.made);
        CHECK(summary.exit_status() == 1);
    }
    options.keys.erase("ward-2");
    CHECK(play_it(options).error().field == "keys");
}

TEST_CASE("a stop ends the streams and what was made is delivered") {
    TestIntake intake;
    auto options = fast(intake.url());
    options.speed = 1;
    options.duration_s = 0;
    std::stop_source stop;
    int reports = 0;
    const auto summary = play_it(options, stop.get_token(), [&](const PlaySummary& now) {
                             ++reports;
                             if (now.played_s > 0.7) {
                                 stop.request_stop();
                             }
                         }).value();
    CHECK(reports > 2);
    CHECK(summary.exit_status() == 0);
    CHECK(intake.complete(3));
}

TEST_CASE("the old contract's windows are sent without keys") {
    TestIntake intake;
    auto options = fast(intake.url());
    options.keys.clear();
    options.legacy = true;
    options.speed = 0;
    const auto summary = play_it(options).value();
    CHECK(summary.exit_status() == 0);
    CHECK(summary.blocks == 57); // 19 whole windows of 1.025 s in 20 s
    CHECK(intake.legacy_windows() == 57);
}

TEST_CASE("wrong options are named") {
    const auto field = [](auto change) {
        PlayOptions options;
        change(options);
        const auto checked = check(options);
        return checked ? std::string() : checked.error().field;
    };
    CHECK(field([](PlayOptions&) {}).empty());
    CHECK(field([](PlayOptions& o) { o.block = 19ms; }) == "block");
    CHECK(field([](PlayOptions& o) { o.block = 10'001ms; }) == "block");
    CHECK(field([](PlayOptions& o) { o.speed = -1; }) == "speed");
    CHECK(field([](PlayOptions& o) { o.speed = 2e6; }) == "speed");
    CHECK(field([](PlayOptions& o) { o.speed = 2; }) == "duration");
    CHECK(field([](PlayOptions& o) { o.speed = 0; }) == "duration");
    CHECK(field([](PlayOptions& o) { o.ward.patients = 0; }) == "patients");
    CHECK(field([](PlayOptions& o) { o.ward.patients = 10'001; }) == "patients");
    CHECK(field([](PlayOptions& o) { o.ward.channels = 24; }) == "channels");
    CHECK(field([](PlayOptions& o) { o.websocket = o.legacy = true; }) == "websocket");
}

TEST_CASE("the command says 2 for wrong usage") {
    const auto status_of = [](std::vector<std::string> words) {
        CLI::App app;
        int status = 0;
        add_play_command(app, status);
        std::ranges::reverse(words);
        app.parse(words);
        return status;
    };
    CHECK(status_of({"play", "--list"}) == 0);
    CHECK(status_of({"play", "--quiet", "--speed", "0"}) == 2);
    CHECK(status_of({"play", "--quiet", "--keys", "/nowhere/keys"}) == 2);
    CHECK(status_of({"play", "--quiet", "--duration", "1"}) == 2); // no keys
}
