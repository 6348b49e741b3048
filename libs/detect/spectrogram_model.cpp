#include "detect/spectrogram_model.hpp"

#include "detect/spectrogram.hpp"

#include <simdjson.h>

#include <algorithm>

namespace vigil::detect {

namespace {

using simdjson::dom::element;

std::unexpected<Error> bad_card(std::string_view field, std::string_view why) {
    return fail(
        ErrorCode::invalid_argument,
        "The model's card is wrong: " + std::string(field) + " " + std::string(why) + ".",
        std::string(field)
    );
}

/// Members of one object of the card; the first fault stays.
class Members {
public:
    explicit Members(element object) : object_(object) {}

    void text(std::string_view member, std::string& out) {
        std::string_view value;
        if (object_[member].get(value) != simdjson::SUCCESS || value.empty()) {
            wrong(member, "is missing or no text");
        }
        out = value;
    }

    void count(std::string_view member, std::size_t& out, std::uint64_t least) {
        std::uint64_t value = 0;
        if (object_[member].get(value) != simdjson::SUCCESS || value < least || value > 100'000) {
            wrong(member, "is missing or no number that can be");
        }
        out = value;
    }

    Members part(std::string_view member) {
        element inside;
        if (object_[member].get(inside) != simdjson::SUCCESS || !inside.is_object()) {
            wrong(member, "is missing or no object");
            inside = object_;
        }
        return Members(inside);
    }

    [[nodiscard]] const Result<void>& read() const { return read_; }

private:
    void wrong(std::string_view field, std::string_view why) {
        if (read_) {
            read_ = bad_card(field, why);
        }
    }

    element object_;
    Result<void> read_;
};

bool is_digest(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

} // namespace

Result<SpectrogramCard> parse_spectrogram_card(std::string_view json) {
    simdjson::dom::parser parser;
    element root;
    const simdjson::padded_string padded(json);
    if (parser.parse(padded).get(root) != simdjson::SUCCESS || !root.is_object()) {
        return bad_card("card", "is no JSON object");
    }
    SpectrogramCard card;
    Members whole(root);
    whole.text("name", card.name);
    whole.text("version", card.version);
    whole.text("file", card.file);
    whole.text("sha256", card.sha256);
    auto input = whole.part("input");
    input.text("name", card.input_name);
    auto spectrogram = input.part("spectrogram");
    spectrogram.count("bins", card.bins, 1);
    spectrogram.count("columns", card.columns, 1);
    auto output = whole.part("output");
    output.text("name", card.output_name);
    output.count("classes", card.classes, 1);
    output.count("seizure_class", card.seizure_class, 0);
    for (const auto* part : {&whole, &input, &spectrogram, &output}) {
        if (!part->read()) {
            return std::unexpected(part->read().error());
        }
    }
    if (!is_digest(card.sha256)) {
        return bad_card("sha256", "is no digest of 64 hexadecimal digits");
    }
    if (card.bins != spectrum_bins) {
        return bad_card("bins", "is not 100, which the program makes");
    }
    if (card.columns != context_columns) {
        return bad_card("columns", "is not 599, the half seconds of five minutes");
    }
    if (card.seizure_class >= card.classes) {
        return bad_card("seizure_class", "is none of the classes");
    }
    auto model = parse_card(json);
    if (!model) {
        return std::unexpected(model.error());
    }
    card.model = *std::move(model);
    return card;
}

} // namespace vigil::detect
