// What one old-contract window costs eeg_intake: reading, and the whole way to the journal's answer
// in memory.
#include "eeg_intake/legacy_window.hpp"
#include "eeg_intake/read_blocks.hpp"
#include "eeg_intake/test_ward.hpp"

#include <benchmark/benchmark.h>

#include <format>

namespace {

using namespace vigil;
using namespace vigil::eeg_intake;

std::string body(int variant) {
    std::string text = R"({"fk_user": "1", "eeg_data": [)";
    for (std::uint32_t i = 0; i < legacy_samples; ++i) {
        text += (i == 0 ? "" : ", ") +
                std::to_string(static_cast<int>(i * 7919U % 400U) - 200 + variant % 50);
    }
    return text + R"(], "register_timestamp": "2024-9-9 10:0:7"})";
}

void read_window(benchmark::State& state) {
    const auto zone = LocalZone::named("Europe/Berlin").value();
    const auto text = body(0);
    for (auto _ : state) {
        std::string copy = text; // as the server hands it over
        benchmark::DoNotOptimize(read_legacy_window(copy, zone));
    }
}

void read_and_make_block(benchmark::State& state) {
    const auto zone = LocalZone::named("Europe/Berlin").value();
    const auto text = body(0);
    for (auto _ : state) {
        std::string copy = text;
        benchmark::DoNotOptimize(legacy_block(*read_legacy_window(copy, zone)));
    }
}

/// Reading, check, repeats, entry, append in memory, answer: a window of a new second each time.
void post_window(benchmark::State& state) {
    TestWard ward;
    add_legacy_routes(
        ward.router,
        ward.service,
        {.open_eeg = true,
         .open_heart = false,
         .senders = {"1"},
         .zone = LocalZone::named("UTC").value(),
         .wait = std::chrono::milliseconds(0)},
        nullptr
    );
    const auto match = ward.router.match(http::Verb::post, "/eeg");
    const auto& handler = std::get<http::Handler>(match.route->handler);
    const auto text = body(0);
    const auto time = text.find("2024");
    std::int64_t n = 0;
    for (auto _ : state) {
        http::Request request;
        request.body = text;
        request.body.replace(
            time,
            15,
            std::format(
                "{}-{}-{} {}:0:{}",
                2000 + n / 1'000'000 % 20,
                1 + n / 80'000 % 12,
                1 + n / 1'440 % 28,
                n / 60 % 24,
                n % 60
            )
        );
        ++n;
        handler(std::move(request), http::Reply([](http::Response r) {
                    benchmark::DoNotOptimize(r);
                }));
        ward.service.waiter.expire(ward.clock.steady());
    }
}

/// One second of 23 channels at 256 Hz in protobuf.
void submit_block(benchmark::State& state) {
    TestWard ward;
    auto block = good_block();
    block.clear_channels();
    for (int i = 0; i < 23; ++i) {
        auto& channel = *block.add_channels();
        channel.set_label("channel " + std::to_string(i));
        channel.set_unit("uV");
        channel.set_scale(0.1);
    }
    block.set_samples(256);
    block.set_data(std::string(23 * 256 * 2, 'x'));
    std::uint64_t n = 0;
    for (auto _ : state) {
        v1::EegBlockBatch batch;
        block.set_first_sample(256 * n++);
        *batch.add_blocks() = block;
        const auto text = batch.SerializeAsString();
        auto posted = read_blocks_protobuf(text);
        ward.service.blocks.submit(
            {.patient = "p1",
             .blocks = std::move(posted->blocks),
             .numbered = true,
             .legacy = false,
             .id = {}},
            [](Result<std::vector<BlockOutcome>> r) { benchmark::DoNotOptimize(r); }
        );
    }
}

BENCHMARK(read_window);
BENCHMARK(read_and_make_block);
BENCHMARK(post_window)->Iterations(100'000);
BENCHMARK(submit_block)->Iterations(2'000);

} // namespace
