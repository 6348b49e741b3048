// sladky-2022 live over a folder of marked recordings at every lag and threshold, by the code of
// `vigil evaluate`; the model runs once a step. Used by models/sladky_2022/choose_live.
//
// usage   sweep_live MODEL.onnx FOLDER
// out     a header and a line for each lag, threshold and smoothing, with tabulators; latencies of
//         the detected seizures are joined by commas
#include "detect/onnx_spectrogram_model.hpp"
#include "recordings/recording_file.hpp"
#include "vigil/evaluate/run.hpp"
#include "vigil/evaluate/sladky_live_model.hpp"

#include <cmath>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

namespace {

using namespace vigil;

constexpr std::uint32_t most_lag_s = 20;
constexpr std::uint32_t thresholds = 20; // from 1/20 to 19/20

/// What the model said of each spectrogram: a step has the same one at every lag.
class RememberedModel {
public:
    explicit RememberedModel(std::unique_ptr<detect::SpectrogramModel> model)
        : model_(std::move(model)) {}

    [[nodiscard]] const detect::SpectrogramCard& card() const { return model_->card(); }

    Result<std::vector<float>> score(std::span<const float> spectrogram) {
        const std::string_view bytes(
            reinterpret_cast<const char*>(spectrogram.data()),
            spectrogram.size_bytes()
        );
        const auto key = std::hash<std::string_view>{}(bytes);
        if (const auto known = scores_.find(key); known != scores_.end()) {
            return known->second;
        }
        auto scores = model_->score(spectrogram);
        if (scores) {
            scores_.emplace(key, *scores);
        }
        return scores;
    }

private:
    std::unique_ptr<detect::SpectrogramModel> model_;
    std::unordered_map<std::size_t, std::vector<float>> scores_;
};

class SharedModel final : public detect::SpectrogramModel {
public:
    explicit SharedModel(RememberedModel& model) : model_(&model) {}

    [[nodiscard]] const detect::SpectrogramCard& card() const override { return model_->card(); }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> spectrograms) override {
        return model_->score(spectrograms);
    }

private:
    RememberedModel* model_;
};

/// A model's scores of each recording, by the recording's name: thresholds change none of them.
class RememberedScores final : public evaluate::RecordingModel {
public:
    explicit RememberedScores(std::unique_ptr<evaluate::RecordingModel> model)
        : model_(std::move(model)) {}

    [[nodiscard]] std::string name() const override { return model_->name(); }

    [[nodiscard]] bool is_causal() const override { return model_->is_causal(); }

    [[nodiscard]] double delay_s() const override { return model_->delay_s(); }

    [[nodiscard]] Result<void> score(
        const signal::Recording& recording,
        const std::vector<std::size_t>& channels,
        const evaluate::ScoreSink& sink,
        const evaluate::ScoreProgress& progress
    ) override {
        const auto [known, is_new] = scores_.try_emplace(recording.info().name);
        if (is_new) {
            const auto keep = [&known](const evaluate::ChannelScores& at) {
                known->second.push_back(at);
            };
            if (auto done = model_->score(recording, channels, keep, progress); !done) {
                return done;
            }
        }
        for (const auto& at : known->second) {
            sink(at);
        }
        return {};
    }

private:
    std::unique_ptr<evaluate::RecordingModel> model_;
    std::map<std::string, std::vector<evaluate::ChannelScores>> scores_;
};

int wrong(const Error& error) {
    std::cerr << "sweep_live: " << error.detail << '\n';
    return 1;
}

void print(const evaluate::Results& results) {
    const auto all = evaluate::micro_average(results.patients);
    std::cout << all.seizures << '\t' << all.events.reference << '\t' << all.events.detected << '\t'
              << all.events.false_alarms << '\t' << all.events.days() * 24 << '\t';
    for (std::size_t i = 0; i < all.latencies_s.size(); ++i) {
        std::cout << (i == 0 ? "" : ",") << all.latencies_s[i];
    }
    std::cout << '\n';
}

/// Every threshold and smoothing at one lag; an event ends below half of what begins it.
Result<void> sweep(RememberedScores& model, const std::string& folder, std::uint32_t lag_s) {
    for (const std::uint32_t smooth : {1U, 3U, 5U}) {
        for (std::uint32_t high = 1; high < thresholds; ++high) {
            evaluate::RunOptions options{.recordings = folder, .reference = folder};
            options.score.parameters.smoothed_windows = smooth;
            options.score.parameters.high_q16 = detect::to_q16(float(high) / thresholds);
            options.score.parameters.low_q16 = detect::to_q16(float(high) / (2 * thresholds));
            const auto results = evaluate::evaluate_recordings(options, model, [](auto&&...) {});
            if (!results) {
                return std::unexpected(results.error());
            }
            if (!results->left_out.empty()) {
                return fail(ErrorCode::unprocessable, results->left_out.front().why);
            }
            std::cout << lag_s << '\t' << double(high) / thresholds << '\t' << smooth << '\t';
            print(*results);
        }
    }
    return {};
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: sweep_live MODEL.onnx FOLDER\n";
        return 2;
    }
    auto loaded = recordings::read_file(argv[1]).and_then([](const std::string& onnx) {
        return detect::OnnxSpectrogramModel::load(onnx, detect::sladky_2022_card());
    });
    if (!loaded) {
        return wrong(loaded.error());
    }
    RememberedModel remembered(std::move(*loaded));
    std::cout
        << "lag_s\thigh\tsmooth\tseizures\treference\tdetected\tfalse_alarms\thours\tlatencies_s\n";
    for (std::uint32_t lag_s = 0; lag_s <= most_lag_s; ++lag_s) {
        auto live = evaluate::SladkyLiveModel::make(
            std::make_unique<SharedModel>(remembered),
            {.lag_half_s = 2 * lag_s}
        );
        if (!live) {
            return wrong(live.error());
        }
        RememberedScores model(std::move(*live));
        if (auto done = sweep(model, argv[2], lag_s); !done) {
            return wrong(done.error());
        }
        std::cerr << "lag " << lag_s << " s\n";
    }
    return std::cout.flush() ? 0 : 1;
}
