#include "detect/event_level.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vigil::detect {

namespace {

using namespace card_values;

constexpr std::int64_t most_events = 1'000'000'000;

/// What a model and line-length made of the same recordings.
struct Counts {
    std::int64_t detected = 0;
    std::int64_t false_alarms = 0;
};

/// More of the one without less of the other: what is better at one price only has not beaten it.
bool beats(const Counts& model, const Counts& baseline) {
    return model.detected >= baseline.detected && model.false_alarms <= baseline.false_alarms &&
           (model.detected > baseline.detected || model.false_alarms < baseline.false_alarms);
}

Result<void> read_count(value from, const Path& path, std::int64_t& count) {
    return json::integer(from, path, 0, most_events).transform([&count](std::int64_t read) {
        count = read;
    });
}

/// The figures of one kind of signal, and what line-length made of the same recordings: nothing
/// where null stands in its place.
Result<std::optional<bool>> read_beats_line_length(object from, const Path& path) {
    static constexpr std::array<std::string_view, 2> counts{"detected", "false_alarms"};
    const auto read_counts = [](Counts& into) {
        return [&into](std::size_t name, value v, const Path& here) {
            return read_count(v, here, name == 0 ? into.detected : into.false_alarms);
        };
    };
    static constexpr std::array<std::string_view, 10> names{
        "detected",
        "false_alarms",
        "line_length",
        // for people
        "data",
        "patients",
        "hours",
        "false_alarms_per_day",
        "seizures",
        "median_latency_s",
        "threshold"
    };
    Counts model;
    std::optional<Counts> baseline;
    auto read = members(from, names, path, [&](std::size_t name, value v, const Path& here) {
        if (name < 2) {
            return read_counts(model)(name, v, here);
        }
        if (name > 2 || is_null(v)) {
            return Result<void>();
        }
        baseline.emplace();
        return members_of(v, counts, here, read_counts(*baseline));
    });
    if (!read) {
        return std::unexpected(std::move(read.error()));
    }
    return baseline.transform([&model](const Counts& of_baseline) {
        return beats(model, of_baseline);
    });
}

} // namespace

Result<void> read_event_level(value from, const Path& path, ModelCard& card, bool& is_baseline) {
    return members_of(
        from,
        signal_words,
        path,
        [&](std::size_t name, value v, const Path& here) -> Result<void> {
            const auto kind = static_cast<SignalKind>(name + 1);
            if (object figures; v.get_object().get(figures) == simdjson::SUCCESS) {
                card.false_alarms_of.add(kind);
                return read_beats_line_length(figures, here).transform([&](auto has_beaten) {
                    is_baseline = is_baseline || !has_beaten;
                    if (has_beaten == false) {
                        card.line_length_unbeaten_on.add(kind);
                    }
                });
            }
            static constexpr std::array<std::string_view, 1> none{"none measured"};
            std::size_t only = 0;
            return word(v, here, none, only);
        }
    );
}

} // namespace vigil::detect
