// What a model says of itself: the card beside its ONNX file, checked before the model is used.
// models/card.schema.json describes all of it; here is what running the model needs.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigil::detect {

/// Where electrodes are.
enum class SignalKind : std::uint8_t { unknown, scalp, intracranial };

/// What a channel is measured against.
enum class Reference : std::uint8_t {
    unknown,
    average, // of many electrodes
    bipolar, // the next electrode
    common,  // one electrode for all channels
};

[[nodiscard]] std::string_view name(SignalKind kind) noexcept;
[[nodiscard]] std::string_view name(Reference reference) noexcept;

struct Band {
    double low_hz = 0;
    double high_hz = 0;
    friend bool operator==(const Band&, const Band&) = default;
};

/// A set of enumerators, one bit each.
template <class Enumeration>
class SetOf {
public:
    void add(Enumeration one) { bits_ |= 1U << static_cast<unsigned>(one); }

    [[nodiscard]] bool has(Enumeration one) const {
        return (bits_ >> static_cast<unsigned>(one) & 1U) != 0;
    }

    [[nodiscard]] bool empty() const { return bits_ == 0; }

private:
    std::uint32_t bits_ = 0;
};

struct ModelCard {
    /// A network is an ONNX file; an algorithm is code of this program, without a file.
    enum class Kind : std::uint8_t { network, algorithm };
    /// What is done with a stream whose rate is outside the tolerance.
    enum class OtherRates : std::uint8_t {
        resampled,
        downsampled, // a lower one is refused
        refused,
        higher_even, // a higher one that is whole and even is read as it is, others are refused
    };
    enum class Notch : std::uint8_t { none, hz_50, hz_60, mains };

    std::string name;
    std::string version;
    std::string sha256; // of the ONNX file, lower-case hexadecimal; empty for an algorithm
    std::string input_name;
    std::string output_name;
    std::size_t samples = 0; // of one window
    std::uint32_t rate_numerator = 0;
    std::uint32_t rate_denominator = 1;

    Kind kind = Kind::network;
    SetOf<SignalKind> signal_kinds{}; // of the seizures that it was made from
    SetOf<Reference> references{};    // that it was made from
    double rate_tolerance_hz = 0;
    OtherRates other_rates = OtherRates::resampled;
    Band band{};                         // of what it was made from
    std::optional<Band> band_pass{};     // to be filtered before windows are cut
    Notch notch = Notch::none;           // likewise
    SetOf<SignalKind> false_alarms_of{}; // the kinds of signal with measured false alarms
    /// Of these, the ones on which it did not beat line-length on the same recordings.
    SetOf<SignalKind> line_length_unbeaten_on{};
};

/// Reads a card. Its figures are taken for text, all but what it and line-length detected on the
/// same recordings: models/check_cards looks at the others.
///
/// errors  invalid_argument with the field: no JSON, a member missing, twice, unknown, of another
/// type or outside its range; another version of the card; a file without a digest; a band whose
/// low end is not below its high one; a tolerance that is no smaller than the rate
[[nodiscard]] Result<ModelCard> parse_card(std::string_view json);

/// Whether a stream of this rate is read as it is, since the card's tolerance holds it.
[[nodiscard]] bool is_model_rate(const ModelCard& card, double rate_hz);

/// SHA-256 in lower-case hexadecimal.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace vigil::detect
