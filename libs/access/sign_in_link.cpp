#include "access/sign_in_link.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <format>

namespace vigil::access {

namespace {

std::filesystem::path file_of(const std::filesystem::path& folder, std::string_view token) {
    return folder / to_hex(derived_id(token, "sign-in link"));
}

} // namespace

Result<std::string> make_sign_in_link(const std::filesystem::path& folder, Random& random) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    auto token = to_hex(random_id(random));
    const auto file = file_of(folder, token);
    const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0) {
        return fail(
            ErrorCode::unavailable,
            std::format("{} cannot be written: is the disk full?", folder.string())
        );
    }
    ::close(made);
    return token;
}

Result<void>
use_sign_in_link(const std::filesystem::path& folder, std::string_view token, UtcTime now) {
    struct stat status{};
    const auto file = file_of(folder, token);
    if (token.size() != 32 || ::stat(file.c_str(), &status) != 0 || ::unlink(file.c_str()) != 0) {
        return fail(
            ErrorCode::unauthenticated,
            "This link was used already; run `vigil link` for a new one."
        );
    }
    if (std::chrono::sys_seconds{std::chrono::seconds{status.st_mtime}} + link_length < now) {
        return fail(
            ErrorCode::unauthenticated,
            "This link is too old; run `vigil link` for a new one."
        );
    }
    return {};
}

} // namespace vigil::access
