// The store that a flag names. Used by main.cpp.
#pragma once

#include "base/log.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace vigil::records {

struct StoreConfig {
    std::string place; // "sqlite:FILE" or "mariadb://HOST:3306/vigil"
    std::string user;
    std::filesystem::path password_file;
    std::string migrate_user; // changes tables; empty: `user` does
    std::filesystem::path migrate_password_file;
    std::filesystem::path ca; // of the server; empty: no TLS
};

/// What is wrong with it, in a sentence.
[[nodiscard]] std::optional<std::string> fault_of(const StoreConfig& config);

/// errors  those of the adapter
[[nodiscard]] Result<std::unique_ptr<store::Store>> open_store(const StoreConfig& config, Log& log);

} // namespace vigil::records
