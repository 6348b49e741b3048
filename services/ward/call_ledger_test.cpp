// Which calls are made: from alarms, confirmations and time alone.
#include "ward/call_ledger.hpp"

#include "access/directory.hpp"
#include "ward/test_calls.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace vigil;
using namespace vigil::ward;

namespace {

/// A ledger with a clock that the test moves.
struct Ledger {
    CallLedger ledger;
    ManualClock clock{from_us(1'800'000'000'000'000)};
    journal::Sequence next = 1;

    void take(v1::Entry entry) {
        ledger.apply({.sequence = next++, .entry = std::move(entry)}, clock.utc());
    }

    void take(const v1::Alarm& alarm) { take(step_of(alarm)); }

    [[nodiscard]] std::vector<v1::Call> due() const { return ledger.due(clock.utc()); }

    v1::Call made() {
        auto calls = due();
        REQUIRE(calls.size() == 1);
        ledger.add(calls.front());
        return calls.front();
    }

    v1::CallAttempt attempted(bool delivered) {
        const auto turn = ledger.turn(clock.utc());
        REQUIRE(turn);
        const auto attempt = ledger.attempt_of(*turn, delivered, clock.utc());
        ledger.add(attempt);
        return attempt;
    }
};

} // namespace

TEST_CASE_METHOD(Ledger, "a high alarm that no station confirms within 5 s is called, once") {
    take(raised());
    clock.advance(Microseconds(4'999'999));
    CHECK(due().empty());
    clock.advance(Microseconds(1));
    CHECK(made().reason() == v1::Call::UNCONFIRMED);
    CHECK(due().empty());
    CHECK(ledger.waiting() == 1);
    take(revised(v1::Alarm::ON, 2, v1::Alarm::CHANGED));
    clock.advance(std::chrono::minutes(1));
    CHECK(due().empty());
    take(revised(v1::Alarm::ON, 3, v1::Alarm::ESCALATED)); // nobody has seen that it is worse
    clock.advance(std::chrono::seconds(5));
    CHECK(made().reason() == v1::Call::UNCONFIRMED);
    CHECK(ledger.waiting() == 2);
}

TEST_CASE_METHOD(Ledger, "what a station confirms, or a person acknowledges, is not called") {
    take(raised());
    take(confirmation(1));
    clock.advance(std::chrono::minutes(1));
    CHECK(due().empty());
    take(revised(v1::Alarm::ON, 2, v1::Alarm::ESCALATED));
    take(confirmation(1)); // of what it was before
    clock.advance(std::chrono::seconds(5));
    CHECK(due().size() == 1);
    take(revised(v1::Alarm::ACKNOWLEDGED, 3, v1::Alarm::ACKNOWLEDGE));
    CHECK(due().empty());
    take(raised(v1::Alarm::MEDIUM));
    clock.advance(std::chrono::minutes(1));
    CHECK(due().empty());
}

TEST_CASE_METHOD(Ledger, "what becomes worse, and a clock that is set back, put nothing off") {
    take(raised());
    clock.advance(std::chrono::seconds(4));
    take(revised(v1::Alarm::ON, 2, v1::Alarm::ESCALATED));
    clock.advance(std::chrono::seconds(1));
    CHECK(due().size() == 1);
    clock.step(-std::chrono::hours(2));
    CHECK(due().size() == 1);
    made();
    attempted(false);
    clock.step(-std::chrono::hours(2));
    CHECK(ledger.turn(clock.utc()));
}

TEST_CASE_METHOD(Ledger, "each time that nobody answers is a call, also of a medium alarm") {
    take(raised(v1::Alarm::MEDIUM));
    take(revised(v1::Alarm::ON, 2, v1::Alarm::UNANSWERED, v1::Alarm::MEDIUM));
    CHECK(made().reason() == v1::Call::UNANSWERED);
    take(revised(v1::Alarm::ON, 3, v1::Alarm::UNANSWERED, v1::Alarm::MEDIUM));
    made();
    CHECK(ledger.waiting() == 2);
}

TEST_CASE_METHOD(Ledger, "the test patient calls nobody") {
    auto tested = raised();
    tested.set_patient(std::string(access::test_patient));
    take(tested);
    tested.set_revision(2);
    tested.set_change(v1::Alarm::UNANSWERED);
    take(tested);
    clock.advance(std::chrono::minutes(5));
    CHECK(due().empty());
}

TEST_CASE_METHOD(Ledger, "a call is tried again with growing pauses, and given up after an hour") {
    take(raised());
    clock.advance(std::chrono::seconds(5));
    made();
    std::int64_t pause_s = 1;
    const auto begun = clock.utc();
    for (;;) {
        const auto attempt = attempted(false);
        if (attempt.outcome() == v1::CallAttempt::GIVEN_UP) {
            break;
        }
        REQUIRE(attempt.outcome() == v1::CallAttempt::FAILED);
        CHECK(attempt.next_us() == to_us(clock.utc()) + pause_s * 1'000'000);
        clock.advance(Microseconds(pause_s * 1'000'000 - 1));
        CHECK_FALSE(ledger.turn(clock.utc()));
        clock.advance(Microseconds(1));
        pause_s = std::min<std::int64_t>(60, 2 * pause_s);
    }
    CHECK(clock.utc() - begun > std::chrono::hours(1));
    CHECK(clock.utc() - begun < std::chrono::minutes(62));
    CHECK(ledger.waiting() == 0);
    CHECK_FALSE(ledger.told().back().open);
}

TEST_CASE_METHOD(Ledger, "a call is not sent any more once somebody has acknowledged the alarm") {
    take(raised());
    clock.advance(std::chrono::seconds(5));
    made();
    attempted(false);
    take(revised(v1::Alarm::ACKNOWLEDGED, 2, v1::Alarm::ACKNOWLEDGE));
    const auto turn = ledger.turn(clock.utc());
    REQUIRE(turn);
    CHECK_FALSE(turn->needed);
    CHECK(attempted(false).outcome() == v1::CallAttempt::NOT_NEEDED);
    CHECK(ledger.waiting() == 0);
}

TEST_CASE_METHOD(Ledger, "a ledger that is restored goes on the same, and makes no call again") {
    take(raised());
    auto other = raised();
    other.set_id("fedcba9876543210");
    take(other);
    clock.advance(std::chrono::seconds(5));
    auto calls = due();
    REQUIRE(calls.size() == 2);
    ledger.add(calls[0]);
    attempted(true);
    ledger.add(calls[1]);
    attempted(false);
    auto third = raised();
    third.set_id("0000000000000000");
    take(third);

    CallLedger restored;
    restored.load(ledger.memory());
    CHECK(restored.waiting() == 1);
    CHECK(restored.due(clock.utc()).empty());
    // The journal says again what was there before the memory, and what came behind it.
    restored.apply({.sequence = 1, .entry = step_of(raised())}, clock.utc());
    restored.apply(
        {.sequence = next, .entry = entry_of(v1::CALL, calls[0].SerializeAsString())},
        clock.utc()
    );
    CHECK(restored.waiting() == 1);
    clock.advance(std::chrono::seconds(5));
    CHECK(restored.due(clock.utc()).size() == 1); // the third
    const auto turn = restored.turn(clock.utc());
    REQUIRE(turn);
    CHECK(turn->attempt == 2);
    CHECK(turn->call.id() == calls[1].id());
}

TEST_CASE_METHOD(Ledger, "a way that has taken a call is done, over a restart too") {
    take(raised());
    clock.advance(std::chrono::seconds(5));
    made();
    auto turn = ledger.turn(clock.utc());
    REQUIRE(turn);
    CHECK(turn->accepted.empty());
    auto attempt = ledger.attempt_of(*turn, false, clock.utc());
    auto& posted = *attempt.add_tries();
    posted.set_way(v1::CallAttempt::Try::WEBHOOK);
    posted.set_accepted(true);
    attempt.add_tries()->set_way(v1::CallAttempt::Try::PUSH);
    ledger.add(attempt);
    clock.advance(std::chrono::seconds(1));
    const std::set<Way> done{v1::CallAttempt::Try::WEBHOOK};
    CHECK(ledger.turn(clock.utc())->accepted == done);
    CallLedger restarted;
    restarted.load(ledger.memory());
    REQUIRE(restarted.turn(clock.utc()));
    CHECK(restarted.turn(clock.utc())->accepted == done);
}

TEST_CASE_METHOD(Ledger, "who asks to wait is waited for, a minute at most") {
    take(raised());
    clock.advance(std::chrono::seconds(5));
    made();
    const auto turn = ledger.turn(clock.utc());
    REQUIRE(turn);
    const auto pause = [&](Microseconds wait) {
        return ledger.attempt_of(*turn, false, clock.utc(), wait).next_us() - to_us(clock.utc());
    };
    CHECK(pause(Microseconds(0)) == 1'000'000);
    CHECK(pause(std::chrono::seconds(7)) == 7'000'000);
    CHECK(pause(std::chrono::hours(1)) == 60'000'000);
}
