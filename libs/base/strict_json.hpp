// Reads JSON strictly with simdjson: each known name once, no unknown names, numbers in their
// range, and every fault with the path of its member. Used by the services' JSON readers; header
// only, so that whoever includes it links simdjson.
#pragma once

#include "base/error.hpp"

#include <simdjson.h>

#include <cstdint>
#include <format>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace vigil::json {

namespace ondemand = simdjson::ondemand;

/// Where a value stands in its document, as a chain on the stack: text is only made for a fault.
struct Path {
    const Path* above = nullptr;
    std::string_view name;
    std::ptrdiff_t index = -1;

    [[nodiscard]] Path member(std::string_view n) const { return {.above = this, .name = n}; }

    [[nodiscard]] Path element(std::size_t i) const {
        return {.above = this, .name = {}, .index = static_cast<std::ptrdiff_t>(i)};
    }

    /// "blocks[2].channels[0].label"
    [[nodiscard]] std::string text() const {
        std::string result = above == nullptr ? std::string{} : above->text();
        if (index >= 0) {
            return result + std::format("[{}]", index);
        }
        if (!result.empty() && !name.empty()) {
            result += '.';
        }
        // a sender's own name may be of any length
        return result.append(name.substr(0, 64));
    }
};

inline std::unexpected<Error> wrong(
    const Path& path,
    std::string detail,
    std::source_location where = std::source_location::current()
) {
    return fail(
        ErrorCode::invalid_argument,
        std::move(detail),
        path.text(),
        {},
        Retry::never,
        where
    );
}

inline constexpr std::string_view broken_cause = "broken JSON";

/// The text itself is broken here, so that nothing behind it can be read: reading on would be
/// undefined.
inline std::unexpected<Error>
broken(const Path& path, std::source_location where = std::source_location::current()) {
    return fail(
        ErrorCode::invalid_argument,
        "is not well-formed JSON",
        path.text(),
        std::string(broken_cause),
        Retry::never,
        where
    );
}

/// Whether reading must end at this error; after any other the next element of an array can be
/// read.
inline bool is_broken(const Error& error) {
    return error.cause == broken_cause;
}

/// A value of another type or range than `detail` asks for, or broken text.
inline std::unexpected<Error> unfit(
    simdjson::error_code code,
    const Path& path,
    std::string detail,
    std::source_location where = std::source_location::current()
) {
    switch (code) {
        case simdjson::INCORRECT_TYPE:
        case simdjson::NUMBER_ERROR:
        case simdjson::NUMBER_OUT_OF_RANGE:
        case simdjson::BIGINT_ERROR:
            return wrong(path, std::move(detail), where);
        default:
            return broken(path, where);
    }
}

inline Result<ondemand::object> object_of(ondemand::value value, const Path& path) {
    ondemand::object object;
    if (const auto code = value.get_object().get(object); code != simdjson::SUCCESS) {
        return unfit(code, path, "must be an object");
    }
    return object;
}

/// Gives what was read to set(), or its error back: one member of a visit.
template <class T, class Set>
Result<void> keep(Result<T> read, Set&& set) {
    if (!read) {
        return std::unexpected(std::move(read.error()));
    }
    set(*read);
    return {};
}

/// For a visit that has no use for how many, or which, there were.
template <class T>
Result<void> done(Result<T> read) {
    return keep(std::move(read), [](const T&) {});
}

/// Calls visit(index into names, value, path) for each member; visit returns Result<void>.
///
/// out     a bit for each name that occurred (at most 64 names)
/// errors  invalid_argument: a name twice, a name that is not in `names` (unless `others_allowed`),
/// no object, broken JSON
template <class Visit>
Result<std::uint64_t> each_member(
    ondemand::object object,
    std::span<const std::string_view> names,
    const Path& path,
    Visit&& visit,
    bool others_allowed = false
) {
    std::uint64_t seen = 0;
    for (auto item : object) {
        std::string_view key;
        ondemand::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS ||
            field.unescaped_key().get(key) != simdjson::SUCCESS) {
            return broken(path);
        }
        std::size_t index = 0;
        while (index < names.size() && names[index] != key) {
            ++index;
        }
        if (index == names.size()) {
            if (others_allowed) {
                continue;
            }
            return wrong(path.member(key), "is not a known name");
        }
        const auto here = path.member(names[index]);
        if ((seen & (std::uint64_t{1} << index)) != 0) {
            return wrong(here, "occurs twice");
        }
        seen |= std::uint64_t{1} << index;
        if (Result<void> read = visit(index, field.value(), here); !read) {
            return std::unexpected(std::move(read.error()));
        }
    }
    return seen;
}

/// each_member() of a value that is to be an object.
template <class Visit>
Result<std::uint64_t> each_member_of(
    ondemand::value value,
    std::span<const std::string_view> names,
    const Path& path,
    Visit&& visit,
    bool others_allowed = false
) {
    auto object = object_of(value, path);
    if (!object) {
        return std::unexpected(std::move(object.error()));
    }
    return each_member(*object, names, path, std::forward<Visit>(visit), others_allowed);
}

/// Calls visit(index, value, path) for each element; visit returns Result<void>.
/// out     how many there were
/// errors  invalid_argument: no array, broken JSON; too_large: more than `most`
template <class Visit>
Result<std::size_t>
each_element(ondemand::value value, std::size_t most, const Path& path, Visit&& visit) {
    ondemand::array array;
    if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS) {
        return unfit(code, path, "must be an array");
    }
    std::size_t index = 0;
    for (auto item : array) {
        const auto here = path.element(index);
        ondemand::value element;
        if (std::move(item).get(element) != simdjson::SUCCESS) {
            return broken(here);
        }
        if (index == most) {
            return fail(
                ErrorCode::too_large,
                std::format("has more than {} elements", most),
                path.text()
            );
        }
        if (Result<void> read = visit(index, element, here); !read) {
            return std::unexpected(std::move(read.error()));
        }
        ++index;
    }
    return index;
}

/// An integer, also when it is written as 1.0.
inline Result<std::int64_t>
integer(ondemand::value value, const Path& path, std::int64_t low, std::int64_t high) {
    std::int64_t number = 0;
    if (value.get_int64().get(number) != simdjson::SUCCESS) {
        double real = 0;
        if (const auto code = value.get_double().get(real); code != simdjson::SUCCESS) {
            return unfit(code, path, "must be a number");
        }
        // 2^53: from here on a double no longer tells neighbouring integers apart
        if (!(real >= -9007199254740992.0 && real <= 9007199254740992.0) ||
            real != static_cast<double>(static_cast<std::int64_t>(real))) {
            return wrong(path, "must be an integer");
        }
        number = static_cast<std::int64_t>(real);
    }
    if (number < low || number > high) {
        return wrong(path, std::format("must lie between {} and {}", low, high));
    }
    return number;
}

inline Result<double> number(ondemand::value value, const Path& path) {
    double real = 0;
    if (const auto code = value.get_double().get(real); code != simdjson::SUCCESS) {
        return unfit(code, path, "must be a number");
    }
    return real;
}

inline Result<bool> boolean(ondemand::value value, const Path& path) {
    bool flag = false;
    if (const auto code = value.get_bool().get(flag); code != simdjson::SUCCESS) {
        return unfit(code, path, "must be true or false");
    }
    return flag;
}

/// The text lives as long as the parser's document.
inline Result<std::string_view> text(ondemand::value value, const Path& path) {
    std::string_view result;
    if (const auto code = value.get_string().get(result); code != simdjson::SUCCESS) {
        return unfit(code, path, "must be a string");
    }
    return result;
}

/// Reads one document whose root is an object: read(object, root path) returns Result<T>.
///
/// body    is lengthened by simdjson's padding, not changed otherwise
/// cost    bodies up to 64 KiB share one parser per thread; a larger one has its own, so that
/// memory stays flat
template <class Read>
auto read_object(std::string& body, Read&& read)
    -> decltype(read(std::declval<ondemand::object>(), std::declval<const Path&>())) {
    static constexpr std::size_t shared_parser_bytes = 64 << 10;
    static thread_local ondemand::parser shared;
    std::unique_ptr<ondemand::parser> own;
    if (body.size() > shared_parser_bytes) {
        own = std::make_unique<ondemand::parser>();
    }
    ondemand::parser& parser = own ? *own : shared;
    if (body.capacity() < body.size() + simdjson::SIMDJSON_PADDING) {
        body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    }
    const Path root;
    ondemand::document document;
    ondemand::object object;
    if (parser.iterate(simdjson::padded_string_view(body)).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
        return fail(ErrorCode::invalid_argument, "the body is not a JSON object in UTF-8");
    }
    auto result = read(object, root);
    if (result && !document.at_end()) {
        return fail(ErrorCode::invalid_argument, "the body goes on after its JSON object");
    }
    return result;
}

/// An object of text, whole numbers and flags, for the small requests of people's pages.
class FlatObject {
public:
    /// errors  invalid_argument: no object of plain values, a name twice, or one that is not in
    ///         `names`
    static Result<FlatObject>
    read(std::string body, std::initializer_list<std::string_view> names) {
        return read_object(body, [&](ondemand::object root, const Path& path) {
            FlatObject flat;
            const auto visit = [&](std::size_t name, ondemand::value value, const Path& here) {
                return keep(plain(value, here), [&](Value& read) {
                    flat.values_.emplace(names.begin()[name], std::move(read));
                });
            };
            auto seen = each_member(root, std::span(names.begin(), names.size()), path, visit);
            return seen ? Result<FlatObject>(std::move(flat))
                        : Result<FlatObject>(std::unexpected(std::move(seen.error())));
        });
    }

    /// errors  invalid_argument: missing or of another type
    [[nodiscard]] Result<std::string> text(std::string_view name) const {
        return value<std::string>(name, "must be text", nullptr);
    }

    [[nodiscard]] Result<std::string> text_or(std::string_view name, std::string otherwise) const {
        return value<std::string>(name, "must be text", &otherwise);
    }

    [[nodiscard]] Result<std::int64_t> number_or(std::string_view name, std::int64_t otherwise)
        const {
        return value<std::int64_t>(name, "must be a whole number", &otherwise);
    }

    [[nodiscard]] Result<bool> flag_or(std::string_view name, bool otherwise) const {
        return value<bool>(name, "must be true or false", &otherwise);
    }

private:
    using Value = std::variant<std::string, std::int64_t, bool>;

    static Result<Value> plain(ondemand::value value, const Path& path) {
        const auto as_value = [](auto read) {
            return read ? Result<Value>(Value(std::move(*read)))
                        : Result<Value>(std::unexpected(std::move(read.error())));
        };
        ondemand::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS) {
            return broken(path);
        }
        switch (type) {
            case ondemand::json_type::string:
                return as_value(json::text(value, path).transform([](std::string_view text) {
                    return std::string(text);
                }));
            case ondemand::json_type::number:
                return as_value(integer(
                    value,
                    path,
                    std::numeric_limits<std::int64_t>::min(),
                    std::numeric_limits<std::int64_t>::max()
                ));
            case ondemand::json_type::boolean:
                return as_value(boolean(value, path));
            default:
                return wrong(path, "must be text, a whole number, true or false");
        }
    }

    template <class T>
    [[nodiscard]] Result<T> value(std::string_view name, const char* kind, const T* otherwise)
        const {
        const auto found = values_.find(name);
        const Path root;
        if (found == values_.end()) {
            return otherwise != nullptr ? Result<T>(*otherwise)
                                        : Result<T>(wrong(root.member(name), "is missing"));
        }
        const auto* held = std::get_if<T>(&found->second);
        return held != nullptr ? Result<T>(*held) : Result<T>(wrong(root.member(name), kind));
    }

    std::map<std::string, Value, std::less<>> values_;
};

} // namespace vigil::json
