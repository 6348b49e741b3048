#include "vigil/evaluate/models.hpp"

#include "detect/onnx_scorer.hpp"
#include "detect/onnx_spectrogram_model.hpp"
#include "recordings/recording_file.hpp"
#include "vigil/evaluate/sladky_live_model.hpp"
#include "vigil/evaluate/sladky_model.hpp"
#include "vigil/evaluate/window_models.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::evaluate {

namespace {

constexpr std::uintmax_t largest_model = std::uintmax_t{256} << 20;

Result<std::unique_ptr<detect::SpectrogramModel>> open_sladky(const std::filesystem::path& models) {
    const auto card = detect::parse_spectrogram_card(detect::sladky_2022_card());
    if (!card) {
        return std::unexpected(card.error());
    }
    const auto file = models / "sladky_2022" / card->file;
    const auto onnx = recordings::read_file(file, largest_model);
    if (!onnx) {
        auto error = onnx.error();
        error.detail += std::format(
            ": {} is no part of this program; `make models` fetches it, --models names its folder",
            card->name
        );
        return std::unexpected(error);
    }
    auto model = detect::OnnxSpectrogramModel::load(*onnx, detect::sladky_2022_card());
    if (!model) {
        auto error = model.error();
        error.detail = std::format("{}: {}", file.string(), error.detail);
        return std::unexpected(error);
    }
    return std::move(*model);
}

std::unique_ptr<RecordingModel> over_recording(std::unique_ptr<detect::SpectrogramModel> model) {
    return std::make_unique<SladkyModel>(std::move(model));
}

/// errors  invalid_argument: not 0 to 20 s in steps of half a second
Result<detect::LongContextRules> rules_of(double lag_s) {
    const double half_seconds = lag_s * 2;
    // written so that NaN is refused too
    if (!(half_seconds >= 0 && half_seconds <= 40) || half_seconds != std::floor(half_seconds)) {
        return fail(ErrorCode::invalid_argument, "0 to 20 s, in steps of half a second", "lag");
    }
    return detect::LongContextRules{.lag_half_s = static_cast<std::uint32_t>(half_seconds)};
}

} // namespace

bool is_model(std::string_view name) {
    return std::ranges::contains(model_names, name);
}

bool could_run_live(std::string_view name) {
    return name != "sladky-2022";
}

Thresholds thresholds_of(std::string_view model) {
    return model == "sladky-2022-live"
               ? Thresholds{.high = detect::long_context_high, .low = detect::long_context_low}
               : Thresholds{};
}

Result<std::unique_ptr<RecordingModel>>
open_model(std::string_view name, const ModelOptions& options) {
    if (name == "window-178") {
        return detect::window_178().transform(
            [](std::unique_ptr<detect::OnnxScorer> scorer) -> std::unique_ptr<RecordingModel> {
                return std::make_unique<ScorerModel>(std::move(scorer));
            }
        );
    }
    if (name == "line-length") {
        return std::make_unique<LineLengthModel>();
    }
    if (name == "sladky-2022") {
        return open_sladky(options.models).transform(over_recording);
    }
    if (name == "sladky-2022-live") {
        const auto rules = rules_of(options.lag_s);
        if (!rules) {
            return std::unexpected(rules.error());
        }
        return open_sladky(options.models)
            .and_then([&rules](std::unique_ptr<detect::SpectrogramModel> model) {
                return SladkyLiveModel::make(std::move(model), *rules);
            })
            .transform([](std::unique_ptr<SladkyLiveModel> model) {
                return std::unique_ptr<RecordingModel>(std::move(model));
            });
    }
    std::string known;
    for (const auto one : model_names) {
        known += (known.empty() ? "" : ", ") + std::string(one);
    }
    return fail(
        ErrorCode::invalid_argument,
        "there is no model " + std::string(name) + "; there are " + known,
        "model"
    );
}

} // namespace vigil::evaluate
