// Stands between a program and the kernel's writes (LD_PRELOAD): a disk that is full for some files
// alone, and that has room again. Variables:
//
// FULL_FOR=TEXT    writes to files whose path has this text in it fail with ENOSPC
// FULL_WHILE=FILE  ... as long as this file exists
#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

bool is_full(int file) {
    const char* const text = std::getenv("FULL_FOR");
    const char* const flag = std::getenv("FULL_WHILE");
    if (text == nullptr || flag == nullptr || ::access(flag, F_OK) != 0) {
        return false;
    }
    char name[4096];
    const auto self = "/proc/self/fd/" + std::to_string(file);
    const auto length = ::readlink(self.c_str(), name, sizeof name - 1);
    if (length <= 0) {
        return false;
    }
    name[length] = '\0';
    return std::strstr(name, text) != nullptr;
}

/// The kernel's own call, where there is room.
template <class Call>
Call real(const char* name) {
    return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name));
}

ssize_t refused() {
    errno = ENOSPC;
    return -1;
}

} // namespace

extern "C" ssize_t write(int file, const void* bytes, std::size_t count) {
    static const auto call = real<ssize_t (*)(int, const void*, std::size_t)>("write");
    return is_full(file) ? refused() : call(file, bytes, count);
}

extern "C" ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t at) {
    static const auto call = real<ssize_t (*)(int, const void*, std::size_t, off_t)>("pwrite");
    return is_full(file) ? refused() : call(file, bytes, count, at);
}

extern "C" ssize_t pwrite64(int file, const void* bytes, std::size_t count, off64_t at) {
    static const auto call = real<ssize_t (*)(int, const void*, std::size_t, off64_t)>("pwrite64");
    return is_full(file) ? refused() : call(file, bytes, count, at);
}
