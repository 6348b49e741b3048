#include "journal/segment.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <format>
#include <system_error>

namespace vigil::journal {

namespace {

constexpr std::string_view prefix = "segment-";
constexpr std::string_view suffix = ".db";
constexpr std::size_t digits = 20;

// 4 MiB of pages: a checkpoint syncs twice, so it must not come with every group
constexpr int checkpoint_frames = 1024;

// A new name in a folder survives a power cut only when the folder itself is synced.
void sync_folder(const std::filesystem::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int result = fd < 0 ? -1 : ::fsync(fd);
    const int error = errno;
    if (fd >= 0) {
        ::close(fd);
    }
    if (result != 0) {
        throw sqlite::Failure(
            SQLITE_IOERR_DIR_FSYNC,
            "the journal's folder cannot be synced: " + std::generic_category().message(error)
        );
    }
}

} // namespace

std::string segment_name(Sequence first) {
    return std::format("{}{:020}{}", prefix, first, suffix);
}

std::optional<Sequence> segment_first(const std::string& name) {
    if (name.size() != prefix.size() + digits + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
        return std::nullopt;
    }
    Sequence first = 0;
    const auto* begin = name.data() + prefix.size();
    const auto [end, error] = std::from_chars(begin, begin + digits, first);
    if (error != std::errc() || end != begin + digits || first == 0) {
        return std::nullopt;
    }
    return first;
}

OpenSegment::OpenSegment(std::filesystem::path path, Sequence first)
    : path_(std::move(path)), first_(first) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(path_, absent);
    bytes_ = absent ? 0 : size;
    file_ = sqlite::File::open(path_, sqlite::File::Sync::full);
    file_.run(
        "CREATE TABLE IF NOT EXISTS entries (sequence INTEGER PRIMARY KEY, entry BLOB NOT NULL)"
    );
    begin_ = sqlite::Statement(file_, "BEGIN IMMEDIATE");
    insert_ = sqlite::Statement(file_, "INSERT INTO entries (sequence, entry) VALUES (?1, ?2)");
    commit_ = sqlite::Statement(file_, "COMMIT");
    sync_folder(path_.parent_path());
}

void OpenSegment::begin() {
    begin_.run();
    pending_bytes_ = 0;
}

void OpenSegment::insert(Sequence sequence, std::string_view entry) {
    insert_.bind(1, static_cast<std::int64_t>(sequence)).bind_blob(2, entry).run();
    pending_bytes_ += entry.size();
}

void OpenSegment::commit() {
    commit_.run();
    bytes_ += pending_bytes_;
}

void OpenSegment::roll_back() noexcept {
    file_.roll_back();
}

void OpenSegment::checkpoint_if_due() {
    if (file_.wal_frames() >= checkpoint_frames) {
        file_.checkpoint(false);
    }
}

void OpenSegment::checkpoint() {
    file_.checkpoint(true);
}

void OpenSegment::seal() {
    file_.checkpoint(true);
    sqlite3_busy_timeout(file_.handle(), 0);
    try {
        file_.run("PRAGMA journal_mode=DELETE");
    } catch (const sqlite::Failure& failure) {
        // a reader has it open: it stays in WAL mode, which reads as well
        if (failure.is_failed_sync()) {
            throw;
        }
    }
    // else a power cut could bring back the journal of that change
    sync_folder(path_.parent_path());
}

Sequence OpenSegment::newest() {
    sqlite::Statement select(file_, "SELECT max(sequence) FROM entries");
    select.step();
    return select.is_null(0) ? first_ - 1 : static_cast<Sequence>(select.integer(0));
}

SegmentReader::SegmentReader(const std::filesystem::path& path)
    : file_(sqlite::File::open_for_reading(path)),
      select_(
          file_,
          "SELECT sequence, entry FROM entries WHERE sequence > ?1 AND sequence <= ?2 ORDER BY "
          "sequence"
      ) {}

std::vector<StoredPtr> SegmentReader::read(Sequence after, Sequence newest, ReadLimits limits) {
    const std::scoped_lock lock(mutex_);
    const sqlite::Use use(select_);
    select_.bind(1, static_cast<std::int64_t>(after)).bind(2, static_cast<std::int64_t>(newest));
    std::vector<StoredPtr> found;
    std::size_t bytes = 0;
    while (found.size() < limits.entries && select_.step()) {
        const auto text = select_.bytes(1);
        bytes += text.size();
        if (bytes > limits.bytes && !found.empty()) {
            break;
        }
        auto stored = std::make_shared<Stored>();
        stored->sequence = static_cast<Sequence>(select_.integer(0));
        if (!stored->entry.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
            throw sqlite::Failure(
                SQLITE_CORRUPT,
                "entry " + std::to_string(stored->sequence) + " cannot be parsed"
            );
        }
        found.push_back(std::move(stored));
    }
    return found;
}

} // namespace vigil::journal
