// Values of a model's card, read strictly. Only model_card.cpp and event_level include it.
#pragma once

#include "base/strict_json.hpp"
#include "detect/model_card.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace vigil::detect::card_values {

using json::Path;
using Names = std::span<const std::string_view>;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

inline constexpr std::int64_t most_samples_or_rate = 1'000'000;

/// Whose place and one is the SignalKind's value.
inline constexpr std::array<std::string_view, 2> signal_words{"scalp", "intracranial"};

/// each_member() of which none but the last `optional` may be missing.
template <class Visit>
Result<void>
members(object from, Names names, const Path& path, Visit&& visit, std::size_t optional = 0) {
    const auto seen = json::each_member(from, names, path, std::forward<Visit>(visit));
    if (!seen) {
        return std::unexpected(seen.error());
    }
    for (std::size_t i = 0; i + optional < names.size(); ++i) {
        if ((*seen >> i & 1U) == 0) {
            return json::wrong(path.member(names[i]), "is missing");
        }
    }
    return {};
}

template <class Visit>
Result<void>
members_of(value from, Names names, const Path& path, Visit&& visit, std::size_t optional = 0) {
    auto inside = json::object_of(from, path);
    if (!inside) {
        return std::unexpected(std::move(inside.error()));
    }
    return members(*inside, names, path, std::forward<Visit>(visit), optional);
}

inline Result<void> text(value from, const Path& path, std::string& into) {
    const auto read = json::text(from, path);
    if (!read) {
        return std::unexpected(read.error());
    }
    if (read->empty()) {
        return json::wrong(path, "must not be empty");
    }
    into = *read;
    return {};
}

/// One of `words`, whose place is the enumerator's value.
template <class Enumeration>
Result<void> word(value from, const Path& path, Names words, Enumeration& into) {
    const auto read = json::text(from, path);
    if (!read) {
        return std::unexpected(read.error());
    }
    const auto found = std::ranges::find(words, *read);
    if (found == words.end()) {
        std::string choice;
        for (const auto one : words) {
            choice.append(choice.empty() ? "" : ", ").append(one);
        }
        return json::wrong(path, "must be one of " + choice);
    }
    into = static_cast<Enumeration>(found - words.begin());
    return {};
}

/// A list of `words`, of which the place and one is the enumerator's value: 0 is unknown.
template <class Enumeration>
Result<void> words_of(value from, const Path& path, Names words, SetOf<Enumeration>& into) {
    const auto count = json::each_element(
        from,
        words.size(),
        path,
        [&](std::size_t, value one, const Path& here) -> Result<void> {
            std::size_t place = 0;
            if (auto read = word(one, here, words, place); !read) {
                return read;
            }
            into.add(static_cast<Enumeration>(place + 1));
            return {};
        }
    );
    if (!count) {
        return std::unexpected(count.error());
    }
    return *count == 0 ? Result<void>(json::wrong(path, "must not be empty")) : Result<void>();
}

inline Result<void> hertz(value from, const Path& path, double& into) {
    const auto read = json::number(from, path);
    if (!read) {
        return std::unexpected(read.error());
    }
    if (!(*read >= 0 && *read <= 10'000)) {
        return json::wrong(path, "must lie between 0 and 10000");
    }
    into = *read;
    return {};
}

template <class Number>
Result<void> positive(value from, const Path& path, Number& into) {
    return json::keep(json::integer(from, path, 1, most_samples_or_rate), [&](std::int64_t read) {
        into = static_cast<Number>(read);
    });
}

inline Result<void> ascending(const Band& band, const Path& path) {
    return band.low_hz < band.high_hz
               ? Result<void>()
               : Result<void>(json::wrong(path, "must have a low end below its high end"));
}

inline bool is_null(value from) {
    bool null = false;
    return from.is_null().get(null) == simdjson::SUCCESS && null;
}

} // namespace vigil::detect::card_values
