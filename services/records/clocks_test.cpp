// EEG and heart of one patient from two devices with wrong clocks, asked by the reader's route.
#include "records/clocks.hpp"

#include "records/core.hpp"
#include "records/routes.hpp"
#include "records/test_entries.hpp"
#include "store/memory_store.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <simdjson.h>

#include <future>
#include <random>

using namespace vigil;
using namespace vigil::records;

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t day_s = 86'400;

struct Answered {
    std::vector<ClockCorrection> corrections;
    double slope = 0;
};

/// A ward's records over a store in memory.
struct Records {
    store::MemoryStore& store;
    Core core{store};
    access::Directory directory{};
    ManualClock clock{test_start + std::chrono::hours{24}};
    QueryPool pool{1};
    http::Router router{};

    explicit Records(store::MemoryStore& kept) : store(kept) {
        REQUIRE(core.load());
        add_routes(
            router,
            {.core = core, .store = store, .pool = pool, .directory = directory, .clock = clock}
        );
    }

    std::string body(const std::string& patient) {
        const auto match = router.match(http::Verb::get, "/v1/patients/" + patient + "/clocks");
        REQUIRE(match.route != nullptr);
        http::Request request;
        request.parameters = match.parameters;
        std::promise<http::Response> answered;
        std::get<http::Handler>(match.route->handler)(
            std::move(request),
            http::Reply([&](http::Response response) { answered.set_value(std::move(response)); })
        );
        const auto response = answered.get_future().get();
        CHECK(response.status == 200);
        return response.body;
    }

    Answered ask(std::string_view device, std::string_view data) {
        const auto text = simdjson::padded_string(body("p1"));
        simdjson::dom::parser parser;
        for (const auto one : parser.parse(text)["clocks"].get_array()) {
            if (one["device"].get_string().value() != device ||
                one["data"].get_string().value() != data) {
                continue;
            }
            Answered found{.corrections = {}, .slope = one["grows_ppm"].get_double().value() / 1e6};
            for (const auto point : one["corrections"].get_array()) {
                found.corrections.push_back(
                    {.device_us = point["device_us"].get_int64(),
                     .by_us = point["by_us"].get_int64()}
                );
            }
            return found;
        }
        FAIL("not answered");
        return {};
    }
};

std::int64_t true_us(std::int64_t second) {
    return to_us(test_start) + second * second_us;
}

/// By a clock that is fast by so many millionths.
std::int64_t told_us(std::int64_t second, double ppm) {
    return true_us(second) + std::llround(ppm * static_cast<double>(second));
}

/// Every ten seconds a block of a cap and the beats of a strap, each by its own way.
void send(Entries& entries, std::int64_t from, std::int64_t until) {
    std::mt19937_64 random(static_cast<std::uint64_t>(from));
    std::exponential_distribution<double> jitter(1 / 20e3);
    const auto arrives = [&](std::int64_t second, std::int64_t least_us) {
        entries.received(true_us(second) + least_us + std::llround(jitter(random)));
    };
    for (auto second = from; second < until; second += 10) {
        auto block =
            block_of({.rate = 4, .channels = 1}, 4 * static_cast<std::uint64_t>(second), 40);
        block.set_start_time_us(told_us(second, 100));
        entries.add(v1::EEG_BLOCK, block);
        arrives(second + 10, 12'000);
        v1::Beats beats;
        beats.set_device("strap");
        beats.set_stream("b");
        beats.set_first_beat(static_cast<std::uint64_t>(second));
        beats.set_start_time_us(told_us(second, -100));
        for (int i = 0; i < 10; ++i) {
            beats.add_rr_us(second_us);
        }
        entries.add(v1::BEATS, beats);
        arrives(second + 10, 40'000);
    }
}

} // namespace

TEST_CASE("EEG and beats of clocks 100 ppm fast and slow lie within 100 ms after a day, restarted"
) {
    Entries entries;
    send(entries, 0, day_s);
    const auto& all = entries.all();
    store::MemoryStore store;
    {
        Records before(store);
        before.core.apply(std::span(all).first(all.size() / 2));
        REQUIRE(before.core.flush());
        before.core.apply(std::span(all).subspan(all.size() / 2, 500)); // lost, and read again
    }
    Records records(store);
    records.core.apply(all);
    const auto eeg = records.ask("d1", "eeg");
    const auto heart = records.ask("strap", "beats");
    for (std::int64_t second = 0; second <= day_s; second += 600) {
        const auto eeg_us = told_us(second, 100);
        const auto heart_us = told_us(second, -100);
        const auto eeg_put = eeg_us + correction_at(eeg.corrections, eeg.slope, eeg_us);
        const auto heart_put = heart_us + correction_at(heart.corrections, heart.slope, heart_us);
        INFO(second);
        CHECK(std::abs(eeg_put - true_us(second)) < 50'000);
        CHECK(std::abs(heart_put - true_us(second)) < 50'000);
    }
    CHECK(told_us(day_s, 100) - told_us(day_s, -100) > 17 * second_us);

    store::MemoryStore other;
    Records unbroken(other);
    unbroken.core.apply(all);
    CHECK(unbroken.body("p1") == records.body("p1"));
    CHECK(records.body("p2") == R"({"patient":"p2","clocks":[]})");
}

TEST_CASE("old windows and values that came in a batch say nothing of a clock, live values do") {
    Entries entries;
    for (std::int64_t second = 0; second < 600; ++second) {
        entries.block(
            {.device = "old", .isolated = true},
            256 * static_cast<std::uint64_t>(second), // as if a device's clock had stamped them
            178
        );
        entries.received(true_us(second));
        auto batched = heart_rate(70, second - 3'000, "watch");
        batched.set_batched(true);
        entries.add(v1::VITAL, batched);
        entries.received(true_us(second));
        entries.add(v1::VITAL, heart_rate(70, second + 4, "belt"));
        entries.received(true_us(second));
    }
    store::MemoryStore store;
    Records records(store);
    records.core.apply(entries.all());
    const auto clocks = records.core.clocks("p1");
    REQUIRE(clocks.size() == 1);
    CHECK(clocks[0].device == "belt");
    CHECK(clocks[0].data == v1::ClockCourse::VALUES);
    CHECK(clocks[0].corrections.back().by_us == -4 * second_us);
}
