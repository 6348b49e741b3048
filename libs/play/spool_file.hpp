// Items in a file, first in, first out: what memory has no room for while the server is away. Used
// by the outbox.
#pragma once

#include "base/error.hpp"
#include "play/item.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace vigil::play {

/// A record is length, kind and CRC-32, then the body. A file that was cut off in the middle of a
/// record loses this record alone; a file that was half read is read from its beginning by the next
/// run, since duplicates are recognised. Not encrypted: only its owner may read it (mode 0600).
///
/// threads one at a time
class SpoolFile {
public:
    /// Opens or makes the file; what an earlier run left in it is there to be taken.
    /// errors  unavailable: the file cannot be written, or kept from others
    static Result<SpoolFile> open(std::filesystem::path path, std::size_t max_bytes);

    SpoolFile(SpoolFile&& other) noexcept;
    SpoolFile& operator=(SpoolFile&& other) noexcept;
    SpoolFile(const SpoolFile&) = delete;
    SpoolFile& operator=(const SpoolFile&) = delete;
    ~SpoolFile();

    /// Keeps items, in their order, until one finds no room; returns once the disk has them.
    /// Returns how many are kept: fewer than all where the bound is reached or the disk is full,
    /// none where the disk fails; after that it takes no more.
    [[nodiscard]] std::size_t put(std::span<const Item> items);
    /// The oldest item; its epoch is 0. Nothing when all are taken.
    [[nodiscard]] std::optional<Item> take();
    /// Empties the file once everything that was taken is delivered; until then a crash loses
    /// nothing.
    void release();

    [[nodiscard]] std::size_t items() const { return items_; }

    [[nodiscard]] std::size_t lost() const { return lost_; }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    SpoolFile(std::filesystem::path path, std::size_t max_bytes, int file);
    void count_items();
    [[nodiscard]] std::optional<Item> read_at(std::uint64_t offset) const;
    [[nodiscard]] bool write(const Item& item, std::uint64_t offset) const;

    std::filesystem::path path_;
    std::size_t max_bytes_;
    int file_ = -1;
    bool failed_ = false; // a sync failed: what the file holds beyond end_ is unknown
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
    std::size_t items_ = 0;
    std::size_t lost_ = 0;
};

} // namespace vigil::play
