// Where the store of a cluster is and as whom it is entered. Filled by main.cpp.
#pragma once

#include "base/error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace vigil::store {

struct Account {
    std::string user;
    std::string password;
};

struct MariadbOptions {
    std::string host; // or, with a '/' first, the path of the server's socket
    std::uint16_t port = 3306;
    std::string database;
    Account account;
    /// Changes tables; without a user `account` does, which then needs the rights.
    Account migration;
    /// PEM of who signed the server's certificate, which must be for `host`. Empty: no TLS.
    std::filesystem::path ca_file;
    std::size_t readers = 4; // queries at once; more wait
    std::chrono::milliseconds connect_timeout{5'000};
    /// Of one statement; also how long a query waits for a reader, and a write for another writer.
    std::chrono::milliseconds timeout{30'000};
};

/// Host, port and database of `mariadb://HOST:3306/vigil`; the port may be left out.
///
/// errors  invalid_argument: another scheme, no host, a user or password (they stand in files), a
/// database whose name is not 1 to 64 of letters, digits and _
[[nodiscard]] Result<MariadbOptions> parse_mariadb_url(std::string_view url);

/// The first line of a file.
/// errors  invalid_argument: no such file, or an empty line
[[nodiscard]] Result<std::string> read_password(const std::filesystem::path& file);

} // namespace vigil::store
