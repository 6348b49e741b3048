// A folder of models: what is loaded, and what each fault says.
#include "detector/model_folder.hpp"

#include "detect/onnx_scorer.hpp"
#include "detect/onnx_spectrogram_model.hpp"
#include "detect/tiny_onnx.hpp"

#include <catch2/catch_test_macros.hpp>
#include <stdlib.h>

#include <fstream>

using namespace vigil;
using namespace vigil::detector;

namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

struct Folder {
    fs::path path;

    Folder() {
        std::string name = (fs::temp_directory_path() / "vigil-models-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }

    ~Folder() { fs::remove_all(path); }

    void put(const std::string& file, std::string_view bytes) const {
        fs::create_directories((path / file).parent_path());
        std::ofstream(path / file, std::ios::binary) << bytes;
    }

    /// window-178 under another name.
    void put_window(const std::string& name, std::string_view onnx) const {
        const std::string card(detect::window_178_card());
        put(name + "/card.json",
            replaced(card, R"("name": "window-178")", R"("name": ")" + name + '"'));
        put(name + "/window_178.onnx", onnx);
    }

    /// A small file in the shape of sladky-2022, with the embedded card but for its digest.
    void put_spectrogram(std::string_view bytes, std::string_view digest_of) const {
        const std::string card(detect::sladky_2022_card());
        const auto digest = detect::parse_spectrogram_card(card).value().sha256;
        put("sladky_2022/card.json", replaced(card, digest, detect::sha256_hex(digest_of)));
        put("sladky_2022/modelA_paper.onnx", bytes);
    }

    [[nodiscard]] std::string fault() const {
        const auto loaded = load_models(path).value();
        CHECK(loaded.scorers.size() == 1); // the others go on
        REQUIRE(loaded.faults.size() == 1);
        return loaded.faults.front().detail;
    }
};

} // namespace

TEST_CASE("every model of a folder is loaded, whatever it reads") {
    const Folder folder;
    folder.put_window("a-window", detect::window_178_onnx());
    const auto onnx = detect::test::TinyOnnx().bytes();
    folder.put_spectrogram(onnx, onnx);
    folder.put("README.md", "no model");
    const auto loaded = load_models(folder.path).value();
    CHECK(loaded.faults.empty());
    REQUIRE(loaded.scorers.size() == 1);
    CHECK(loaded.scorers[0]->card().name == "a-window");
    REQUIRE(loaded.spectrograms.size() == 1);
    CHECK(loaded.spectrograms[0]->card().name == "sladky-2022");
    CHECK(loaded.models().scorers.size() == 1);
    CHECK(loaded.models().spectrograms.size() == 1);
}

TEST_CASE("a model that cannot be used is named with its file, and the others are loaded") {
    const Folder folder;
    const auto onnx = detect::window_178_onnx();
    folder.put_window("a-window", onnx);
    const auto file = (folder.path / "b-window" / "window_178.onnx").string();
    SECTION("truncated") {
        folder.put_window("b-window", onnx.substr(0, onnx.size() / 2));
        CHECK(folder.fault().starts_with(file + ": "));
        CHECK(folder.fault().contains("SHA-256"));
    }
    SECTION("not there") {
        folder.put_window("b-window", onnx);
        fs::remove(file);
        CHECK(folder.fault() == file + ": There is no such file.");
    }
    SECTION("without a card") {
        folder.put("b-window/window_178.onnx", onnx);
        CHECK(folder.fault().contains("b-window/card.json: There is no such file."));
    }
    SECTION("a card that is none") {
        folder.put("b-window/card.json", "{");
        CHECK(folder.fault().contains("b-window/card.json: The card names no file."));
    }
    SECTION("a file elsewhere") {
        folder.put("b-window/card.json", R"({"file":"../a-window/window_178.onnx"})");
        CHECK(folder.fault().contains("lies elsewhere"));
    }
    SECTION("a name that is taken") {
        folder.put("b-window/card.json", detect::window_178_card());
        folder.put("b-window/window_178.onnx", onnx);
        CHECK(folder.fault().contains("There is a model named window-178 already."));
    }
    SECTION("another shape than its card says") {
        const auto narrow = detect::test::TinyOnnx{.bins = 99}.bytes();
        folder.put_spectrogram(narrow, narrow);
        CHECK(folder.fault().contains("modelA_paper.onnx: "));
        CHECK(folder.fault().contains("[99]"));
    }
    SECTION("another digest than the card that the program carries") {
        folder.put("sladky_2022/modelA_paper.onnx", detect::test::TinyOnnx().bytes());
        CHECK(folder.fault().contains("sladky_2022/modelA_paper.onnx: "));
    }
}

TEST_CASE("a folder that is not there is an error") {
    CHECK(load_models("/no/such/folder").error().code == ErrorCode::not_found);
}

TEST_CASE("sladky-2022's own file is loaded as make models leaves it") {
    const char* const home = ::getenv("HOME");
    const fs::path models = fs::path(home == nullptr ? "." : home) / ".cache/vigil/models";
    if (!fs::exists(models / "sladky_2022" / "modelA_paper.onnx")) {
        SKIP("the model's file is not there: make models");
    }
    const auto loaded = load_models(models).value();
    CHECK(loaded.faults.empty());
    REQUIRE(loaded.spectrograms.size() == 1);
    CHECK(loaded.spectrograms[0]->card().name == "sladky-2022");
}
