// A full disk: refused, safe to try again, and taken again once there is room, without a restart.
#include "writer_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

constexpr int cannot_mount = 77;
constexpr int failed = 1;

// Runs `what` in a process of its own on a file system of 4 MiB; its status, 0 when all of its
// checks held.
int on_a_small_disk(const std::function<bool(const std::filesystem::path&)>& what) {
    const TemporaryFolder place;
    const auto process = ::fork();
    if (process == 0) {
        const int spaces = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
        if (::unshare(spaces) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", place.path().c_str(), "tmpfs", 0, "size=4m") != 0) {
            ::_exit(cannot_mount);
        }
        int status = failed;
        try {
            status = what(place.path()) ? 0 : failed;
        } catch (const std::exception& problem) {
            std::fprintf(stderr, "%s\n", problem.what());
        }
        ::_exit(status);
    }
    int status = 0;
    ::waitpid(process, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool expect(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "does not hold: %s\n", what);
    }
    return holds;
}

struct Open {
    SystemClock clock;
    QuietLog log;
    std::unique_ptr<SqliteJournal> journal;

    explicit Open(const std::filesystem::path& folder) {
        SqliteJournalOptions options;
        options.folder = folder / "journal";
        options.segment_bytes = 256 << 10;
        journal = SqliteJournal::open(options, clock, log).value();
    }
};

// Appends entries of 16 kB until one is refused; the names of those that were taken.
std::pair<std::set<std::string>, Error> fill(Journal& journal, const std::string& name) {
    std::set<std::string> taken;
    for (int i = 0; i < 1000; ++i) {
        auto one = entry("p", std::string(16'000, 'x'));
        one.set_source(name + std::to_string(i));
        const auto result = append(journal, batch({one}));
        if (!result) {
            return {taken, result.error()};
        }
        taken.insert(one.source());
    }
    return {taken, Error{}};
}

bool is_refused_safely(const Error& error) {
    return expect(error.code == ErrorCode::unavailable, "unavailable") &&
           expect(error.retry == Retry::safe, "safe to try again");
}

bool recovers_when_room_is_made(const std::filesystem::path& disk) {
    const auto ballast = disk / "ballast";
    std::ofstream(ballast) << std::string(2 << 20, 'b');
    std::set<std::string> taken;
    {
        Open open(disk);
        auto [before, error] = fill(*open.journal, "before");
        bool holds =
            is_refused_safely(error) && expect(!open.journal->health().writable, "not writable");
        for (int i = 0; i < 20; ++i) {
            holds =
                holds && expect(
                             !append(*open.journal, batch({entry("p", std::string(16'000, 'x'))})),
                             "still refused"
                         );
        }
        holds = holds && expect(open.journal->read(0).value().size() > 10, "reading goes on");
        std::filesystem::remove(ballast);
        auto [after, again] = fill(*open.journal, "after");
        holds = holds && expect(after.size() > 10, "taken again") && is_refused_safely(again);
        if (!holds) {
            return false;
        }
        taken.merge(before);
        taken.merge(after);
    }
    const auto found = faults::held(disk / "journal");
    bool holds = expect(found.size() == taken.size(), "what was taken and nothing else");
    for (const auto& one : taken) {
        holds = holds && expect(found.contains(one) && found.at(one) == 1, "there once");
    }
    return holds;
}

bool frees_when_full(const std::filesystem::path& disk) {
    Open open(disk);
    auto& journal = *open.journal;
    if (!append(journal, batch({keyed("patient/a", "kept"), output(3)}))) {
        return false;
    }
    const auto [before, error] = fill(journal, "before");
    bool holds = is_refused_safely(error);
    holds =
        holds && expect(journal.free_up_to(journal.newest()).has_value(), "freed on a full disk");
    holds = holds && expect(
                         append(journal, batch({entry("p", std::string(16'000, 'x'))})).has_value(),
                         "taken again"
                     );
    holds = holds && expect(journal.health().writable, "writable again");
    holds =
        holds && expect(journal.directory().value().entries.size() == 1, "the directory is kept");
    return holds && expect(journal.newest_output(3).value() != nullptr, "the output is kept");
}

void check_on_a_small_disk(const std::function<bool(const std::filesystem::path&)>& what) {
    const auto status = on_a_small_disk(what);
    if (status == cannot_mount) {
        SKIP("this user may not mount a file system");
    }
    CHECK(status == 0);
}

} // namespace

TEST_CASE("a full disk is refused safely and taken again once there is room, without a restart") {
    check_on_a_small_disk(recovers_when_room_is_made);
}

TEST_CASE("freeing makes room on a full disk") {
    check_on_a_small_disk(frees_when_full);
}
