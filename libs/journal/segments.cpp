#include "journal/segments.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace vigil::journal {

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const auto path = folder / "lock";
    const int file = error ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        const auto cause = error ? error.message() : std::generic_category().message(errno);
        return fail(
            ErrorCode::unavailable,
            "the folder " + folder.string() + " cannot be written: " + cause
        );
    }
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        ::close(file);
        return fail(
            ErrorCode::conflict,
            "another process has the journal in " + folder.string() +
                " open; stop it first, or choose another folder"
        );
    }
    return FolderLock(file);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FolderLock::~FolderLock() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

Segments::Segments(std::filesystem::path folder) : folder_(std::move(folder)) {
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
        if (const auto first = segment_first(file.path().filename().string())) {
            segments_.emplace(*first, nullptr);
        }
    }
}

Sequence Segments::oldest() const {
    const std::scoped_lock lock(mutex_);
    return segments_.empty() ? 0 : segments_.begin()->first;
}

Sequence Segments::last() const {
    const std::scoped_lock lock(mutex_);
    return segments_.empty() ? 0 : segments_.rbegin()->first;
}

void Segments::add(Sequence first) {
    const std::scoped_lock lock(mutex_);
    segments_.emplace(first, nullptr);
}

void Segments::close_reader(Sequence first) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = segments_.find(first); found != segments_.end()) {
        found->second.reset();
        std::erase(opened_, first);
    }
}

std::shared_ptr<SegmentReader> Segments::reader(Sequence first) {
    const std::scoped_lock lock(mutex_);
    const auto found = segments_.find(first);
    if (found == segments_.end()) {
        return nullptr;
    }
    std::erase(opened_, first);
    opened_.push_back(first);
    if (!found->second) {
        found->second = std::make_shared<SegmentReader>(path(first));
    }
    if (opened_.size() > open_readers) {
        segments_[opened_.front()].reset();
        opened_.erase(opened_.begin());
    }
    return found->second;
}

std::vector<StoredPtr> Segments::read(Sequence after, Sequence newest, ReadLimits limits) {
    std::vector<StoredPtr> all;
    while (true) {
        Sequence first = 0;
        Sequence next = 0;
        {
            const std::scoped_lock lock(mutex_);
            const auto segment = segments_.upper_bound(after + 1);
            if (segment == segments_.begin()) {
                return all;
            }
            next = segment == segments_.end() ? 0 : segment->first;
            first = std::prev(segment)->first;
        }
        const auto open = reader(first);
        if (!open) {
            return all;
        }
        const auto found = open->read(after, newest, limits);
        all.insert(all.end(), found.begin(), found.end());
        for (const auto& entry : found) {
            limits.entries -= 1;
            limits.bytes -= std::min(limits.bytes, entry->entry.ByteSizeLong());
        }
        const bool has_all = next == 0 || (!found.empty() && found.back()->sequence + 1 < next);
        if (has_all || limits.entries == 0 || limits.bytes == 0) {
            return all;
        }
        after = next - 1;
    }
}

std::vector<Sequence> Segments::only_up_to(Sequence up_to) const {
    const std::scoped_lock lock(mutex_);
    std::vector<Sequence> found;
    for (auto segment = segments_.begin(); segment != segments_.end(); ++segment) {
        const auto next = std::next(segment);
        if (next == segments_.end() || next->first - 1 > up_to) {
            break;
        }
        found.push_back(segment->first);
    }
    return found;
}

Sequence Segments::end_of(Sequence first) const {
    const std::scoped_lock lock(mutex_);
    const auto next = segments_.upper_bound(first);
    return next == segments_.end() ? first - 1 : next->first - 1;
}

void Segments::drop(Sequence first) {
    std::shared_ptr<SegmentReader> closing; // its destructor works on the file: not under the lock
    {
        const std::scoped_lock lock(mutex_);
        const auto found = segments_.find(first);
        if (found == segments_.end()) {
            return;
        }
        closing = std::move(found->second);
        segments_.erase(found);
        std::erase(opened_, first);
    }
    closing.reset();
    for (const auto* suffix : {"-wal", "-shm", ""}) {
        std::filesystem::remove(path(first).string() + suffix);
    }
}

std::uint64_t Segments::disk_bytes() const {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(folder_, error)) {
        const auto size = file.file_size(error);
        bytes += error ? 0 : size;
    }
    return bytes;
}

} // namespace vigil::journal
