// Appends to a journal until it is killed or told how much, and says in a file what it asked for
// and what it was told: the process that the tests of this folder treat badly.
//
// fault_writer FOLDER DIARY NAME THREADS COUNT     COUNT entries a thread; the diary is appended
// to, one write a line
#include "journal/sqlite_journal.hpp"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <iostream>
#include <thread>

using namespace vigil;
using namespace vigil::journal;

namespace {

class Diary {
public:
    explicit Diary(const char* path)
        : file_(::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}

    void write(std::string line) const {
        line += '\n';
        if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
            std::abort();
        }
    }

private:
    int file_;
};

bool append(Journal& journal, const Diary& diary, const std::string& what) {
    v1::Entry entry;
    entry.set_type(v1::VITAL);
    entry.set_patient("p");
    entry.set_source(what);
    entry.set_payload(std::string(300, 'x'));
    Batch batch;
    batch.entries.push_back(std::move(entry));
    std::promise<bool> taken;
    diary.write("append " + what);
    journal.append(std::move(batch), [&](const Result<Appended>& result) {
        diary.write((result ? "taken " : "refused ") + what);
        taken.set_value(result.has_value());
    });
    return taken.get_future().get();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::cerr << "usage: fault_writer FOLDER DIARY NAME THREADS COUNT\n";
        return EX_USAGE;
    }
    const Diary diary(argv[2]);
    const std::string name = argv[3];
    SystemClock clock;
    Log log("fault_writer", "0");
    SqliteJournalOptions options;
    options.folder = argv[1];
    options.segment_bytes = 64 << 10;
    auto journal = SqliteJournal::open(options, clock, log);
    if (!journal) {
        std::cerr << journal.error().detail << '\n';
        return EX_UNAVAILABLE;
    }
    std::vector<std::thread> threads;
    for (int t = 0; t < std::atoi(argv[4]); ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < std::atoi(argv[5]); ++i) {
                if (!append(
                        **journal,
                        diary,
                        name + '-' + std::to_string(t) + '-' + std::to_string(i)
                    )) {
                    return;
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    return EX_OK;
}
