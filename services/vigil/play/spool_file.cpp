#include "vigil/play/spool_file.hpp"

#include <zlib.h>

#include <array>
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

} // namespace

SpoolFile::SpoolFile(std::filesystem::path path, std::size_t max_bytes)
    : path_(std::move(path)), max_bytes_(max_bytes) {}

Result<SpoolFile> SpoolFile::open(std::filesystem::path path, std::size_t max_bytes) {
    SpoolFile spool(std::move(path), max_bytes);
    std::error_code failed; // a folder that cannot be made shows as a file that cannot be opened
    std::filesystem::create_directories(spool.path_.parent_path(), failed);
    constexpr auto mode = std::ios::in | std::ios::out | std::ios::binary;
    spool.file_.open(spool.path_, mode);
    if (!spool.file_) {
        spool.file_.open(spool.path_, mode | std::ios::trunc);
    }
    if (!spool.file_) {
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
    file_.clear();
}

std::optional<Item> SpoolFile::read_at(std::uint64_t offset) {
    file_.clear();
    std::array<char, header_bytes> header{};
    file_.seekg(static_cast<std::streamoff>(offset));
    if (!file_.read(header.data(), header.size())) {
        return std::nullopt;
    }
    const auto length = read_le(header.data());
    if (length > longest_body) {
        return std::nullopt;
    }
    Item item{.kind = static_cast<Kind>(header[4]), .body = std::string(length, '\0')};
    if (!file_.read(item.body.data(), length) ||
        crc_of(static_cast<std::uint8_t>(header[4]), item.body) != read_le(&header[5])) {
        return std::nullopt;
    }
    return item;
}

bool SpoolFile::put(const Item& item) {
    const auto kind = static_cast<std::uint8_t>(item.kind);
    const auto record = header_bytes + item.body.size();
    if (item.body.size() > longest_body || end_ + record > max_bytes_) {
        return false;
    }
    std::array<char, header_bytes> header{};
    write_le(header.data(), static_cast<std::uint32_t>(item.body.size()));
    header[4] = static_cast<char>(kind);
    write_le(&header[5], crc_of(kind, item.body));
    file_.clear();
    file_.seekp(static_cast<std::streamoff>(end_));
    file_.write(header.data(), header.size());
    file_.write(item.body.data(), static_cast<std::streamsize>(item.body.size()));
    file_.flush();
    if (!file_) {
        return false;
    }
    end_ += record;
    ++items_;
    return true;
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
    begin_ = end_ = 0;
    file_.close();
    file_.open(path_, std::ios::in | std::ios::out | std::ios::binary | std::ios::trunc);
}

} // namespace vigil::play
