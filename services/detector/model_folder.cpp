#include "detector/model_folder.hpp"

#include "detect/onnx_scorer.hpp"
#include "detect/onnx_spectrogram_model.hpp"

#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <variant>

namespace vigil::detector {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_card = std::uintmax_t{1} << 20;
constexpr std::uintmax_t largest_model = std::uintmax_t{256} << 20;

std::unexpected<Error> wrong(const fs::path& file, const std::string& detail) {
    return fail(ErrorCode::invalid_argument, file.string() + ": " + detail);
}

Result<std::string> read_file(const fs::path& file, std::uintmax_t largest) {
    std::error_code failed;
    if (!fs::is_regular_file(file, failed)) {
        return wrong(file, "There is no such file.");
    }
    if (const auto size = fs::file_size(file, failed); failed || size > largest) {
        return wrong(file, "The file is larger than a model's may be.");
    }
    std::ifstream in(file, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    if (!in.good() && !in.eof()) {
        return wrong(file, "The file cannot be read.");
    }
    return bytes;
}

Result<std::string> card_in(const fs::path& folder) {
    std::error_code failed;
    const bool carried = folder.filename() == "sladky_2022";
    if (carried && !fs::exists(folder / "card.json", failed)) {
        return std::string(detect::sladky_2022_card());
    }
    return read_file(folder / "card.json", largest_card);
}

/// The name of the ONNX file, which lies beside the card.
Result<std::string> file_of(const fs::path& folder, std::string_view card) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view name;
    const simdjson::padded_string padded(card);
    if (parser.parse(padded).get(root) != simdjson::SUCCESS ||
        root["file"].get(name) != simdjson::SUCCESS || name.empty()) {
        return wrong(folder / "card.json", "The card names no file.");
    }
    if (name.contains('/') || name == "..") {
        return wrong(folder / "card.json", "The file that the card names lies elsewhere.");
    }
    return std::string(name);
}

using Loaded =
    std::variant<std::unique_ptr<detect::Scorer>, std::unique_ptr<detect::SpectrogramModel>>;

Result<Loaded> load(const fs::path& folder) {
    const auto card = card_in(folder);
    if (!card) {
        return std::unexpected(card.error());
    }
    const auto name = file_of(folder, *card);
    if (!name) {
        return std::unexpected(name.error());
    }
    const auto file = folder / *name;
    const auto onnx = read_file(file, largest_model);
    if (!onnx) {
        return std::unexpected(onnx.error());
    }
    const auto named = [&file](const Error& error) { return wrong(file, error.detail).error(); };
    if (detect::parse_spectrogram_card(*card)) {
        return detect::OnnxSpectrogramModel::load(*onnx, *card)
            .transform([](auto model) { return Loaded(std::move(model)); })
            .transform_error(named);
    }
    return detect::OnnxScorer::load(*onnx, *card)
        .transform([](auto model) { return Loaded(std::move(model)); })
        .transform_error(named);
}

} // namespace

MoreModels ModelFolder::models() const {
    MoreModels more;
    for (const auto& scorer : scorers) {
        more.scorers.push_back(scorer.get());
    }
    for (const auto& model : spectrograms) {
        more.spectrograms.push_back(model.get());
    }
    return more;
}

Result<ModelFolder> load_models(const fs::path& folder) {
    std::error_code failed;
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        if (entry.is_directory(failed)) {
            folders.push_back(entry.path());
        }
    }
    if (failed) {
        return fail(ErrorCode::not_found, folder.string() + ": The folder cannot be read.");
    }
    std::ranges::sort(folders);
    ModelFolder models;
    std::set<std::string, std::less<>> names{"window-178", "line-length"};
    for (const auto& one : folders) {
        auto loaded = load(one);
        if (!loaded) {
            models.faults.push_back(loaded.error());
            continue;
        }
        const auto& name = std::visit(
            [](const auto& model) -> const auto& { return model->card().name; },
            *loaded
        );
        if (!names.insert(name).second) {
            models.faults.push_back(
                wrong(one / "card.json", "There is a model named " + name + " already.").error()
            );
        } else if (auto* scorer = std::get_if<0>(&*loaded)) {
            models.scorers.push_back(std::move(*scorer));
        } else {
            models.spectrograms.push_back(std::move(std::get<1>(*loaded)));
        }
    }
    return models;
}

} // namespace vigil::detector
