#include "detector/models.hpp"

#include "detect/line_length.hpp"

#include <algorithm>

namespace vigil::detector {

Models::Models(detect::Scorer& standard_model, MoreModels more) {
    known_.push_back({.card = standard_model.card(), .scorer = &standard_model});
    known_.push_back({.way = KnownModel::Way::line_length, .card = detect::line_length_card()});
    for (auto* scorer : more.scorers) {
        known_.push_back({.card = scorer->card(), .scorer = scorer});
    }
    for (auto* model : more.spectrograms) {
        known_.push_back(
            {.way = KnownModel::Way::long_context,
             .card = model->card().model,
             .spectrograms = model,
             .long_context = more.long_context}
        );
    }
}

std::size_t Models::find(std::string_view name) const {
    const auto found = std::ranges::find_if(known_, [name](const KnownModel& known) {
        return known.card.name == name;
    });
    return static_cast<std::size_t>(found - known_.begin());
}

std::shared_ptr<const detect::WindowShape>
Models::shape(std::size_t place, std::uint32_t rate_numerator, std::uint32_t rate_denominator) {
    const std::tuple key{place, rate_numerator, rate_denominator};
    if (const auto found = shapes_.find(key); found != shapes_.end()) {
        return found->second;
    }
    constexpr std::size_t max_shapes = 256; // real devices know a handful of rates
    auto made = detect::WindowShape::make(known_[place].card, rate_numerator, rate_denominator);
    auto shape = made ? std::make_shared<const detect::WindowShape>(std::move(*made)) : nullptr;
    if (shapes_.size() < max_shapes) {
        shapes_.emplace(key, shape);
    }
    return shape;
}

} // namespace vigil::detector
