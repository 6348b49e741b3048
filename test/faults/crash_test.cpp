// kill -9 at random moments: what was acknowledged is there, once.
#include "writer_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>
#include <thread>

using namespace vigil;
using namespace vigil::faults;
using vigil::journal::suite::TemporaryFolder;

TEST_CASE("after kill -9 at random moments every acknowledged entry is there exactly once") {
    const TemporaryFolder place;
    const auto folder = place.path() / "journal";
    const auto diary = place.path() / "diary";
    std::mt19937 random(11);
    constexpr int rounds = 50;
    for (int round = 0; round < rounds; ++round) {
        WriterProcess writer(folder, diary, "round" + std::to_string(round), 8, 1'000'000);
        // from before the first commit to a few hundred after it
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 200));
        writer.kill();
        CHECK(writer.wait() == -1);
    }
    const auto lines = lines_of(diary);
    const auto taken = told(lines, "taken");
    const auto asked = told(lines, "append");
    const auto found = held(folder);
    INFO("acknowledged " << taken.size() << ", held " << found.size());
    CHECK(taken.size() > 200);
    std::size_t lost = 0;
    for (const auto& one : taken) {
        lost += found.contains(one) ? 0 : 1;
    }
    CHECK(lost == 0);
    std::size_t doubled = 0;
    std::size_t unasked = 0;
    for (const auto& [one, count] : found) {
        doubled += count != 1 ? 1 : 0;
        unasked += asked.contains(one) ? 0 : 1;
    }
    CHECK(doubled == 0);
    CHECK(unasked == 0);
}
