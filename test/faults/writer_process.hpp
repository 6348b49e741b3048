// Starts fault_writer, kills it, and reads its diary and its journal. Used by the tests of this
// folder.
#pragma once

#include "journal/journal_suite.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace vigil::faults {

using Environment = std::map<std::string, std::string>;

class WriterProcess {
public:
    /// `environment` is added; its standard error goes to `folder`.log.
    WriterProcess(
        const std::filesystem::path& folder,
        const std::filesystem::path& diary,
        const std::string& name,
        int threads,
        int count,
        const Environment& environment = {}
    );
    WriterProcess(const WriterProcess&) = delete;
    WriterProcess& operator=(const WriterProcess&) = delete;
    ~WriterProcess();

    void kill();
    /// Waits for its end: the exit status, or -1 when a signal ended it.
    int wait();

private:
    pid_t process_ = -1;
};

/// The environment that puts the shim before the program.
[[nodiscard]] Environment with_shim(Environment variables);

[[nodiscard]] std::vector<std::string> lines_of(const std::filesystem::path& file);
/// What stands after `word` in the diary's lines.
[[nodiscard]] std::set<std::string>
told(const std::vector<std::string>& diary, const std::string& word);
/// How often each entry is in the journal of a folder.
[[nodiscard]] std::map<std::string, int> held(const std::filesystem::path& folder);
/// Waits until the diary has `count` lines that begin with `word`.
[[nodiscard]] bool
wait_for(const std::filesystem::path& diary, const std::string& word, std::size_t count);

} // namespace vigil::faults
