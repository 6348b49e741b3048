// Stands between a program and the kernel's fsync and fdatasync (LD_PRELOAD), since a killed
// process never loses the page cache: only here a sync can be slow, fail or be dropped. Variables:
//
// SYNC_DIARY=FILE    appends "sync begin", then "sync end" or "sync failed"
// SYNC_DELAY_MS=N    waits before each
// SYNC_FAIL_AFTER=N  from the N+1st on fails with EIO
// SYNC_SHADOW=DIR    after each that succeeds copies the file there: what a power cut would leave;
// a file
//                    that was removed stays there until its folder is synced
// SYNC_DROP_AFTER=N  from the N+1st on says success and does nothing
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <string>

namespace {

std::atomic<long> calls = 0;
std::mutex copying;

long number(const char* variable, long otherwise) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::atol(text) : otherwise;
}

void note(const char* line) {
    const char* path = std::getenv("SYNC_DIARY");
    const int file =
        path != nullptr ? ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (file >= 0) {
        if (::write(file, line, std::strlen(line)) < 0) {
            std::abort();
        }
        ::close(file);
    }
}

// A file that was removed is back after a power cut unless its folder was synced since.
void remove_from_shadow(const std::filesystem::path& folder, const char* shadow) {
    std::error_code error;
    for (const auto& kept : std::filesystem::directory_iterator(shadow, error)) {
        if (!std::filesystem::exists(folder / kept.path().filename(), error)) {
            std::filesystem::remove(kept.path(), error);
        }
    }
}

void copy_to_shadow(int file) {
    const char* shadow = std::getenv("SYNC_SHADOW");
    struct stat status{};
    if (shadow == nullptr || ::fstat(file, &status) != 0) {
        return;
    }
    char name[4096];
    const auto self = "/proc/self/fd/" + std::to_string(file);
    const auto length = ::readlink(self.c_str(), name, sizeof name - 1);
    const std::string path(name, length > 0 ? static_cast<std::size_t>(length) : 0);
    const std::lock_guard lock(copying);
    if (S_ISDIR(status.st_mode)) {
        remove_from_shadow(path, shadow);
        return;
    }
    // to a new name first: a kill in the middle of the copy must leave the older one
    const auto target = shadow + path.substr(path.rfind('/'));
    const int out =
        ::open((target + ".new").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const int in = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char bytes[65536];
    for (ssize_t got = 0; out >= 0 && in >= 0 && (got = ::read(in, bytes, sizeof bytes)) > 0;) {
        if (::write(out, bytes, static_cast<std::size_t>(got)) != got) {
            std::abort();
        }
    }
    ::close(in);
    ::close(out);
    ::rename((target + ".new").c_str(), target.c_str());
}

int sync(const char* name, int file) {
    using Sync = int (*)(int);
    const auto real = reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, name));
    const auto call = calls++;
    note("sync begin\n");
    ::usleep(static_cast<useconds_t>(number("SYNC_DELAY_MS", 0) * 1000));
    if (call >= number("SYNC_FAIL_AFTER", 1L << 60)) {
        note("sync failed\n");
        errno = EIO;
        return -1;
    }
    int result = 0;
    if (call < number("SYNC_DROP_AFTER", 1L << 60)) {
        result = real(file);
        copy_to_shadow(file);
    }
    note("sync end\n");
    return result;
}

} // namespace

extern "C" int fsync(int file) {
    return sync("fsync", file);
}

extern "C" int fdatasync(int file) {
    return sync("fdatasync", file);
}
