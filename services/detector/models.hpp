// The models that a detector can run, by name. Used by Core.
#pragma once

#include "detect/long_context.hpp"
#include "detect/scorer.hpp"
#include "detect/window_shape.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace vigil::detector {

/// Models beside the default one and line-length; they must outlive who runs them.
struct MoreModels {
    std::vector<detect::Scorer*> scorers = {};
    std::vector<detect::SpectrogramModel*> spectrograms = {};
    detect::LongContextRules long_context = {};
};

struct KnownModel {
    enum class Way : std::uint8_t { windows, line_length, long_context };
    Way way = Way::windows;
    detect::ModelCard card = {};
    detect::Scorer* scorer = nullptr;                 // of Way::windows
    detect::SpectrogramModel* spectrograms = nullptr; // of Way::long_context
    detect::LongContextRules long_context = {};       // likewise
};

/// threads one
class Models {
public:
    explicit Models(detect::Scorer& standard, MoreModels more = {});

    /// The one that is active where nothing is assigned, and that scores old-contract windows.
    static constexpr std::size_t standard = 0;

    [[nodiscard]] std::size_t size() const { return known_.size(); }

    [[nodiscard]] const KnownModel& at(std::size_t place) const { return known_[place]; }

    /// Its place; size() where there is none of this name.
    [[nodiscard]] std::size_t find(std::string_view name) const;

    /// The shape of its windows at a rate, each made once; nullptr: a rate that it cannot read.
    [[nodiscard]] std::shared_ptr<const detect::WindowShape>
    shape(std::size_t place, std::uint32_t rate_numerator, std::uint32_t rate_denominator);

private:
    std::vector<KnownModel> known_;
    std::map<
        std::tuple<std::size_t, std::uint32_t, std::uint32_t>,
        std::shared_ptr<const detect::WindowShape>>
        shapes_;
};

} // namespace vigil::detector
