#include "detect/model_card.hpp"

#include "base/random.hpp"

#include <simdjson.h>
#include <sodium.h>

#include <array>

namespace vigil::detect {

namespace {

using simdjson::dom::element;

std::unexpected<Error> bad_card(std::string field) {
    return fail(ErrorCode::invalid_argument, "The model's card is wrong: " + field + ".", field);
}

Result<std::string> text(const element& object, const char* member) {
    std::string_view value;
    if (object[member].get(value) != simdjson::SUCCESS || value.empty()) {
        return bad_card(member);
    }
    return std::string(value);
}

Result<std::uint32_t> positive(const element& object, const char* member) {
    std::uint64_t value = 0;
    if (object[member].get(value) != simdjson::SUCCESS || value == 0 || value > 1'000'000) {
        return bad_card(member);
    }
    return static_cast<std::uint32_t>(value);
}

Result<void> read_input(const element& root, ModelCard& card) {
    element input;
    if (root["input"].get(input) != simdjson::SUCCESS) {
        return bad_card("input");
    }
    const auto input_name = text(input, "name");
    const auto unit = text(input, "unit");
    const auto samples = positive(input, "samples");
    const auto numerator = positive(input, "rate_numerator");
    const auto denominator = positive(input, "rate_denominator");
    if (!input_name || !unit || *unit != "uV" || !samples || !numerator || !denominator) {
        return bad_card("input");
    }
    card.input_name = *input_name;
    card.samples = *samples;
    card.rate_numerator = *numerator;
    card.rate_denominator = *denominator;
    return {};
}

} // namespace

Result<ModelCard> parse_card(std::string_view json) {
    simdjson::dom::parser parser;
    element root;
    const simdjson::padded_string padded(json);
    if (parser.parse(padded).get(root) != simdjson::SUCCESS || !root.is_object()) {
        return bad_card("no JSON object");
    }
    ModelCard card;
    for (const auto& [member, place] :
         {std::pair{"name", &card.name}, {"version", &card.version}, {"sha256", &card.sha256}}) {
        auto value = text(root, member);
        if (!value) {
            return std::unexpected(value.error());
        }
        *place = std::move(*value);
    }
    if (auto input = read_input(root, card); !input) {
        return std::unexpected(input.error());
    }
    element output;
    if (root["output"].get(output) != simdjson::SUCCESS) {
        return bad_card("output");
    }
    auto output_name = text(output, "name");
    if (!output_name) {
        return bad_card("output");
    }
    card.output_name = std::move(*output_name);
    return card;
}

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(
        digest.data(),
        reinterpret_cast<const unsigned char*>(bytes.data()),
        bytes.size()
    );
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

} // namespace vigil::detect
