// How often a batch that nobody acknowledges is sent to a real server: where its subjects belong to
// no stream there is nobody to answer.
#include "journal/nats/outbox.hpp"

#include "journal/journal_suite.hpp"
#include "journal/nats/subjects.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;
using std::chrono::milliseconds;

namespace {

constexpr nats::OutboxRules rules{
    .again_after = milliseconds(1'000),
    .doubt_after = milliseconds(60'000)
};

struct Unanswered {
    NatsServer server;
    nats::Connection connection = connect(server);
    nats::Connection other = connect(server);
    nats::Subscription heard = subscribe(other.get());
    ManualClock clock{from_us(1'800'000'000'000'000)};
    nats::Outbox outbox{connection.get(), "VIGIL", "_INBOX.test", rules, clock};
    std::optional<Result<Appended>> result;

    Unanswered() {
        auto what = batch({entry("p")});
        AppendDone done = [this](Result<Appended> appended) { result = std::move(appended); };
        REQUIRE(outbox.take(what, done));
    }

    static nats::Connection connect(const NatsServer& server) {
        natsConnection* made = nullptr;
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (natsConnection_ConnectTo(&made, server.address().c_str()) != NATS_OK) {
            REQUIRE(std::chrono::steady_clock::now() < until);
            std::this_thread::sleep_for(milliseconds(20));
        }
        return nats::Connection(made);
    }

    static nats::Subscription subscribe(natsConnection* on) {
        natsSubscription* made = nullptr;
        REQUIRE(
            natsConnection_SubscribeSync(&made, on, nats::all_subjects("VIGIL").c_str()) == NATS_OK
        );
        REQUIRE(natsConnection_Flush(on) == NATS_OK);
        return nats::Subscription(made);
    }

    /// The ids of what the server has been sent since the last call.
    std::vector<std::string> sent() {
        REQUIRE(natsConnection_Flush(connection.get()) == NATS_OK);
        REQUIRE(natsConnection_Flush(other.get()) == NATS_OK);
        std::vector<std::string> ids;
        natsMsg* next = nullptr;
        while (natsSubscription_NextMsg(&next, heard.get(), 1) == NATS_OK) {
            const nats::Message owner(next);
            const char* id = nullptr;
            REQUIRE(natsMsgHeader_Get(next, "Nats-Msg-Id", &id) == NATS_OK);
            ids.emplace_back(id);
        }
        return ids;
    }

    void look_for(std::chrono::seconds time) {
        for (auto passed = milliseconds(0); passed < time; passed += milliseconds(100)) {
            clock.advance(milliseconds(100));
            for (auto& one : outbox.look()) {
                one.done(std::move(one.result));
            }
        }
    }
};

} // namespace

TEST_CASE("what is not acknowledged is sent again under its id, each time after twice as long") {
    Unanswered waits;
    const auto first = waits.sent();
    REQUIRE(first.size() == 1);
    std::vector<std::size_t> by_second;
    for (int second = 1; second <= 31; ++second) {
        waits.look_for(std::chrono::seconds(1));
        const auto ids = waits.sent();
        CHECK(std::ranges::all_of(ids, [&](const auto& id) { return id == first.front(); }));
        by_second.insert(by_second.end(), ids.size(), static_cast<std::size_t>(second));
    }
    CHECK(by_second == std::vector<std::size_t>{1, 3, 7, 15, 31});
    waits.look_for(std::chrono::seconds(28));
    CHECK_FALSE(waits.result);
    waits.look_for(std::chrono::seconds(2));
    REQUIRE(waits.result);
    CHECK(waits.result->error().retry == Retry::in_doubt);
}

TEST_CASE("what has no answer when the connection is back is sent at once") {
    Unanswered waits;
    const auto first = waits.sent();
    waits.outbox.publish_again();
    CHECK(waits.sent() == first);
}
