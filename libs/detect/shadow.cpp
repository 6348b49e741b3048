#include "detect/shadow.hpp"

#include <format>
#include <initializer_list>
#include <utility>

namespace vigil::detect {

namespace {

constexpr double least_rate_over_band = 3.0;

template <class Enumeration>
std::string names_of(const SetOf<Enumeration>& set, std::initializer_list<Enumeration> all) {
    std::string names;
    for (const auto one : all) {
        if (set.has(one)) {
            names.append(names.empty() ? "" : " or ").append(name(one));
        }
    }
    return names;
}

std::optional<Doubted> kind_doubt(const ModelCard& card, const StreamSignal& stream) {
    if (stream.kind != SignalKind::unknown && card.signal_kinds.has(stream.kind)) {
        return std::nullopt;
    }
    const auto made_for =
        names_of(card.signal_kinds, {SignalKind::scalp, SignalKind::intracranial});
    if (stream.kind == SignalKind::unknown) {
        return Doubted{
            Doubt::kind_unknown,
            std::format(
                "Nobody has said whether the stream is scalp or intracranial, and {} was made "
                "from {} seizures.",
                card.name,
                made_for
            )
        };
    }
    return Doubted{
        Doubt::kind_differs,
        std::format(
            "{} was made from {} seizures, and the stream is {}.",
            card.name,
            made_for,
            name(stream.kind)
        )
    };
}

std::optional<Doubted> reference_doubt(const ModelCard& card, const StreamSignal& stream) {
    if (stream.reference != Reference::unknown && card.references.has(stream.reference)) {
        return std::nullopt;
    }
    const auto made_for =
        names_of(card.references, {Reference::average, Reference::bipolar, Reference::common});
    if (stream.reference == Reference::unknown) {
        return Doubted{
            Doubt::reference_unknown,
            std::format(
                "Nobody has said what the stream's channels are measured against, and {} wants "
                "the reference {}.",
                card.name,
                made_for
            )
        };
    }
    return Doubted{
        Doubt::reference_differs,
        std::format(
            "{} wants the reference {}, and the stream's is {}.",
            card.name,
            made_for,
            name(stream.reference)
        )
    };
}

std::optional<std::string> rate_fault(const ModelCard& card, const StreamSignal& stream) {
    if (stream.rate_numerator == 0 || stream.rate_denominator == 0) {
        return "The stream's rate is not known.";
    }
    const double rate = static_cast<double>(stream.rate_numerator) / stream.rate_denominator;
    const double wanted = static_cast<double>(card.rate_numerator) / card.rate_denominator;
    if (is_model_rate(card, rate)) {
        return std::nullopt;
    }
    using enum ModelCard::OtherRates;
    if (card.other_rates == higher_even) {
        const bool even = stream.rate_numerator % (std::uint64_t{2} * stream.rate_denominator) == 0;
        if (rate > wanted && even) {
            return std::nullopt;
        }
        return std::format(
            "{} wants {:.6g} Hz or a higher rate that is whole and even, and the stream has {:.6g} "
            "Hz.",
            card.name,
            wanted,
            rate
        );
    }
    if (card.other_rates == refused || (card.other_rates == downsampled && rate < wanted)) {
        return std::format(
            "{} wants {:.6g} Hz{}, and the stream has {:.6g} Hz.",
            card.name,
            wanted,
            card.other_rates == downsampled ? " or more" : "",
            rate
        );
    }
    if (rate < least_rate_over_band * card.band.high_hz) {
        return std::format(
            "{} was made from a band up to {:.6g} Hz, which a stream carries from {:.6g} Hz on, "
            "and the stream has {:.6g} Hz.",
            card.name,
            card.band.high_hz,
            least_rate_over_band * card.band.high_hz,
            rate
        );
    }
    return std::nullopt;
}

std::optional<Doubted> rate_doubt(const ModelCard& card, const StreamSignal& stream) {
    return rate_fault(card, stream).transform([](std::string sentence) {
        return Doubted{Doubt::rate_differs, std::move(sentence)};
    });
}

/// Of an unknown kind of signal kind_doubt() has said enough.
std::optional<Doubted> figures_doubt(const ModelCard& card, const StreamSignal& stream) {
    if (stream.kind == SignalKind::unknown) {
        return std::nullopt;
    }
    if (card.line_length_unbeaten_on.has(stream.kind)) {
        return Doubted{
            Doubt::line_length_unbeaten,
            std::format(
                "On {} recordings {} did not beat line-length: it has to detect more without more "
                "false alarms, or as much with fewer.",
                name(stream.kind),
                card.name
            )
        };
    }
    if (card.false_alarms_of.has(stream.kind)) {
        return std::nullopt;
    }
    return Doubted{
        Doubt::false_alarms_unknown,
        std::format(
            "False alarms of {} were never measured on {} recordings.",
            card.name,
            name(stream.kind)
        )
    };
}

} // namespace

std::vector<Doubted> doubts_of(const ModelCard& card, const StreamSignal& stream) {
    std::vector<Doubted> doubts;
    for (auto& doubt :
         {kind_doubt(card, stream),
          reference_doubt(card, stream),
          rate_doubt(card, stream),
          figures_doubt(card, stream)}) {
        if (doubt) {
            doubts.push_back(*doubt);
        }
    }
    return doubts;
}

std::optional<std::string> reason_for_shadow(const ModelCard& card, const StreamSignal& stream) {
    std::string reasons;
    for (const auto& [doubt, sentence] : doubts_of(card, stream)) {
        reasons.append(reasons.empty() ? "" : " ").append(sentence);
    }
    return reasons.empty() ? std::nullopt : std::optional(std::move(reasons));
}

} // namespace vigil::detect
