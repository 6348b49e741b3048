// The folder that holds everything a single machine keeps: where its parts lie, and whether a
// server runs on it.
#pragma once

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace vigil {

class StateFolder {
public:
    explicit StateFolder(std::filesystem::path path) : path_(std::move(path)) {}

    [[nodiscard]] std::filesystem::path journal() const { return path_ / "journal"; }

    [[nodiscard]] std::filesystem::path store() const { return path_ / "store.db"; }

    [[nodiscard]] std::filesystem::path secret() const { return path_ / "secret"; }

    [[nodiscard]] std::filesystem::path played_keys() const { return path_ / "played_keys"; }

    [[nodiscard]] std::filesystem::path spool() const { return path_ / "spool"; }

    /// Makes the folder, readable by its owner alone. errors  unavailable
    [[nodiscard]] Result<void> make() const;
    /// Base URL of the server that runs on this folder; nothing when none answers.
    [[nodiscard]] std::optional<std::string> running_address() const;
    /// Says that a server runs here, until forget_address().
    Result<void> note_address(const std::string& base_url) const;
    void forget_address() const;

    /// errors  unavailable: another process has it open
    [[nodiscard]] Result<std::unique_ptr<journal::Journal>>
    open_journal(const Clock& clock, Log& log) const;

private:
    [[nodiscard]] std::filesystem::path address_file() const { return path_ / "address"; }

    std::filesystem::path path_;
};

} // namespace vigil
