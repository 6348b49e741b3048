// Items in a file, first in, first out: what memory has no room for while the server is away. Used
// by the outbox.
#pragma once

#include "base/error.hpp"
#include "vigil/play/item.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>

namespace vigil::play {

/// A record is length, kind and CRC-32, then the body. A file that was cut off in the middle of a
/// record loses this record alone; a file that was half read is read from its beginning by the next
/// run, since duplicates are recognised.
///
/// threads one at a time
class SpoolFile {
public:
    /// Opens or makes the file; what an earlier run left in it is there to be taken.
    /// errors  unavailable: the file cannot be written
    static Result<SpoolFile> open(std::filesystem::path path, std::size_t max_bytes);

    /// False: the bound is reached or the disk is full; nothing was written.
    [[nodiscard]] bool put(const Item& item);
    /// The oldest item; its epoch is 0. Nothing when all are taken.
    [[nodiscard]] std::optional<Item> take();
    /// Empties the file once everything that was taken is delivered; until then a crash loses
    /// nothing.
    void release();

    [[nodiscard]] std::size_t items() const { return items_; }

    [[nodiscard]] std::size_t lost() const { return lost_; }

private:
    SpoolFile(std::filesystem::path path, std::size_t max_bytes);
    void count_items();
    [[nodiscard]] std::optional<Item> read_at(std::uint64_t offset);

    std::filesystem::path path_;
    std::size_t max_bytes_;
    std::fstream file_;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
    std::size_t items_ = 0;
    std::size_t lost_ = 0;
};

} // namespace vigil::play
