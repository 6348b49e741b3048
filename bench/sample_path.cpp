// The way of COUNT samples' blocks through every service in one thread over in-memory ports: for
// counting its instructions. bench/count_instructions.py runs it.
//   sample_path window COUNT    old-contract windows from their JSON on
//   sample_path block COUNT     blocks of one second of 23 channels at 256 Hz from their protobuf
//   on
// Without what does not depend on us: sockets, disks, and the network, in whose place a sum stands.
#include "detector/core.hpp"
#include "eeg_intake/legacy_window.hpp"
#include "eeg_intake/read_blocks.hpp"
#include "eeg_intake/test_ward.hpp"
#include "records/core.hpp"
#include "simulation/tiny_scorer.hpp"
#include "store/memory_store.hpp"
#include "ward/live_state.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <format>

namespace {

using namespace vigil;

// Rhythm, drift and noise of about an EEG's size in units of 0.1 uV: what the codec's work depends
// on.
std::int32_t sample(std::uint64_t index, int channel) {
    const auto t = static_cast<double>(index) / 256.0;
    const auto noise = static_cast<double>((index * 2654435761U + 97U * channel) % 1024U) / 1024.0;
    return static_cast<std::int32_t>(
        200 * std::sin(61.0 * t + channel) + 300 * std::sin(3.0 * t) + 120 * (noise - 0.5)
    );
}

class Path {
public:
    Path() {
        eeg_intake::add_legacy_routes(
            ward_.router,
            ward_.service,
            {.open_eeg = true,
             .open_heart = false,
             .senders = {"1"},
             .zone = eeg_intake::LocalZone::named("UTC").value(),
             .wait = std::chrono::milliseconds(0)},
            nullptr
        );
        if (!detector_.take_over(ward_.journal, ward_.clock.utc()) || !records_.load()) {
            std::abort();
        }
    }

    static std::string made_window(std::uint64_t number) {
        std::string body = R"({"fk_user": "1", "eeg_data": [)";
        for (std::uint64_t i = 0; i < eeg_intake::legacy_samples; ++i) {
            body += (i == 0 ? "" : ", ") + std::to_string(sample(number * 178 + i, 0));
        }
        body += std::format(
            R"(], "register_timestamp": "2024-9-{} {}:{}:{}"}})",
            1 + number / 86'400,
            number / 3'600 % 24,
            number / 60 % 60,
            number % 60
        );
        return body;
    }

    void window(std::string body) {
        const auto answer = ward_.send("/eeg", std::move(body), "application/json", {});
        ward_.service.waiter.expire(ward_.clock.steady());
        if (!*answer || (*answer)->status != 202) {
            std::abort();
        }
    }

    static std::string made_block(std::uint64_t number) {
        v1::EegBlockBatch batch;
        auto& block = *batch.add_blocks();
        block = eeg_intake::good_block(number * 256);
        block.clear_channels();
        std::string data;
        for (int channel = 0; channel < 23; ++channel) {
            auto& described = *block.add_channels();
            described.set_label("channel " + std::to_string(channel));
            described.set_unit("uV");
            described.set_scale(0.1);
            for (std::uint64_t i = 0; i < 256; ++i) {
                const auto value = sample(number * 256 + i, channel);
                data += static_cast<char>(value & 0xff);
                data += static_cast<char>(value >> 8 & 0xff);
            }
        }
        block.set_samples(256);
        block.set_data(data);
        // an hour ago, so that none is ahead of the clock, which stands still
        block.set_start_time_us(
            block.start_time_us() - 3'600'000'000 + static_cast<std::int64_t>(number) * 1'000'000
        );
        return batch.SerializeAsString();
    }

    void block(std::string body) {
        const auto answer = ward_.send(
            "/v1/eeg/blocks",
            std::move(body),
            "application/x-protobuf",
            eeg_intake::TestWard::device_key("p1")
        );
        if (!*answer || (*answer)->status / 100 != 2) {
            std::abort();
        }
    }

    /// Everything behind the journal.
    void follow() {
        const auto inputs = ward_.journal.read(detector_.position()).value();
        auto batch = detector_.step(inputs, ward_.clock.utc());
        if (!batch.entries.empty()) {
            ward_.journal.append(std::move(batch), [this](Result<journal::Appended> appended) {
                detector_.committed(appended.value());
            });
        }
        const auto all = ward_.journal.read(records_.position()).value();
        ward_.service.apply(all);
        live_.apply(all);
        records_.apply(all);
    }

    void flush() {
        if (!records_.flush()) {
            std::abort();
        }
    }

    [[nodiscard]] std::uint64_t scored() const { return detector_.counts().windows_scored; }

private:
    eeg_intake::TestWard ward_;
    simulation::TinyScorer scorer_;
    detector::Core detector_{scorer_, {}};
    store::MemoryStore store_;
    records::Core records_{store_};
    ward::LiveState live_;
};

} // namespace

int main(int count, char** words) {
    if (count < 3) {
        std::fputs("usage: sample_path window|block COUNT [made]\n", stderr);
        return 2;
    }
    const bool is_window = std::string_view(words[1]) == "window";
    const auto blocks = std::strtoull(words[2], nullptr, 10);
    Path path;
    for (std::uint64_t number = 0; number < blocks; ++number) {
        auto body = is_window ? Path::made_window(number) : Path::made_block(number);
        if (count > 3) {
            continue;
        }
        is_window ? path.window(std::move(body)) : path.block(std::move(body));
        path.follow();
        if (number % 10 == 9) {
            path.flush();
        }
    }
    std::printf("%llu windows scored\n", static_cast<unsigned long long>(path.scored()));
}
