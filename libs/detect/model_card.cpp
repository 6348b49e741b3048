#include "detect/model_card.hpp"

#include "base/random.hpp"
#include "detect/card_values.hpp"
#include "detect/event_level.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <optional>

namespace vigil::detect {

namespace {

using namespace card_values;

constexpr std::array<std::string_view, 3> reference_words{"average", "bipolar", "common"};

Result<void> read_signal(value from, const Path& path, ModelCard& card) {
    static constexpr std::array<std::string_view, 3> names{"kinds", "references", "note"};
    return members_of(from, names, path, [&](std::size_t name, value v, const Path& here) {
        std::string note;
        return name == 0   ? words_of(v, here, signal_words, card.signal_kinds)
               : name == 1 ? words_of(v, here, reference_words, card.references)
                           : text(v, here, note);
    });
}

Result<void> read_rate(value from, const Path& path, ModelCard& card) {
    static constexpr std::array<std::string_view, 4> names{
        "numerator",
        "denominator",
        "tolerance_hz",
        "other_rates"
    };
    static constexpr std::array<std::string_view, 4> other_rates{
        "resampled",
        "downsampled",
        "refused",
        "higher_even"
    };
    auto read = members_of(from, names, path, [&](std::size_t name, value v, const Path& here) {
        return name == 0   ? positive(v, here, card.rate_numerator)
               : name == 1 ? positive(v, here, card.rate_denominator)
               : name == 2 ? hertz(v, here, card.rate_tolerance_hz)
                           : word(v, here, other_rates, card.other_rates);
    });
    if (read && card.rate_tolerance_hz * card.rate_denominator >= card.rate_numerator) {
        return json::wrong(path.member("tolerance_hz"), "must be smaller than the rate");
    }
    return read;
}

Result<void> read_band(value from, const Path& path, Band& band) {
    static constexpr std::array<std::string_view, 3> names{"low_hz", "high_hz", "note"};
    auto read = members_of(from, names, path, [&](std::size_t name, value v, const Path& here) {
        std::string note;
        return name == 0   ? hertz(v, here, band.low_hz)
               : name == 1 ? hertz(v, here, band.high_hz)
                           : text(v, here, note);
    });
    return read ? ascending(band, path) : read;
}

Result<void> read_band_pass(value from, const Path& path, std::optional<Band>& into) {
    if (is_null(from)) {
        return {};
    }
    Band band;
    const auto ends = json::each_element(from, 2, path, [&](std::size_t i, value v, const Path& p) {
        return hertz(v, p, i == 0 ? band.low_hz : band.high_hz);
    });
    if (!ends) {
        return std::unexpected(ends.error());
    }
    if (*ends != 2) {
        return json::wrong(path, "must have two ends");
    }
    into = band;
    return ascending(band, path);
}

Result<void> read_notch(value from, const Path& path, ModelCard::Notch& notch) {
    if (is_null(from)) {
        return {};
    }
    simdjson::ondemand::json_type type{};
    if (from.type().get(type) == simdjson::SUCCESS &&
        type == simdjson::ondemand::json_type::number) {
        const auto read = json::integer(from, path, 50, 60);
        if (!read || (*read != 50 && *read != 60)) {
            return json::wrong(path, "must be 50, 60 or mains");
        }
        notch = *read == 50 ? ModelCard::Notch::hz_50 : ModelCard::Notch::hz_60;
        return {};
    }
    static constexpr std::array<std::string_view, 1> mains{"mains"};
    std::size_t place = 0;
    auto read = word(from, path, mains, place);
    notch = ModelCard::Notch::mains;
    return read;
}

Result<void> read_input(value from, const Path& path, ModelCard& card) {
    static constexpr std::array<std::string_view, 11> names{
        "name",
        "unit",
        "type",
        "layout",
        "samples",
        "rate",
        "normalisation",
        "band",
        "filters",
        // of some models; parse_spectrogram_card() reads the first
        "spectrogram",
        "warming_up_s"
    };
    constexpr std::size_t optional = 2;
    static constexpr std::array<std::string_view, 1> unit{"uV"};
    static constexpr std::array<std::string_view, 1> type{"float32"};
    static constexpr std::array<std::string_view, 2> filters{"band_pass_hz", "notch_hz"};
    const auto read = [&](std::size_t name, value v, const Path& here) -> Result<void> {
        std::size_t only = 0;
        std::string unused;
        switch (name) {
            case 0:
                return text(v, here, card.input_name);
            case 1:
                return word(v, here, unit, only);
            case 2:
                return word(v, here, type, only);
            case 4:
                return positive(v, here, card.samples);
            case 5:
                return read_rate(v, here, card);
            case 7:
                return read_band(v, here, card.band);
            case 8:
                return members_of(
                    v,
                    filters,
                    here,
                    [&](std::size_t filter, value asked, const Path& place) {
                        return filter == 0 ? read_band_pass(asked, place, card.band_pass)
                                           : read_notch(asked, place, card.notch);
                    }
                );
            case 9:
                return json::done(json::object_of(v, here));
            case 10:
                return positive(v, here, only);
            default:
                return text(v, here, unused);
        }
    };
    return members_of(from, names, path, read, optional);
}

Result<void> read_output(value from, const Path& path, ModelCard& card) {
    static constexpr std::array<std::string_view, 5> names{
        "name",
        "range",
        "meaning",
        // of a file that puts out several classes
        "classes",
        "seizure_class"
    };
    constexpr std::size_t optional = 2;
    return members_of(
        from,
        names,
        path,
        [&](std::size_t name, value v, const Path& here) -> Result<void> {
            std::string meaning;
            if (name > 2) {
                return json::done(json::integer(v, here, 0, most_samples_or_rate));
            }
            if (name != 1) {
                return text(v, here, name == 0 ? card.output_name : meaning);
            }
            const auto ends =
                json::each_element(v, 2, here, [](std::size_t end, value one, const Path& place) {
                    return json::done(json::integer(
                        one,
                        place,
                        static_cast<std::int64_t>(end),
                        static_cast<std::int64_t>(end)
                    ));
                });
            if (!ends) {
                return std::unexpected(ends.error());
            }
            return *ends == 2 ? Result<void>() : Result<void>(json::wrong(here, "must be 0 to 1"));
        },
        optional
    );
}

/// The digest's member: text of a network, null of an algorithm, in whatever order they come.
Result<void> check_file(const ModelCard& card, const std::string& file, const Path& path) {
    const bool network = card.kind == ModelCard::Kind::network;
    if (file.empty() == network) {
        return json::wrong(
            path.member("file"),
            network ? "must name the network's file" : "must be null for an algorithm"
        );
    }
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (network ? card.sha256.size() != 64 || !std::ranges::all_of(card.sha256, is_digit)
                : !card.sha256.empty()) {
        return json::wrong(
            path.member("sha256"),
            network ? "must be 64 lower-case hexadecimal digits" : "must be null for an algorithm"
        );
    }
    return {};
}

Result<void> check_version(value from, const Path& path) {
    const auto version = json::integer(from, path, 0, most_samples_or_rate);
    return version && *version == 1
               ? Result<void>()
               : Result<void>(json::wrong(path, "must be 1, the only version read"));
}

Result<ModelCard> read_card(object root, const Path& path) {
    static constexpr std::array<std::string_view, 20> names{
        "card",
        "name",
        "version",
        "kind",
        "file",
        "sha256",
        "signal",
        "input",
        "output",
        "event_level",
        // for people
        "origin",
        "licence",
        "architecture",
        "age_group",
        "training",
        "figures",
        "calibration",
        "limits",
        // of some models
        "rules",
        "live"
    };
    constexpr std::size_t optional = 2;
    static constexpr std::array<std::string_view, 2> kinds{"network", "algorithm"};
    ModelCard card;
    std::string file;
    bool is_baseline = false;
    const auto read_member = [&](std::size_t name, value v, const Path& here) {
        switch (name) {
            case 0:
                return check_version(v, here);
            case 1:
                return text(v, here, card.name);
            case 2:
                return text(v, here, card.version);
            case 3:
                return word(v, here, kinds, card.kind);
            case 4:
                return is_null(v) ? Result<void>() : text(v, here, file);
            case 5:
                return is_null(v) ? Result<void>() : text(v, here, card.sha256);
            case 6:
                return read_signal(v, here, card);
            case 7:
                return read_input(v, here, card);
            case 8:
                return read_output(v, here, card);
            case 9:
                return read_event_level(v, here, card, is_baseline);
            default:
                return Result<void>();
        }
    };
    auto read = members(root, names, path, read_member, optional);
    if (read) {
        read = check_file(card, file, path);
    }
    if (read && is_baseline && card.name != "line-length") {
        read = json::wrong(
            path.member("event_level"),
            "has figures without line-length's on the same recordings"
        );
    }
    return read ? Result<ModelCard>(std::move(card))
                : Result<ModelCard>(std::unexpected(std::move(read.error())));
}

} // namespace

std::string_view name(SignalKind kind) noexcept {
    static constexpr std::array<std::string_view, 3> names{"unknown", "scalp", "intracranial"};
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name(Reference reference) noexcept {
    static constexpr std::array<std::string_view, 4> names{
        "unknown",
        "average",
        "bipolar",
        "common"
    };
    return names[static_cast<std::size_t>(reference)];
}

Result<ModelCard> parse_card(std::string_view json) {
    std::string body(json);
    auto card = json::read_object(body, read_card);
    if (card) {
        return card;
    }
    const auto& error = card.error();
    return fail(
        ErrorCode::invalid_argument,
        error.field.empty()
            ? std::format("The model's card is wrong: {}.", error.detail)
            : std::format("The model's card is wrong: {} {}.", error.field, error.detail),
        error.field.empty() ? "card" : error.field
    );
}

bool is_model_rate(const ModelCard& card, double rate_hz) {
    const double wanted = static_cast<double>(card.rate_numerator) / card.rate_denominator;
    // a card's decimals are no binary fractions: 173.51 Hz is within 0.1 of 173.61
    return std::abs(rate_hz - wanted) <= card.rate_tolerance_hz + 1e-9 * wanted;
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
