// Requests that share a commit.
#include "journal/append_queue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <thread>

using namespace vigil::journal;
using namespace std::chrono_literals;

namespace {

void push(AppendQueue& queue, int count) {
    for (int i = 0; i < count; ++i) {
        AppendRequest request;
        request.bytes = "x";
        request.entries.resize(1);
        REQUIRE(queue.push(request));
    }
}

} // namespace

TEST_CASE("the first request after a quiet time is taken at once, however long the gathering") {
    AppendQueue queue(1000, 1000, 1h);
    push(queue, 1);
    CHECK(queue.take(1000, 1000).size() == 1);
}

TEST_CASE("requests that follow closely are taken together, when a commit's worth is there") {
    AppendQueue queue(1000, 1000, 1h);
    push(queue, 1);
    REQUIRE(queue.take(1000, 1000).size() == 1);
    push(queue, 20);
    std::atomic<std::size_t> taken = 0;
    std::thread writer([&] { taken = queue.take(1000, 1000).size(); });
    std::this_thread::sleep_for(20ms);
    CHECK(taken == 0);
    push(queue, 12);
    writer.join();
    CHECK(taken == 32);
}

TEST_CASE("requests that follow closely are taken when the gathering is over") {
    AppendQueue queue(1000, 1000, 20ms);
    push(queue, 1);
    REQUIRE(queue.take(1000, 1000).size() == 1);
    push(queue, 1);
    CHECK(queue.take(1000, 1000).size() == 1);
}

TEST_CASE("a queue that closes does not wait for more") {
    AppendQueue queue(1000, 1000, 1h);
    push(queue, 1);
    REQUIRE(queue.take(1000, 1000).size() == 1);
    push(queue, 2);
    queue.close();
    CHECK(queue.take(1000, 1000).size() == 2);
    CHECK(queue.take(1000, 1000).empty());
}
