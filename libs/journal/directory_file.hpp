// directory.db: the newest entry of each directory key and of each partition's outputs, so that
// they survive the freeing of their segments. What it lacks after a crash is read from the segments
// again.
#pragma once

#include "journal/journal.hpp"
#include "journal/sqlite_file.hpp"

#include <filesystem>
#include <span>

namespace vigil::journal {

/// Throws sqlite::Failure. threads one at a time
class DirectoryFile {
public:
    explicit DirectoryFile(const std::filesystem::path& path);

    /// Up to which sequence of the journal it reaches.
    [[nodiscard]] Sequence reaches();
    /// All kept entries, in the order of their sequences.
    [[nodiscard]] std::vector<StoredPtr> load();
    /// Takes newer kept entries in; all or nothing.
    void save(std::span<const StoredPtr> entries, Sequence reaches);
    /// After this a power cut cannot take back what was saved.
    void sync();

private:
    sqlite::File file_;
};

} // namespace vigil::journal
