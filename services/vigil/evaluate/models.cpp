#include "vigil/evaluate/models.hpp"

#include "detect/onnx_scorer.hpp"
#include "detect/onnx_spectrogram_model.hpp"
#include "vigil/evaluate/sladky_model.hpp"
#include "vigil/evaluate/window_models.hpp"
#include "vigil/recordings/recording_file.hpp"

#include <algorithm>
#include <format>

namespace vigil::evaluate {

namespace {

constexpr std::uintmax_t largest_model = std::uintmax_t{256} << 20;

Result<std::unique_ptr<RecordingModel>> open_sladky(const std::filesystem::path& models) {
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
    return std::make_unique<SladkyModel>(std::move(*model));
}

} // namespace

bool is_model(std::string_view name) {
    return std::ranges::contains(model_names, name);
}

bool could_run_live(std::string_view name) {
    return name != "sladky-2022";
}

Result<std::unique_ptr<RecordingModel>>
open_model(std::string_view name, const std::filesystem::path& models) {
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
        return open_sladky(models);
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
