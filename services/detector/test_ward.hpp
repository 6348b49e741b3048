// What the detector's tests share: blocks, a journal to put them in, and the outputs read back.
// Only tests include it.
#pragma once

#include "base/random.hpp"
#include "detect/onnx_scorer.hpp"
#include "detector/core.hpp"
#include "journal/memory_journal.hpp"
#include "signal/block_samples.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/eeg.pb.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace vigil::detector {

/// Scores by amplitude alone, exactly and fast: what the tests of order and restart compare need
/// not be a network's.
class AmplitudeScorer final : public detect::Scorer {
public:
    [[nodiscard]] const detect::ModelCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> windows_uv) override {
        ++calls;
        std::vector<float> scores;
        for (std::size_t first = 0; first < windows_uv.size(); first += card_.samples) {
            double sum = 0;
            for (const float value : windows_uv.subspan(first, card_.samples)) {
                sum += std::abs(value);
            }
            scores.push_back(
                static_cast<float>(std::min(1.0, sum / static_cast<double>(card_.samples) / 1000.0))
            );
        }
        return scores;
    }

    int calls = 0;

private:
    detect::ModelCard card_ = detect::parse_card(detect::window_178_card()).value();
};

inline constexpr UtcTime test_start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

struct BlockShape {
    std::string patient = "p1";
    std::string device = "d1";
    std::string stream = "s1";
    std::uint32_t rate_numerator = 256;
    std::uint32_t rate_denominator = 1;
    std::size_t channels = 2;
    bool isolated = false;
    std::uint32_t partition = 3;
    std::string unit = "uV";
    double scale = 1.0; // of the unit
};

/// The sample at an index: the same whatever block it comes in.
inline std::int32_t sample_at(std::uint64_t index, std::size_t channel) {
    const auto t = static_cast<double>(index);
    return static_cast<std::int32_t>(
        300.0 * std::sin(t / 17.0 + static_cast<double>(channel)) + 100.0 * std::sin(t / 997.0)
    );
}

inline v1::EegBlock block_of(const BlockShape& shape, std::uint64_t first, std::size_t samples) {
    v1::EegBlock block;
    block.set_device(shape.device);
    block.set_stream(shape.stream);
    block.set_first_sample(first);
    block.set_rate_numerator(shape.rate_numerator);
    block.set_rate_denominator(shape.rate_denominator);
    block.set_isolated(shape.isolated);
    const double rate = static_cast<double>(shape.rate_numerator) / shape.rate_denominator;
    block.set_start_time_us(
        to_us(test_start) + std::llround(static_cast<double>(first) * 1e6 / rate)
    );
    std::vector<std::int32_t> values;
    for (std::size_t channel = 0; channel < shape.channels; ++channel) {
        auto* described = block.add_channels();
        described->set_label("C" + std::to_string(channel));
        described->set_unit(shape.unit);
        described->set_scale(shape.scale);
        for (std::size_t i = 0; i < samples; ++i) {
            values.push_back(sample_at(first + i, channel));
        }
    }
    signal::set_block_samples(block, values, v1::INT16_LE).value();
    return block;
}

inline v1::Entry entry_of(
    const BlockShape& shape,
    const v1::EegBlock& block,
    UtcTime receipt,
    const std::string& what = {}
) {
    v1::Entry entry;
    entry.set_id(derived_id(
        shape.device + shape.stream,
        std::to_string(block.first_sample()) + "+" + std::to_string(block.samples()) + what
    ));
    entry.set_type(v1::EEG_BLOCK);
    entry.set_schema_version(1);
    entry.set_patient(shape.patient);
    entry.set_partition(shape.partition);
    entry.set_receipt_time_us(to_us(receipt));
    entry.set_payload(block.SerializeAsString());
    return entry;
}

/// A journal with one core on it.
struct Ward {
    journal::MemoryJournal journal;
    UtcTime now = test_start;

    void put(v1::Entry entry) {
        journal.append(
            {.entries = {std::move(entry)}, .fences = {}},
            [](Result<journal::Appended> result) {
                if (!result) {
                    throw std::runtime_error(result.error().detail);
                }
            }
        );
    }

    void put(const BlockShape& shape, std::uint64_t first, std::size_t samples) {
        put(entry_of(shape, block_of(shape, first, samples), now));
    }

    /// Lets the core work off what waits; the first error of an append, if there is one.
    std::optional<Error> run(Core& core, std::size_t at_once = 1000) {
        for (;;) {
            const auto inputs =
                journal.read(core.position(), {.entries = at_once, .bytes = 64 << 20}).value();
            if (inputs.empty()) {
                return std::nullopt;
            }
            auto batch = core.step(inputs, now);
            if (batch.entries.empty()) {
                continue;
            }
            std::optional<Error> refused;
            journal.append(std::move(batch), [&](Result<journal::Appended> result) {
                if (result) {
                    core.committed(*result);
                } else {
                    refused = result.error();
                }
            });
            if (refused) {
                return refused;
            }
        }
    }

    /// A second passes, in which the core tells the time; how many CLOCK entries it wrote.
    std::size_t pass_second(Core& core) {
        now += std::chrono::seconds{1};
        auto batch = core.clock(now);
        const auto clocks = batch.entries.size();
        if (clocks > 0) {
            journal.append(std::move(batch), [&core](Result<journal::Appended> result) {
                core.committed(result.value());
            });
            if (const auto refused = run(core, 10)) {
                throw std::runtime_error(refused->detail);
            }
        }
        return clocks;
    }

    [[nodiscard]] std::size_t entries(v1::EntryType type) {
        const auto all = journal.read(0, {.entries = SIZE_MAX, .bytes = SIZE_MAX}).value();
        return static_cast<std::size_t>(std::ranges::count_if(all, [type](const auto& stored) {
            return stored->entry.type() == type;
        }));
    }

    [[nodiscard]] std::vector<v1::Step> steps() {
        std::vector<v1::Step> steps;
        for (auto after = std::max<journal::Sequence>(journal.oldest(), 1) - 1;;) {
            const auto entries = journal.read(after).value();
            if (entries.empty()) {
                return steps;
            }
            for (const auto& stored : entries) {
                after = stored->sequence;
                if (stored->entry.type() == v1::STEP) {
                    steps.emplace_back().ParseFromString(stored->entry.payload());
                }
            }
        }
    }

    [[nodiscard]] std::vector<v1::Detection> detections() {
        std::vector<v1::Detection> detections;
        for (const auto& step : steps()) {
            detections.insert(detections.end(), step.detections().begin(), step.detections().end());
        }
        return detections;
    }
};

/// Detections without what depends on the blocks' cut: by stream, window and scores.
using Scores =
    std::map<std::tuple<std::string, std::uint64_t, std::uint64_t>, std::vector<std::uint32_t>>;

inline Scores scores_of(const std::vector<v1::Detection>& detections) {
    Scores scores;
    for (const auto& one : detections) {
        std::vector<std::uint32_t> values{one.score_q16()};
        values.insert(values.end(), one.channel_q16().begin(), one.channel_q16().end());
        const auto [place, is_new] = scores.emplace(
            std::tuple{one.device() + "/" + one.stream(), one.first_sample(), one.end_sample()},
            values
        );
        if (!is_new) {
            throw std::runtime_error("a window was scored twice");
        }
    }
    return scores;
}

} // namespace vigil::detector
