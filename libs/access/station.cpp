#include "access/station.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <utility>

namespace vigil::access {

namespace {

constexpr std::string_view prefix = "vs_";
constexpr std::size_t id_digits = 16;
constexpr std::size_t secret_digits = 48;

std::string digits(Random& random, std::size_t count) {
    std::string bytes(count / 2, '\0');
    random.fill(std::span(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()));
    return to_hex(bytes);
}

std::string
signature(const Secret& secret, const v1::Station& station, std::string_view expires_us) {
    return to_hex(keyed_digest(
        secret,
        "station",
        std::format("{}\n{}\n", station.id(), expires_us) + station.digest()
    ));
}

} // namespace

NewStation make_station(
    const Secret& secret,
    Random& random,
    std::string label,
    std::string by,
    std::int64_t now_us
) {
    NewStation made;
    const auto id = digits(random, id_digits);
    made.token = std::string(prefix) + id + "_" + digits(random, secret_digits);
    made.record.set_id(id);
    made.record.set_label(std::move(label));
    made.record.set_digest(keyed_digest(secret, "station token", made.token));
    made.record.set_created_us(now_us);
    made.record.set_by(std::move(by));
    return made;
}

Result<v1::Station> station_of_token(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view token,
    UtcTime now
) {
    const auto refused = [] {
        return fail(
            ErrorCode::unauthenticated,
            "This link is not known, was used, or is over a day old; ask for a new one."
        );
    };
    if (token.size() != prefix.size() + id_digits + 1 + secret_digits ||
        !token.starts_with(prefix)) {
        return refused();
    }
    const auto found = directory.stations.find(token.substr(prefix.size(), id_digits));
    if (found == directory.stations.end() || found->second.revoked_us() != 0 ||
        found->second.enrolled_us() != 0 ||
        from_us(found->second.created_us()) + station_token_length < now ||
        !equal_secretly(found->second.digest(), keyed_digest(secret, "station token", token))) {
        return refused();
    }
    return found->second;
}

std::string make_station_cookie(const Secret& secret, const v1::Station& station, UtcTime expires) {
    const auto expires_us = std::to_string(to_us(expires));
    return station.id() + "." + expires_us + "." + signature(secret, station, expires_us);
}

Result<v1::Station> find_station(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view cookie,
    UtcTime now
) {
    const auto refused = [] {
        return fail(
            ErrorCode::unauthenticated,
            "This station's access has ended; an administrator makes a new link."
        );
    };
    const auto first = cookie.find('.');
    const auto second = cookie.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos || cookie.size() > 256) {
        return refused();
    }
    const auto expires_text = cookie.substr(first + 1, second - first - 1);
    std::int64_t expires_us = 0;
    std::from_chars(expires_text.data(), expires_text.data() + expires_text.size(), expires_us);
    const auto found = directory.stations.find(cookie.substr(0, first));
    if (found == directory.stations.end() || found->second.revoked_us() != 0 ||
        !equal_secretly(
            cookie.substr(second + 1),
            signature(secret, found->second, expires_text)
        ) ||
        expires_us <= to_us(now)) {
        return refused();
    }
    return found->second;
}

Result<void> check_new_pin(std::string_view pin) {
    const auto wrong = [](std::string detail) {
        return fail(ErrorCode::invalid_argument, std::move(detail), "pin");
    };
    if (pin.size() < 6 || pin.size() > 12 ||
        pin.find_first_not_of("0123456789") != std::string_view::npos) {
        return wrong("A PIN has 6 to 12 digits.");
    }
    for (const int step : {-1, 0, 1}) {
        const auto breaks = [step](char a, char b) { return b - a != step; };
        if (std::ranges::adjacent_find(pin, breaks) == pin.end()) {
            return wrong("A PIN is no run of digits such as 123456 or 111111.");
        }
    }
    return {};
}

} // namespace vigil::access
