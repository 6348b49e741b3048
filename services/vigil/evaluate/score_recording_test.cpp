#include "vigil/evaluate/score_recording.hpp"

#include "detect/onnx_spectrogram_model.hpp"
#include "detector/test_models.hpp"
#include "signal/recording_test_files.hpp"
#include "vigil/evaluate/sladky_live_model.hpp"
#include "vigil/evaluate/window_models.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <numbers>

namespace vigil::evaluate {

namespace {

namespace files = signal::test;

using Windows = std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>>;

/// What the detector finds in the recording when it is sent as blocks of a second, by the model of
/// that name.
Windows detected(
    const signal::Recording& recording,
    detect::Scorer& scorer,
    const std::string& active = {},
    detector::MoreModels models = {}
) {
    detector::Ward ward;
    detector::Core core(scorer, {.models = std::move(models)});
    REQUIRE(core.take_over(ward.journal, ward.now).has_value());
    ward.put(detector::assigned_models(active, {}, ward.now, 1));
    const auto& info = recording.info();
    const detector::BlockShape shape{
        .rate_numerator = info.rate.numerator,
        .rate_denominator = info.rate.denominator,
        .channels = info.channels.size(),
    };
    const auto size = static_cast<std::uint64_t>(info.rate.hertz());
    for (const auto& segment : info.segments) {
        const auto end = segment.first + segment.count;
        for (auto first = segment.first; first < end; first += size) {
            const auto count = std::min(size, end - first);
            auto block = detector::block_of(shape, first, count);
            for (std::size_t i = 0; i < info.channels.size(); ++i) {
                auto* channel = block.mutable_channels(static_cast<int>(i));
                channel->set_scale(info.channels[i].scale);
                channel->set_offset(info.channels[i].offset);
            }
            const auto samples = recording.read(first, count).value();
            signal::set_block_samples(block, samples, v1::INT16_LE).value();
            ward.put(detector::entry_of(shape, block, ward.now));
        }
    }
    REQUIRE_FALSE(ward.run(core).has_value());
    Windows windows;
    for (const auto& one : ward.detections()) {
        windows.emplace_back(
            one.first_sample(),
            one.end_sample(),
            one.not_evaluated() ? detect::no_score_q16 : one.score_q16()
        );
    }
    std::ranges::sort(windows);
    return windows;
}

Windows windows_of(const ScoredRecording& scored) {
    Windows windows;
    for (const auto& window : scored.windows) {
        windows.emplace_back(
            window.first_sample,
            window.end_sample,
            window.score_q16.value_or(detect::no_score_q16)
        );
    }
    return windows;
}

Result<ScoredRecording>
scored(const signal::Recording& recording, detect::Scorer& scorer, ScoreOptions options = {}) {
    ScorerModel model(scorer);
    return score_recording(recording, model, options, [](double) {});
}

/// Two channels at 64 Hz, or another rate: a sine of the record's amplitude, one second a record.
std::unique_ptr<signal::Recording>
made(const std::vector<int>& amplitudes, const std::vector<int>& seconds = {}, int rate = 64) {
    files::EdfFile file{
        .signals = {{.label = "F3", .samples = rate}, {.label = "F4", .samples = rate}},
        .records = std::to_string(amplitudes.size()),
    };
    if (!seconds.empty()) {
        file.kind = "EDF+D";
        file.signals.push_back({.label = "EDF Annotations", .samples = 8});
    }
    for (std::size_t record = 0; record < amplitudes.size(); ++record) {
        std::string bytes;
        for (int i = 0; i < 2 * rate; ++i) {
            const double wave = std::sin(2 * std::numbers::pi * 5 * i / rate);
            bytes += files::int16(static_cast<std::int16_t>(amplitudes[record] * wave));
        }
        if (!seconds.empty()) {
            auto mark = "+" + std::to_string(seconds[record]) + "\x14\x14";
            mark.resize(16, '\0');
            bytes += mark;
        }
        file.data.push_back(bytes);
    }
    return signal::open_recording("made.edf", file.bytes(), files::files({})).value();
}

} // namespace

TEST_CASE("a recording's scores are those that the detector gives") {
    if (files::data_folder().empty()) {
        SKIP("VIGIL_DATA is not set");
    }
    const auto model = detect::window_178().value();
    const auto recording =
        files::open_file(files::data_folder() / "chbmit/chb01_03_from_2995s.edf").value();
    const auto found = scored(*recording, *model).value();
    CHECK(found.windows.size() > 35);
    CHECK(found.channels.size() == 23);
    CHECK(windows_of(found) == detected(*recording, *model));
}

TEST_CASE("across a gap, and where a channel is flat, scores are the detector's too") {
    detector::AmplitudeScorer scorer;
    std::vector<int> amplitudes(20, 1000);
    amplitudes[12] = amplitudes[13] = amplitudes[14] = 0;
    std::vector<int> seconds;
    for (int i = 0; i < 20; ++i) {
        seconds.push_back(i < 10 ? i : i + 7);
    }
    const auto recording = made(amplitudes, seconds);
    REQUIRE(recording->info().segments.size() == 2);
    const auto found = scored(*recording, scorer).value();
    CHECK(windows_of(found) == detected(*recording, scorer));
    CHECK(found.duration_s == 27.0);
    const auto unscored = [](const ScoredWindow& window) { return !window.score_q16; };
    CHECK(std::ranges::count_if(found.windows, unscored) == 2);
}

namespace {

/// 300 s and a gap of 7, of which the amplitude differs from second to second.
std::unique_ptr<signal::Recording> five_minutes(int rate) {
    std::vector<int> amplitudes;
    std::vector<int> seconds;
    for (int i = 0; i < 320; ++i) {
        amplitudes.push_back(i == 200 ? 0 : 1000 + i * 7919 % 3001);
        seconds.push_back(i < 150 ? i : i + 7);
    }
    return made(amplitudes, seconds, rate);
}

/// A weighted sum of all that it is given.
class SumModel final : public detect::SpectrogramModel {
public:
    [[nodiscard]] const detect::SpectrogramCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> spectrograms) override {
        double sum = 0;
        for (std::size_t i = 0; i < spectrograms.size(); ++i) {
            sum += static_cast<double>(spectrograms[i]) * static_cast<double>(i % 1009);
        }
        const auto score = static_cast<float>(std::abs(std::fmod(sum, 1.0)));
        return std::vector<float>(detect::context_columns, score);
    }

private:
    static detect::SpectrogramCard long_card() {
        detect::SpectrogramCard card{.name = "long", .version = "1"};
        card.model = detect::parse_card(detect::sladky_2022_card()).value();
        card.model.name = card.name;
        card.model.version = card.version;
        return card;
    }

    detect::SpectrogramCard card_ = long_card();
};

/// Scores by amplitude after the filters that its card asks for.
class FilteringScorer final : public detect::Scorer {
public:
    FilteringScorer() {
        card_.name = "filtering";
        card_.band_pass = detect::Band{.low_hz = 1, .high_hz = 20};
        card_.notch = detect::ModelCard::Notch::mains;
    }

    [[nodiscard]] const detect::ModelCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> windows_uv) override {
        return inner_.score(windows_uv);
    }

private:
    detector::AmplitudeScorer inner_;
    detect::ModelCard card_ = inner_.card();
};

} // namespace

TEST_CASE("line-length live says what vigil evaluate says, across a gap too") {
    detector::AmplitudeScorer scorer;
    const auto recording = five_minutes(64);
    LineLengthModel model;
    const auto found = score_recording(*recording, model, {}, [](double) {}).value();
    CHECK(std::ranges::count_if(found.windows, [](const auto& one) {
              return one.score_q16.has_value();
          }) > 230);
    CHECK(windows_of(found) == detected(*recording, scorer, "line-length"));
}

TEST_CASE("a long context live says what vigil evaluate says, across a gap too") {
    detector::AmplitudeScorer scorer;
    const auto recording = five_minutes(200);
    auto model = SladkyLiveModel::make(std::make_unique<SumModel>(), {}).value();
    const auto found = score_recording(*recording, *model, {}, [](double) {}).value();
    CHECK(std::ranges::count_if(found.windows, [](const auto& one) {
              return one.score_q16.has_value();
          }) >= 10);
    SumModel live;
    CHECK(windows_of(found) == detected(*recording, scorer, "long", {.spectrograms = {&live}}));
}

TEST_CASE("a card's filters are applied live as in vigil evaluate") {
    detector::AmplitudeScorer scorer;
    FilteringScorer filtering;
    const auto recording = five_minutes(256);
    const auto found = scored(*recording, filtering).value();
    CHECK(found.windows.size() > 290);
    CHECK(
        windows_of(found) == detected(*recording, scorer, "filtering", {.scorers = {&filtering}})
    );
    CHECK(windows_of(found) != windows_of(scored(*recording, scorer).value()));
}

TEST_CASE("a minute of large amplitude is one event with its channels' peaks") {
    detector::AmplitudeScorer scorer; // 1 at a mean amplitude of 1000 uV
    std::vector<int> amplitudes(180, 1000);
    std::fill(amplitudes.begin() + 60, amplitudes.begin() + 120, 15'000);
    const auto recording = made(amplitudes);
    double last = 0;
    ScorerModel model(scorer);
    const auto found = score_recording(*recording, model, {}, [&](double share) {
        CHECK(share >= last);
        last = share;
    });
    CHECK(last == 1.0);
    REQUIRE(found->events.size() == 1);
    const auto& event = found->events[0];
    CHECK(std::abs(event.start_us - 60'000'000) < 3'000'000);
    CHECK(std::abs(event.end_us - 120'000'000) < 5'000'000);
    CHECK(event.raised_us - event.start_us >= 5'000'000);
    CHECK(event.channel_peak_q16.size() == 2);
    CHECK(event.channel_peak_q16[0] > 60'000);
}

TEST_CASE("what cannot be scored is refused and says why") {
    detector::AmplitudeScorer scorer;
    const auto recording = made({1000, 1000, 1000});
    CHECK(scored(*recording, scorer, {.channels = {"F4"}})->channels.size() == 1);
    CHECK(scored(*recording, scorer, {.channels = {"F4", "Cz"}}).error().detail.contains("1 of 2"));
    CHECK_FALSE(scored(*recording, scorer, {.channels = {"Cz"}}));
    files::EdfFile file{.signals = {{.label = "SpO2", .unit = "%"}}};
    file.data = {files::ramp(0, 4), files::ramp(4, 4)};
    const auto other = signal::open_recording("o.edf", file.bytes(), files::files({})).value();
    CHECK(scored(*other, scorer).error().detail.contains("voltage"));
    file.signals[0].unit = "uV"; // 4 Hz
    const auto slow = signal::open_recording("o.edf", file.bytes(), files::files({})).value();
    CHECK(scored(*slow, scorer).error().detail.contains("20 Hz"));
}

TEST_CASE("a recording shorter than a window has no window and no event") {
    detector::AmplitudeScorer scorer;
    const auto found = scored(*made({1000}), scorer).value();
    CHECK(found.windows.empty());
    CHECK(found.events.empty());
    CHECK(found.duration_s == 1.0);
}

} // namespace vigil::evaluate
