#include "vigil/state_folder.hpp"

#include "http/client.hpp"
#include "journal/sqlite_journal.hpp"

#include <format>
#include <fstream>

namespace vigil {

Result<void> StateFolder::make() const {
    std::error_code failed;
    std::filesystem::create_directories(path_, failed);
    if (!failed) {
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all, failed);
    }
    if (failed) {
        return fail(
            ErrorCode::unavailable,
            std::format("The state folder {} cannot be made: {}", path_.string(), failed.message())
        );
    }
    return {};
}

std::optional<std::string> StateFolder::running_address() const {
    std::ifstream in(address_file());
    std::string address;
    if (!std::getline(in, address)) {
        return std::nullopt;
    }
    http::Client client(address, std::chrono::milliseconds(2000));
    return client.request(http::Verb::get, "/v1/me") ? std::optional(address) : std::nullopt;
}

Result<void> StateFolder::note_address(const std::string& base_url) const {
    const auto fresh = address_file().string() + ".new";
    std::ofstream(fresh) << base_url << '\n';
    std::error_code failed;
    std::filesystem::rename(fresh, address_file(), failed);
    if (failed) {
        return fail(
            ErrorCode::unavailable,
            std::format("{} cannot be written: is the disk full?", address_file().string())
        );
    }
    return {};
}

void StateFolder::forget_address() const {
    std::error_code ignored;
    std::filesystem::remove(address_file(), ignored);
}

Result<std::unique_ptr<journal::Journal>> StateFolder::open_journal(const Clock& clock, Log& log)
    const {
    if (auto made = make(); !made) {
        return std::unexpected(made.error());
    }
    return journal::SqliteJournal::open({.folder = journal()}, clock, log);
}

} // namespace vigil
