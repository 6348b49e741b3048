// What the shared suite needs of every adapter of the journal: a fixture each. A new adapter adds
// one here and to the list.
#pragma once

#include "base/random.hpp"
#include "journal/memory_journal.hpp"
#include "journal/nats/nats_journal.hpp"
#include "journal/sqlite_journal.hpp"

#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <fstream>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>

namespace vigil::journal::suite {

inline v1::Entry
entry(const std::string& patient, std::string payload = "payload", v1::EntryType type = v1::VITAL) {
    v1::Entry made;
    static SystemRandom random;
    made.set_id(random_id(random));
    made.set_type(type);
    made.set_schema_version(1);
    made.set_patient(patient);
    made.set_partition(partition_of(patient, default_partitions));
    made.set_receipt_time_us(1);
    made.set_payload(std::move(payload));
    return made;
}

inline v1::Entry output(std::uint32_t partition, v1::EntryType type = v1::STEP) {
    auto made = entry("", "output", type);
    made.set_partition(partition);
    return made;
}

inline v1::Entry keyed(const std::string& key, std::string payload) {
    auto made = entry("", std::move(payload), v1::PATIENT);
    made.set_key(key);
    return made;
}

inline Batch batch(std::vector<v1::Entry> entries, std::vector<Fence> fences = {}) {
    return {.entries = std::move(entries), .fences = std::move(fences)};
}

inline std::future<Result<Appended>> append_later(Journal& journal, Batch what) {
    std::promise<Result<Appended>> promise;
    auto future = promise.get_future();
    journal.append(
        std::move(what),
        [promise = std::move(promise)](Result<Appended> result) mutable {
            promise.set_value(std::move(result));
        }
    );
    return future;
}

inline Result<Appended> append(Journal& journal, Batch what) {
    return append_later(journal, std::move(what)).get();
}

/// A folder that is gone at the end of the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = std::filesystem::temp_directory_path() / "vigil-journal-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Keeps what is logged, silently.
class QuietLog : public Log {
public:
    QuietLog() : Log("journal_test", "0") {}

    [[nodiscard]] bool has(std::string_view word) const {
        const std::scoped_lock lock(mutex_);
        return text_.contains(word);
    }

protected:
    void line(const std::string& text) override {
        const std::scoped_lock lock(mutex_);
        text_ += text;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

constexpr std::size_t small_queue_entries = 8;
constexpr std::size_t small_queue_bytes = 2 << 20;
constexpr std::uint64_t small_max_bytes = 8 << 20;

class MemoryFixture {
public:
    static constexpr bool survives_restart = false;

    [[nodiscard]] Journal& journal() { return journal_; }

    /// From now on appends wait.
    void stall() { journal_.hold(); }

    void resume() { journal_.release(); }

private:
    MemoryJournal journal_{{
        .queue_entries = small_queue_entries,
        .queue_bytes = small_queue_bytes,
        .max_bytes = small_max_bytes,
    }};
};

class SqliteFixture {
public:
    static constexpr bool survives_restart = true;

    SqliteFixture() { open(); }

    [[nodiscard]] Journal& journal() { return *journal_; }

    /// The writer waits inside the answer to an entry of our own.
    void stall() {
        stalled_ = std::make_unique<std::latch>(1);
        std::latch inside(1);
        journal_->append(batch({entry("stall")}), [this, &inside](const Result<Appended>&) {
            inside.count_down();
            stalled_->wait();
        });
        inside.wait();
    }

    void resume() { stalled_->count_down(); }

    void end() { journal_.reset(); }

    void reopen() {
        end();
        open();
    }

private:
    void open() {
        SqliteJournalOptions options;
        options.folder = folder_.path();
        options.segment_bytes = 64 << 10; // so that the suite crosses segments
        options.queue_entries = small_queue_entries;
        options.queue_bytes = small_queue_bytes;
        options.recent_bytes = 32 << 10; // and reads from the disk
        options.max_bytes = small_max_bytes;
        journal_ = SqliteJournal::open(options, clock_, log_).value();
    }

    TemporaryFolder folder_;
    SystemClock clock_;
    QuietLog log_;
    std::unique_ptr<std::latch> stalled_;
    std::unique_ptr<SqliteJournal> journal_;
};

/// A nats-server of the test's own on loopback, with its files in a folder of its own. NATS_SERVER
/// names the program; without it the test is skipped.
class NatsServer {
public:
    /// `more` is added to its configuration.
    explicit NatsServer(const std::string& more = {}) : program_(named()), port_(free_port()) {
        std::ofstream(folder_.path() / "conf") << std::format(
            "listen: \"127.0.0.1:{}\"\n"
            "jetstream {{ store_dir: \"{}\", sync_interval: always }}\n{}\n",
            port_,
            (folder_.path() / "store").string(),
            more
        );
        start();
    }

    NatsServer(const NatsServer&) = delete;

    ~NatsServer() { kill(); }

    void start() {
        const auto conf = (folder_.path() / "conf").string();
        const auto log = (folder_.path() / "log").string();
        std::array<const char*, 6>
            words{"nats-server", "-c", conf.c_str(), "-l", log.c_str(), nullptr};
        if (::posix_spawn(
                &process_,
                program_.c_str(),
                nullptr,
                nullptr,
                const_cast<char* const*>(words.data()),
                environ
            ) != 0) {
            throw std::runtime_error("nats-server does not start: " + program_);
        }
    }

    void kill() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }

    void pause() const { ::kill(process_, SIGSTOP); }

    void go_on() const { ::kill(process_, SIGCONT); }

    static int free_port() {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
        ::close(socket);
        return ntohs(address.sin_port);
    }

    [[nodiscard]] std::string address() const {
        return "nats://127.0.0.1:" + std::to_string(port_);
    }

    /// By the name that a certificate has.
    [[nodiscard]] std::string named_address() const {
        return "nats://localhost:" + std::to_string(port_);
    }

    /// What it logged so far.
    [[nodiscard]] std::string log() const {
        std::ifstream in(folder_.path() / "log");
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    static std::string named() {
        const char* program = std::getenv("NATS_SERVER");
        if (program == nullptr || *program == '\0') {
            SKIP("NATS_SERVER names no nats-server (tools/nats_server makes one)");
        }
        return program;
    }

    std::string program_;
    TemporaryFolder folder_;
    int port_;
    pid_t process_ = 0;
};

class NatsFixture {
public:
    static constexpr bool survives_restart = true;

    NatsFixture() { open(); }

    [[nodiscard]] Journal& journal() { return *journal_; }

    [[nodiscard]] NatsServer& server() { return server_; }

    void stall() { server_.pause(); }

    void resume() { server_.go_on(); }

    void end() { journal_.reset(); }

    /// Both end, the server by kill -9.
    void reopen() {
        end();
        server_.kill();
        server_.start();
        open();
    }

private:
    void open() {
        NatsJournalOptions options;
        options.servers = {server_.address()};
        options.replicas = 1;
        options.queue_entries = small_queue_entries;
        options.queue_bytes = small_queue_bytes;
        options.recent_bytes = 32 << 10;
        options.max_bytes = small_max_bytes;
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (true) {
            auto opened = NatsJournal::open(options, clock_, log_);
            if (opened) {
                journal_ = *std::move(opened);
                return;
            }
            if (std::chrono::steady_clock::now() > until) {
                throw std::runtime_error(opened.error().detail + ": " + opened.error().cause);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }

    NatsServer server_;
    SystemClock clock_;
    QuietLog log_;
    std::unique_ptr<NatsJournal> journal_;
};

} // namespace vigil::journal::suite
