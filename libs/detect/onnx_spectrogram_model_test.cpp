#include "detect/onnx_spectrogram_model.hpp"

#include "detect/model_card.hpp"
#include "detect/spectrogram.hpp"
#include "detect/tiny_onnx.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>

namespace vigil::detect {

namespace {

constexpr std::size_t cells = spectrum_bins * context_columns;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

/// The embedded card, but of the given file.
std::string card_of(std::string_view onnx) {
    const std::string card(sladky_2022_card());
    const auto digest = parse_spectrogram_card(card).value().sha256;
    return replaced(card, digest, sha256_hex(onnx));
}

std::string refusal(std::string_view onnx, const std::string& card) {
    const auto model = OnnxSpectrogramModel::load(onnx, card);
    REQUIRE_FALSE(model.has_value());
    CHECK(model.error().code == ErrorCode::invalid_argument);
    return model.error().detail;
}

} // namespace

TEST_CASE("the embedded card is one, and says what the program makes") {
    const auto card = parse_spectrogram_card(sladky_2022_card());
    REQUIRE(card.has_value());
    CHECK(card->name == "sladky-2022");
    CHECK(card->file == "modelA_paper.onnx");
    CHECK(card->bins == spectrum_bins);
    CHECK(card->columns == context_columns);
    CHECK(card->classes == 4);
    CHECK(card->seizure_class == 3);
}

TEST_CASE("a spectrogram model gives each column's share of the seizure class") {
    const auto onnx = test::TinyOnnx().bytes();
    const auto model = OnnxSpectrogramModel::load(onnx, card_of(onnx));
    REQUIRE(model.has_value());
    // nine: more than one run; bins 0 to 2 are 0, bin 3 tells spectrogram and column apart
    std::vector<float> spectrograms(9 * cells);
    const auto value = [](std::size_t i, std::size_t column) {
        return static_cast<float>(static_cast<double>(i) - static_cast<double>(column) / 100.0);
    };
    for (std::size_t i = 0; i < 9; ++i) {
        for (std::size_t column = 0; column < context_columns; ++column) {
            spectrograms[i * cells + 3 * context_columns + column] = value(i, column);
        }
    }
    const auto scores = (*model)->score(spectrograms).value();
    REQUIRE(scores.size() == 9 * context_columns);
    for (std::size_t i = 0; i < 9; ++i) {
        for (std::size_t column = 0; column < context_columns; ++column) {
            const double share = std::exp(double(value(i, column)));
            REQUIRE_THAT(
                scores[i * context_columns + column],
                Catch::Matchers::WithinAbs(share / (share + 3), 1e-6)
            );
        }
    }
    CHECK((*model)->score({}).value().empty());
    const auto part = (*model)->score(std::span(spectrograms).first(cells - 1));
    REQUIRE_FALSE(part.has_value());
    CHECK(part.error().field == "spectrograms");
}

TEST_CASE("a truncated file and another digest are refused") {
    const auto onnx = test::TinyOnnx().bytes();
    const auto half = std::string_view(onnx).substr(0, onnx.size() / 2);
    CHECK(refusal(half, card_of(onnx)).contains("SHA-256"));
    CHECK(refusal(half, card_of(half)) == "The model cannot be loaded.");
    CHECK(refusal({}, card_of({})) == "The model cannot be loaded.");
    CHECK(refusal(onnx, std::string(sladky_2022_card())).contains("SHA-256"));
    auto flipped = onnx;
    flipped[flipped.size() / 3] ^= 1;
    CHECK(refusal(flipped, card_of(onnx)).contains("SHA-256"));
}

TEST_CASE("a model of another shape than its card's is refused") {
    const auto said = [](const test::TinyOnnx& tiny) {
        const auto onnx = tiny.bytes();
        const auto detail = refusal(onnx, card_of(onnx));
        CHECK(detail.contains("is not what its card says"));
        return detail;
    };
    CHECK(said({.input = "y"}).contains("takes y [any][100][any]"));
    CHECK(said({.output = "shares"}).contains("gives shares [any][any][4]"));
    CHECK(said({.bins = 99}).contains("x [any][99][any]"));
    CHECK(said({.classes = {0, 1, 2}}).contains("probs [any][any][3]"));
    CHECK(said({.classes = {0, 1, 2, 3, 4}}).contains("probs [any][any][5]"));
    CHECK(said({.type = 11}).contains("of another type than float")); // double precision
}

TEST_CASE("a card that lies about its input or output is refused, by the model or by itself") {
    const auto onnx = test::TinyOnnx().bytes();
    const auto card = card_of(onnx);
    REQUIRE(OnnxSpectrogramModel::load(onnx, card).has_value());
    const auto lying = [&](std::string_view from, std::string_view to) {
        return refusal(onnx, replaced(card, from, to));
    };
    CHECK(lying(R"("name": "x")", R"("name": "spectrogram")").contains("its card says"));
    CHECK(lying(R"("name": "probs")", R"("name": "logits")").contains("its card says"));
    CHECK(lying(R"("classes": 4)", R"("classes": 5)").contains("its card says"));
    CHECK(lying(R"("bins": 100)", R"("bins": 101)").contains("bins"));
    CHECK(lying(R"("columns": 599)", R"("columns": 600)").contains("columns"));
    CHECK(lying(R"("seizure_class": 3)", R"("seizure_class": 4)").contains("seizure_class"));
}

TEST_CASE("a card without what the program needs is refused with the member's name") {
    const std::string card(sladky_2022_card());
    const auto field = [&](std::string_view from, std::string_view to) {
        const auto parsed = parse_spectrogram_card(replaced(card, from, to));
        return parsed ? std::string("fine") : parsed.error().field;
    };
    CHECK(field("{", "[") == "card");
    CHECK(field(R"("version")", R"("Version")") == "version");
    CHECK(field(R"("sladky-2022")", R"("")") == "name");
    CHECK(field(R"("file": "modelA_paper.onnx")", R"("file": 7)") == "file");
    CHECK(field(R"("input")", R"("entry")") == "input");
    CHECK(field(R"("output")", R"("exit")") == "output");
    CHECK(field(R"("bins": 100)", R"("bins": -100)") == "bins");
    CHECK(field(R"("columns": 599)", R"("columns": "599")") == "columns");
    CHECK(field(R"("seizure_class": 3)", R"("seizure_class": null)") == "seizure_class");
    CHECK(field("088c815a", "088C815A") == "sha256");
    CHECK(field("088c815a", "088c815") == "sha256");
    CHECK(parse_spectrogram_card("").error().field == "card");
    CHECK(parse_spectrogram_card("[1]").error().field == "card");
}

} // namespace vigil::detect
