#include "access/session.hpp"

#include <sodium.h>

#include <charconv>
#include <format>

namespace vigil::access {

namespace {

std::string from_hex(std::string_view text) {
    std::string bytes(text.size() / 2, '\0');
    std::size_t length = 0;
    if (sodium_hex2bin(
            reinterpret_cast<unsigned char*>(bytes.data()),
            bytes.size(),
            text.data(),
            text.size(),
            nullptr,
            &length,
            nullptr
        ) != 0) {
        return {};
    }
    bytes.resize(length);
    return bytes;
}

/// What the signature covers beside the session itself: with another password or role the old
/// cookies end.
std::string signature(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view claims,
    std::string_view user
) {
    std::string covered(claims);
    if (const auto found = directory.users.find(user); found != directory.users.end()) {
        covered += std::format(
            "\n{}\n{}",
            found->second.password_hash(),
            static_cast<int>(found->second.role())
        );
    }
    return keyed_digest(secret, "session", covered);
}

} // namespace

std::string
make_session(const Secret& secret, const DirectoryState& directory, const Session& session) {
    const auto claims =
        std::format("{}\n{}\n{}", session.user, static_cast<int>(session.role), session.expires_us);
    return to_hex(claims) + "." + to_hex(signature(secret, directory, claims, session.user));
}

Result<Session> find_session(
    const Secret& secret,
    const DirectoryState& directory,
    std::string_view cookie,
    UtcTime now
) {
    const auto refused = [] {
        return fail(ErrorCode::unauthenticated, "This session has ended; sign in again.");
    };
    const auto dot = cookie.find('.');
    if (dot == std::string_view::npos || cookie.size() > 1024) {
        return refused();
    }
    const auto claims = from_hex(cookie.substr(0, dot));
    const auto first = claims.find('\n');
    const auto second = claims.find('\n', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
        return refused();
    }
    Session session;
    session.user = claims.substr(0, first);
    int role = 0;
    std::from_chars(claims.data() + first + 1, claims.data() + second, role);
    std::from_chars(claims.data() + second + 1, claims.data() + claims.size(), session.expires_us);
    session.role = static_cast<v1::StaffUser::Role>(role);
    if (!equal_secretly(
            from_hex(cookie.substr(dot + 1)),
            signature(secret, directory, claims, session.user)
        )) {
        return refused();
    }
    const auto known = directory.users.find(session.user);
    const bool may_be_local = session.user == local_user && known == directory.users.end();
    if (session.expires_us <= to_us(now) ||
        (!may_be_local && (known == directory.users.end() || known->second.disabled()))) {
        return refused();
    }
    return session;
}

Result<std::string> hash_password(std::string_view password) {
    std::string hash(crypto_pwhash_STRBYTES, '\0');
    if (sodium_init() < 0 || crypto_pwhash_str(
                                 hash.data(),
                                 password.data(),
                                 password.size(),
                                 crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                 crypto_pwhash_MEMLIMIT_INTERACTIVE
                             ) != 0) {
        return fail(
            ErrorCode::internal,
            "The password could not be hashed.",
            {},
            "crypto_pwhash_str failed: out of memory"
        );
    }
    hash.resize(hash.find('\0'));
    return hash;
}

bool verify_password(std::string_view hash, std::string_view password) {
    static const std::string nobody = hash_password("no user has this password").value_or("");
    const std::string against(hash.empty() ? std::string_view(nobody) : hash);
    const bool right =
        crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
    return right && !hash.empty();
}

Result<void> check_new_password(std::string_view password) {
    if (password.size() < 12 || password.size() > 256) {
        return fail(
            ErrorCode::invalid_argument,
            "A password has 12 to 256 characters.",
            "password"
        );
    }
    return {};
}

} // namespace vigil::access
