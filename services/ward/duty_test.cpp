// Several wards over one journal: one is on duty, the others follow, and one of them goes on.
#include "ward/duty.hpp"

#include "ward/chain_trial.hpp"
#include "ward/test_calling.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::ward;
using std::chrono::milliseconds;

namespace {

constexpr DutyOptions quick_duty{.ttl = milliseconds(400), .renew_every = milliseconds(50)};

/// Leases that one process cannot reach for a while.
class FarLeases final : public journal::Leases {
public:
    explicit FarLeases(journal::Leases& near) : near_(near) {}

    [[nodiscard]] Result<Held> read() override { return away ? refused() : near_.read(); }

    [[nodiscard]] Result<void> replace(std::uint64_t revision, const journal::LeaseTable& table)
        override {
        return away ? Result<void>(std::unexpected(refused().error()))
                    : near_.replace(revision, table);
    }

    std::atomic<bool> away = false;

private:
    static Result<Held> refused() { return fail(ErrorCode::unavailable, "away"); }

    journal::Leases& near_;
};

/// A ward of the two: its duty and its second way.
struct Ward {
    FarLeases leases;
    Duty duty;
    std::unique_ptr<SecondWay> way;

    Ward(Calling& on, journal::Leases& shared, const std::string& name)
        : leases(shared), duty(leases, on.now, on.log, name, quick_duty) {
        auto options = Calling::quick();
        options.on_duty = [this] { return duty.is_on(); };
        way = on.begin(
            {.webhook_url = on.receiver.url(), .webhook_secret = std::string(shared_secret)},
            options
        );
    }
};

} // namespace

TEST_CASE_METHOD(Calling, "of two wards the one on duty calls, and the other one shows the same") {
    journal::MemoryLeases leases;
    Ward first(*this, leases, "ward-1");
    REQUIRE(becomes([&] { return first.duty.is_on(); }));
    Ward second(*this, leases, "ward-2");
    append(step_of(raised()));
    receiver.wait_for(1);
    std::this_thread::sleep_for(milliseconds(500));
    CHECK(receiver.count() == 1);
    CHECK_FALSE(second.duty.is_on());
    v1::LiveFrame frame;
    second.way->show(frame);
    CHECK(frame.second_way().delivered_us() != 0);
    CHECK(frame.second_way().waiting() == 0);
    CHECK(ask(*second.way, &SecondWay::list, "", "").body.contains("delivered"));
}

TEST_CASE_METHOD(Calling, "a call of a ward that is gone is made by the other one, once") {
    journal::MemoryLeases leases;
    auto first = std::make_unique<Ward>(*this, leases, "ward-1");
    REQUIRE(becomes([&] { return first->duty.is_on(); }));
    Ward second(*this, leases, "ward-2");
    receiver.answer(503);
    append(step_of(raised()));
    receiver.wait_for(2);
    SECTION("it ended in order") {
        first.reset();
    }
    SECTION("it cannot say any more that it is there") {
        first->way.reset();
        first->leases.away = true;
    }
    receiver.answer(200);
    const auto before = receiver.count();
    REQUIRE(becomes([&] { return second.duty.is_on(); }));
    receiver.wait_for(before + 1);
    std::this_thread::sleep_for(milliseconds(500));
    CHECK(receiver.count() == before + 1);
    CHECK(second.way->reached() > 0);
}

TEST_CASE_METHOD(
    Calling,
    "a ward that cannot ask who is on duty stays so, until it learns better"
) {
    journal::MemoryLeases leases;
    Ward first(*this, leases, "ward-1");
    REQUIRE(becomes([&] { return first.duty.is_on(); }));
    first.leases.away = true;
    std::this_thread::sleep_for(2 * quick_duty.ttl);
    CHECK(first.duty.is_on()); // rather two than none
    Ward second(*this, leases, "ward-2");
    REQUIRE(becomes([&] { return second.duty.is_on(); }));
    first.leases.away = false;
    CHECK(becomes([&] { return !first.duty.is_on(); }));
    CHECK(second.duty.is_on());
}

TEST_CASE_METHOD(Calling, "a ward that ends gives the duty to another at once") {
    constexpr DutyOptions patient_duty{
        .ttl = std::chrono::minutes(10),
        .renew_every = milliseconds(50)
    };
    journal::MemoryLeases leases;
    auto first = std::make_unique<Duty>(leases, now, log, "ward-1", patient_duty);
    REQUIRE(becomes([&] { return first->is_on(); }));
    const Duty second(leases, now, log, "ward-2", patient_duty);
    first.reset();
    CHECK(becomes([&] { return second.is_on(); }));
}

TEST_CASE_METHOD(Calling, "only the ward on duty acknowledges test alarms and feeds the watcher") {
    std::atomic<bool> first_is_on = true;
    const auto trial = [&](bool is_first) {
        return std::make_unique<ChainTrial>(
            journal,
            directory,
            now,
            random,
            log,
            SecondWayConfig{.dead_man_url = receiver.url()},
            ChainTrialOptions{
                .look_every = milliseconds(10),
                .on_duty = [&first_is_on, is_first] { return first_is_on == is_first; }
            }
        );
    };
    const auto first = trial(true);
    const auto second = trial(false);
    auto seizure = raised();
    seizure.set_patient(std::string(access::test_patient));
    append(step_of(seizure));
    append(confirmation(1, seizure));
    receiver.wait_for(1);
    REQUIRE(becomes([&] { // the other one knows that it was signalled
        v1::LiveFrame frame;
        second->show(frame);
        return frame.test().signalled_us() != 0;
    }));
    first_is_on = false;
    std::this_thread::sleep_for(milliseconds(300));
    CHECK(receiver.count() == 1);
    CHECK(entries_of(v1::CHAIN_SIGNAL).size() == 1);
}
