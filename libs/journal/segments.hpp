// The journal's folder: its lock, its segments in order and who reads them. Used by SqliteJournal.
#pragma once

#include "base/error.hpp"
#include "journal/segment.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

namespace vigil::journal {

/// Keeps a second process out of a folder while it lives.
class FolderLock {
public:
    /// errors  conflict: another process holds it; unavailable: the folder cannot be made or
    /// written
    [[nodiscard]] static Result<FolderLock> take(const std::filesystem::path& folder);

    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&&) = delete;
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;
    ~FolderLock();

private:
    explicit FolderLock(int file) : file_(file) {}

    int file_ = -1;
};

/// Throws sqlite::Failure and std::filesystem::filesystem_error. threads any
class Segments {
public:
    explicit Segments(std::filesystem::path folder);

    [[nodiscard]] std::filesystem::path path(Sequence first) const {
        return folder_ / segment_name(first);
    }

    /// The first sequence of the oldest and of the newest segment, 0 when there is none.
    [[nodiscard]] Sequence oldest() const;
    [[nodiscard]] Sequence last() const;
    void add(Sequence first);
    /// Closes what readers hold open of it, where nobody is reading just now.
    void close_reader(Sequence first);
    /// Entries after `after` up to `newest`; empty when their segment is not there (any more).
    [[nodiscard]] std::vector<StoredPtr> read(Sequence after, Sequence newest, ReadLimits limits);
    /// Which segments hold nothing after `up_to`; never the last one. Oldest first.
    [[nodiscard]] std::vector<Sequence> only_up_to(Sequence up_to) const;
    /// The last sequence of a segment that is not the last.
    [[nodiscard]] Sequence end_of(Sequence first) const;
    void drop(Sequence first);
    [[nodiscard]] std::uint64_t disk_bytes() const;

private:
    static constexpr std::size_t open_readers =
        4; // 64 MiB of page cache are the kernel's; a connection costs 100 KiB

    [[nodiscard]] std::shared_ptr<SegmentReader> reader(Sequence first);

    std::filesystem::path folder_;
    mutable std::mutex mutex_;
    std::map<Sequence, std::shared_ptr<SegmentReader>> segments_; // by first sequence
    std::vector<Sequence> opened_; // those with a reader, oldest use first
};

} // namespace vigil::journal
