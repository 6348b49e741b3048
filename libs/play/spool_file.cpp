#include "play/spool_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <format>
#include <utility>

namespace vigil::play {

namespace {

constexpr std::size_t header_bytes = 9;
/// More than any item has: a block's payload is at most 512 KiB.
constexpr std::uint32_t longest_body = 1 << 20;

std::uint32_t crc_of(std::uint8_t kind, const std::string& body) {
    auto crc = ::crc32(0, &kind, 1);
    crc = ::crc32(crc, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    return static_cast<std::uint32_t>(crc);
}

void write_le(char* at, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) {
        at[i] = static_cast<char>(value >> (8 * i));
    }
}

std::uint32_t read_le(const char* at) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    }
    return value;
}

bool read_all(int file, char* to, std::size_t bytes, std::uint64_t offset) {
    while (bytes > 0) {
        const auto got = ::pread(file, to, bytes, static_cast<off_t>(offset));
        if (got <= 0) {
            if (got < 0 && errno == EINTR) {
                continue;
            }
            return false;
        }
        to += got;
        bytes -= static_cast<std::size_t>(got);
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

bool write_all(int file, const char* from, std::size_t bytes, std::uint64_t offset) {
    while (bytes > 0) {
        const auto put = ::pwrite(file, from, bytes, static_cast<off_t>(offset));
        if (put < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        from += put;
        bytes -= static_cast<std::size_t>(put);
        offset += static_cast<std::uint64_t>(put);
    }
    return true;
}

/// A new file is in its folder for good only once the folder is synced.
bool sync_folder(const std::filesystem::path& folder) {
    const int file =
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) {
        ::close(file);
    }
    return synced;
}

} // namespace

SpoolFile::SpoolFile(std::filesystem::path path, std::size_t max_bytes, int file)
    : path_(std::move(path)), max_bytes_(max_bytes), file_(file) {}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : path_(std::move(other.path_)),
      max_bytes_(other.max_bytes_),
      file_(std::exchange(other.file_, -1)),
      failed_(other.failed_),
      begin_(other.begin_),
      end_(other.end_),
      items_(other.items_),
      lost_(other.lost_) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(max_bytes_, other.max_bytes_);
    std::swap(file_, other.file_);
    std::swap(failed_, other.failed_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(items_, other.items_);
    std::swap(lost_, other.lost_);
    return *this;
}

SpoolFile::~SpoolFile() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

Result<SpoolFile> SpoolFile::open(std::filesystem::path path, std::size_t max_bytes) {
    std::error_code failed; // a folder that cannot be made shows as a file that cannot be opened
    std::filesystem::create_directories(path.parent_path(), failed);
    constexpr mode_t owner_only = S_IRUSR | S_IWUSR;
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, owner_only);
    SpoolFile spool(std::move(path), max_bytes, file);
    // a file of an earlier run, or of other hands, may be open to others
    if (file < 0 || ::fchmod(file, owner_only) != 0 || !sync_folder(spool.path_.parent_path())) {
        return fail(
            ErrorCode::unavailable,
            std::format("the spool file {} cannot be written", spool.path_.string())
        );
    }
    spool.count_items();
    return spool;
}

void SpoolFile::count_items() {
    while (auto item = read_at(end_)) {
        end_ += header_bytes + item->body.size();
        ++items_;
    }
}

std::optional<Item> SpoolFile::read_at(std::uint64_t offset) const {
    std::array<char, header_bytes> header{};
    if (!read_all(file_, header.data(), header.size(), offset)) {
        return std::nullopt;
    }
    const auto length = read_le(header.data());
    if (length > longest_body) {
        return std::nullopt;
    }
    Item item{.kind = static_cast<Kind>(header[4]), .body = std::string(length, '\0')};
    if (!read_all(file_, item.body.data(), length, offset + header_bytes) ||
        crc_of(static_cast<std::uint8_t>(header[4]), item.body) != read_le(&header[5])) {
        return std::nullopt;
    }
    return item;
}

bool SpoolFile::write(const Item& item, std::uint64_t offset) const {
    const auto kind = static_cast<std::uint8_t>(item.kind);
    std::array<char, header_bytes> header{};
    write_le(header.data(), static_cast<std::uint32_t>(item.body.size()));
    header[4] = static_cast<char>(kind);
    write_le(&header[5], crc_of(kind, item.body));
    return write_all(file_, header.data(), header.size(), offset) &&
           write_all(file_, item.body.data(), item.body.size(), offset + header_bytes);
}

std::size_t SpoolFile::put(std::span<const Item> items) {
    std::size_t written = 0;
    auto end = end_;
    for (const auto& item : items) {
        const auto record = header_bytes + item.body.size();
        if (failed_ || item.body.size() > longest_body || end + record > max_bytes_ ||
            !write(item, end)) {
            break;
        }
        end += record;
        ++written;
    }
    if (written == 0) {
        return 0;
    }
    if (::fdatasync(file_) != 0) {
        failed_ = true; // what the page cache holds now is unknown: nothing more is entrusted to it
        return 0;
    }
    end_ = end;
    items_ += written;
    return written;
}

std::optional<Item> SpoolFile::take() {
    if (items_ == 0) {
        return std::nullopt;
    }
    auto item = read_at(begin_);
    if (!item) {
        // the disk no longer gives what it took: the rest of the file cannot be found either
        lost_ += std::exchange(items_, 0);
        begin_ = end_;
        return std::nullopt;
    }
    begin_ += header_bytes + item->body.size();
    --items_;
    return item;
}

void SpoolFile::release() {
    if (items_ != 0 || end_ == 0) {
        return;
    }
    // not synced: what comes back after a power cut is sent again and recognised
    if (::ftruncate(file_, 0) == 0) {
        begin_ = end_ = 0;
    }
}

} // namespace vigil::play
