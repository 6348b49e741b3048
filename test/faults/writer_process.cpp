#include "writer_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace vigil::faults {

WriterProcess::WriterProcess(
    const std::filesystem::path& folder,
    const std::filesystem::path& diary,
    const std::string& name,
    int threads,
    int count,
    const Environment& environment
) {
    std::vector<std::string> arguments{
        FAULT_WRITER,
        folder,
        diary,
        name,
        std::to_string(threads),
        std::to_string(count)
    };
    std::vector<char*> pointers;
    for (auto& argument : arguments) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    const auto log = folder.string() + ".log";
    process_ = ::fork();
    if (process_ == 0) {
        for (const auto& [variable, value] : environment) {
            ::setenv(variable.c_str(), value.c_str(), 1);
        }
        ::dup2(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
        ::execv(pointers[0], pointers.data());
        ::_exit(127);
    }
}

WriterProcess::~WriterProcess() {
    if (process_ > 0) {
        kill();
        wait();
    }
}

void WriterProcess::kill() {
    ::kill(process_, SIGKILL);
}

int WriterProcess::wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Environment with_shim(Environment variables) {
    variables["LD_PRELOAD"] = SYNC_SHIM;
    // the sanitizer wants to be the first library; behind the shim it works as well
    variables["ASAN_OPTIONS"] = "verify_asan_link_order=0";
    return variables;
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::set<std::string> told(const std::vector<std::string>& diary, const std::string& word) {
    std::set<std::string> found;
    for (const auto& line : diary) {
        if (line.starts_with(word + ' ')) {
            found.insert(line.substr(word.size() + 1));
        }
    }
    return found;
}

std::map<std::string, int> held(const std::filesystem::path& folder) {
    journal::SqliteJournalOptions options;
    options.folder = folder;
    const SystemClock clock;
    journal::suite::QuietLog log;
    const auto journal = journal::SqliteJournal::open(options, clock, log).value();
    std::map<std::string, int> found;
    journal::Sequence after = journal->oldest() - 1;
    while (true) {
        const auto entries = journal->read(after).value();
        if (entries.empty()) {
            return found;
        }
        for (const auto& entry : entries) {
            ++found[entry->entry.source()];
        }
        after = entries.back()->sequence;
    }
}

bool wait_for(const std::filesystem::path& diary, const std::string& word, std::size_t count) {
    for (int i = 0; i < 6000; ++i) {
        if (told(lines_of(diary), word).size() >= count) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

} // namespace vigil::faults
