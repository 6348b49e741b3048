#include "records/open_store.hpp"

#include "store/mariadb/mariadb_store.hpp"
#include "store/sqlite_store.hpp"

#include <string_view>

namespace vigil::records {

namespace {

constexpr std::string_view sqlite = "sqlite:";
constexpr std::string_view mariadb = "mariadb:";

bool is_sqlite(const StoreConfig& config) {
    return config.place.starts_with(sqlite) && config.place.size() > sqlite.size();
}

/// No user, no password.
Result<store::Account> account_of(const std::string& user, const std::filesystem::path& file) {
    store::Account account{.user = user, .password = {}};
    if (user.empty()) {
        return account;
    }
    auto password = store::read_password(file);
    if (!password) {
        return std::unexpected(password.error());
    }
    account.password = *std::move(password);
    return account;
}

} // namespace

std::optional<std::string> fault_of(const StoreConfig& config) {
    if (is_sqlite(config)) {
        return std::nullopt;
    }
    if (!config.place.starts_with(mariadb)) {
        return "--store must be sqlite:FILE or mariadb://HOST:3306/DATABASE.";
    }
    if (auto url = store::parse_mariadb_url(config.place); !url) {
        return "--store: " + url.error().detail;
    }
    if (config.user.empty() || config.password_file.empty()) {
        return "--store is MariaDB's: --store-user and --store-password-file say who enters it.";
    }
    if (config.migrate_user.empty() != config.migrate_password_file.empty()) {
        return "--store-migrate-user and --store-migrate-password-file belong together.";
    }
    return std::nullopt;
}

Result<std::unique_ptr<store::Store>> open_store(const StoreConfig& config, Log& log) {
    if (is_sqlite(config)) {
        auto opened = store::SqliteStore::open({.file = config.place.substr(sqlite.size())}, log);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        return *std::move(opened);
    }
    auto options = store::parse_mariadb_url(config.place);
    auto account = account_of(config.user, config.password_file);
    auto migration = account_of(config.migrate_user, config.migrate_password_file);
    for (const auto* error :
         {!options ? &options.error() : nullptr,
          !account ? &account.error() : nullptr,
          !migration ? &migration.error() : nullptr}) {
        if (error != nullptr) {
            return std::unexpected(*error);
        }
    }
    options->account = *std::move(account);
    options->migration = *std::move(migration);
    options->ca_file = config.ca;
    auto opened = store::MariadbStore::open(*std::move(options), log);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    return *std::move(opened);
}

} // namespace vigil::records
