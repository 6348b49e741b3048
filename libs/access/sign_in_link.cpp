#include "access/sign_in_link.hpp"

#include <charconv>
#include <format>

namespace vigil::access {

namespace {

constexpr std::size_t id_length = 32;
constexpr std::size_t time_length = 16;

std::string proof_of(const Secret& secret, std::string_view id_and_end) {
    return to_hex(keyed_digest(secret, "sign-in link", id_and_end));
}

std::unexpected<Error> refused(std::string_view what) {
    return fail(
        ErrorCode::unauthenticated,
        std::format("This link {}; run `vigil link` for a new one.", what)
    );
}

} // namespace

std::string make_sign_in_link(const Secret& secret, Random& random, UtcTime now) {
    const auto claims = std::format(
        "{}-{:0{}x}",
        to_hex(random_id(random)),
        static_cast<std::uint64_t>(to_us(now + link_length)),
        time_length
    );
    return claims + '-' + proof_of(secret, claims);
}

Result<v1::LinkUsed> read_sign_in_link(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view token,
    UtcTime now
) {
    constexpr auto claims_length = id_length + 1 + time_length;
    const auto claims = token.substr(0, claims_length);
    const bool is_one = token.size() > claims_length && token[claims_length] == '-' &&
                        equal_secretly(token.substr(claims_length + 1), proof_of(secret, claims));
    if (!is_one) {
        return refused("is not one of this server");
    }
    std::int64_t end_us = 0;
    std::from_chars(claims.data() + id_length + 1, claims.data() + claims.size(), end_us, 16);
    v1::LinkUsed used;
    used.set_id(std::string(claims.substr(0, id_length)));
    used.set_expires_us(end_us);
    used.set_used_us(to_us(now));
    if (directory.used_links.contains(used.id())) {
        return refused("was used already");
    }
    if (end_us < to_us(now)) {
        return refused("is too old");
    }
    return used;
}

} // namespace vigil::access
