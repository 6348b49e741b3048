#include "access/secret.hpp"

#include "access/mounted_secret.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <format>

namespace vigil::access {

namespace {

/// `closed`: bits of the mode that must not be set.
Result<Secret> read_secret(const std::filesystem::path& file, unsigned closed) {
    Secret secret{};
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) {
        return fail(
            ErrorCode::unavailable,
            std::format("{} cannot be read: {}", file.string(), std::strerror(errno))
        );
    }
    struct stat status{};
    ::fstat(opened, &status);
    const auto count = ::read(opened, secret.data(), secret.size());
    ::close(opened);
    if ((status.st_mode & closed) != 0) {
        return fail(
            ErrorCode::unavailable,
            std::format("{} may be read by others; run: chmod 600 {}", file.string(), file.string())
        );
    }
    if (count != static_cast<ssize_t>(secret.size()) ||
        status.st_size != static_cast<off_t>(secret.size())) {
        return fail(
            ErrorCode::unavailable,
            std::format("{} does not hold 32 bytes; restore it from the backup", file.string())
        );
    }
    return secret;
}

} // namespace

Result<Secret> load_or_make_secret(const std::filesystem::path& file, Random& random) {
    if (const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        made >= 0) {
        Secret secret{};
        random.fill(secret);
        const bool whole =
            ::write(made, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
            ::fsync(made) == 0;
        ::close(made);
        if (!whole) {
            ::unlink(file.c_str());
            return fail(
                ErrorCode::unavailable,
                std::format("{} cannot be written: is the disk full?", file.string())
            );
        }
        return secret;
    }
    return read_secret(file, 077U);
}

Result<Secret> load_secret(const std::filesystem::path& file) {
    return read_secret(file, 037U);
}

std::string keyed_digest(const Secret& secret, std::string_view purpose, std::string_view text) {
    std::string digest(crypto_generichash_BYTES, '\0');
    crypto_generichash_state state;
    crypto_generichash_init(&state, secret.data(), secret.size(), digest.size());
    crypto_generichash_update(
        &state,
        reinterpret_cast<const unsigned char*>(purpose.data()),
        purpose.size()
    );
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>("\0"), 1);
    crypto_generichash_update(
        &state,
        reinterpret_cast<const unsigned char*>(text.data()),
        text.size()
    );
    crypto_generichash_final(
        &state,
        reinterpret_cast<unsigned char*>(digest.data()),
        digest.size()
    );
    return digest;
}

bool equal_secretly(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace vigil::access
