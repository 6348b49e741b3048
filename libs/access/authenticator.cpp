#include "access/authenticator.hpp"

#include "access/device_key.hpp"
#include "access/session.hpp"
#include "access/station.hpp"

#include <utility>

namespace vigil::access {

namespace {

constexpr std::string_view bearer = "Bearer ";

std::string_view cookie_value(std::string_view cookies, std::string_view name) {
    while (!cookies.empty()) {
        const auto end = cookies.find(';');
        auto pair = cookies.substr(0, end);
        cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            return pair.substr(name.size() + 1);
        }
    }
    return {};
}

http::Principal staff(std::string user, v1::StaffUser::Role role) {
    return {
        .kind = http::Principal::Kind::staff,
        .id = std::move(user),
        .patient = {},
        .clinician = role == v1::StaffUser::CLINICIAN || role == v1::StaffUser::ADMINISTRATOR,
        .administrator = role == v1::StaffUser::ADMINISTRATOR,
    };
}

http::Principal station(const v1::Station& station) {
    return {
        .kind = http::Principal::Kind::staff,
        .id = std::string(station_prefix) + station.id(),
        .station = station.id(),
    };
}

} // namespace

http::Authenticator make_authenticator(
    const Directory& directory,
    const Secret& secret,
    std::string administrator,
    const Clock& clock
) {
    return [&directory, &secret, administrator = std::move(administrator), &clock](
               const http::Request& request
           ) -> Result<http::Principal> {
        if (const auto authorization = request.header("authorization"); !authorization.empty()) {
            if (!authorization.starts_with(bearer)) {
                return fail(
                    ErrorCode::unauthenticated,
                    "Authorization must be: Bearer KEY.",
                    "Authorization"
                );
            }
            const auto text = authorization.substr(bearer.size());
            if (equal_secretly(text, administrator)) {
                return staff(std::string(local_user), v1::StaffUser::ADMINISTRATOR);
            }
            const auto state = directory.state();
            return find_device_key(*state, secret, text).transform([](const v1::DeviceKey* key) {
                return http::Principal{
                    .kind = http::Principal::Kind::device,
                    .id = key->id(),
                    .patient = key->patient(),
                    .device = key->device(),
                };
            });
        }
        const auto state = directory.state();
        const auto cookie = cookie_value(request.header("cookie"), session_cookie);
        // A browser that is a station stays one: nobody's session makes it deaf.
        if (const auto named = cookie_value(request.header("cookie"), station_cookie);
            !named.empty()) {
            auto found = find_station(secret, *state, named, clock.utc());
            if (found || cookie.empty()) {
                return std::move(found).transform(station);
            }
        }
        if (!cookie.empty()) {
            return find_session(secret, *state, cookie, clock.utc()).transform([](Session session) {
                return staff(std::move(session.user), session.role);
            });
        }
        return http::Principal{};
    };
}

std::string administrator_token(const Secret& secret) {
    return "va_" + to_hex(keyed_digest(secret, "administrator token", "")).substr(0, 48);
}

} // namespace vigil::access
