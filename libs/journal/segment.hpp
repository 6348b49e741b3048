// One file of the journal: consecutive entries, written until it is full or old, then sealed, then
// dropped whole.
#pragma once

#include "journal/journal.hpp"
#include "journal/sqlite_file.hpp"

#include <filesystem>
#include <mutex>
#include <optional>

namespace vigil::journal {

/// "segment-00000000000000000001.db": the first sequence that may be in it.
[[nodiscard]] std::string segment_name(Sequence first);
[[nodiscard]] std::optional<Sequence> segment_first(const std::string& name);

/// The segment that is being written. Throws sqlite::Failure. threads the writer's
class OpenSegment {
public:
    /// Opens or makes it; SQLite drops what a crash left half written.
    OpenSegment(std::filesystem::path path, Sequence first);

    void begin();
    void insert(Sequence sequence, std::string_view entry);
    void commit();
    void roll_back() noexcept;
    /// Moves what was committed from the WAL to the file once there is enough of it.
    void checkpoint_if_due();
    /// Moves all of it: the next start then has nothing to recover.
    void checkpoint();
    /// The same, and leaves a plain file, so that reading it later needs no room on the disk.
    void seal();

    [[nodiscard]] Sequence first() const { return first_; }

    /// Newest sequence in it, first() - 1 when empty.
    [[nodiscard]] Sequence newest();

    /// Bytes of the entries in it, approximately for what was there when it was opened.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    std::filesystem::path path_;
    Sequence first_;
    std::uint64_t bytes_ = 0;
    std::uint64_t pending_bytes_ = 0;
    sqlite::File file_;
    sqlite::Statement begin_;
    sqlite::Statement insert_;
    sqlite::Statement commit_;
};

/// A segment as readers see it. Throws sqlite::Failure. threads any
class SegmentReader {
public:
    explicit SegmentReader(const std::filesystem::path& path);

    /// Entries after `after` up to and with `newest`.
    [[nodiscard]] std::vector<StoredPtr> read(Sequence after, Sequence newest, ReadLimits limits);

private:
    std::mutex mutex_;
    sqlite::File file_;
    sqlite::Statement select_;
};

} // namespace vigil::journal
