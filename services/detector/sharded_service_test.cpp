// Processes that share the partitions: in one process over memory, and two of their own on a real
// nats-server, one of which is stopped and goes on.
#include "detector/sharded_service.hpp"

#include "detector/test_ward.hpp"
#include "journal/journal_suite.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>

#include <iostream>
#include <set>
#include <sstream>
#include <thread>

using namespace vigil;
using namespace vigil::detector;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::uint32_t partitions = 8;
constexpr std::uint32_t shards = 4;

/// Waits until it holds: a deadline, far beyond what it takes.
template <class Condition>
bool eventually(Condition condition, seconds limit = seconds(30)) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
        std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
}

/// Who took each partition over last, by the name before the slash; and what was put out against
/// it.
struct Owners {
    std::map<std::uint32_t, std::string> of;
    std::map<std::uint32_t, std::uint64_t> epochs;
    std::size_t takeovers = 0;
    std::size_t steps = 0;
    std::size_t by_overtaken = 0; // steps of an owner that was overtaken
    journal::Sequence read = 0;

    void look(journal::Journal& journal) {
        for (;;) {
            const auto entries = journal.read(read).value();
            if (entries.empty()) {
                return;
            }
            for (const auto& stored : entries) {
                take(stored->entry);
                read = stored->sequence;
            }
        }
    }

    void take(const v1::Entry& entry) {
        v1::Takeover takeover;
        v1::Step step;
        if (entry.type() == v1::TAKEOVER && takeover.ParseFromString(entry.payload())) {
            of[entry.partition()] = takeover.owner().substr(0, takeover.owner().find('/'));
            epochs[entry.partition()] = takeover.owner_epoch();
            ++takeovers;
        } else if (entry.type() == v1::STEP && step.ParseFromString(entry.payload())) {
            ++steps;
            by_overtaken += step.owner_epoch() != epochs[entry.partition()] ? 1 : 0;
        }
    }

    [[nodiscard]] std::size_t number(const std::string& name) const {
        return static_cast<std::size_t>(std::ranges::count_if(of, [&](const auto& one) {
            return one.second == name;
        }));
    }
};

BlockShape patient_in(std::uint32_t partition) {
    return {
        .patient = "p" + std::to_string(partition),
        .device = "d" + std::to_string(partition),
        .partition = partition
    };
}

/// Leases whose calls wait while they are closed, as where a process stands still.
class Gated final : public journal::Leases {
public:
    explicit Gated(journal::Leases& leases) : leases_(leases) {}

    [[nodiscard]] Result<Held> read() override {
        wait();
        return leases_.read();
    }

    [[nodiscard]] Result<void> replace(std::uint64_t revision, const journal::LeaseTable& table)
        override {
        wait();
        return leases_.replace(revision, table);
    }

    void close() { closed_ = true; }

    void open() {
        closed_ = false;
        closed_.notify_all();
    }

private:
    void wait() { closed_.wait(true); }

    journal::Leases& leases_;
    std::atomic<bool> closed_ = false;
};

struct Process {
    journal::suite::QuietLog log;
    Metrics metrics;
    AmplitudeScorer scorer;
    Gated leases;
    std::optional<ShardedService> service;

    Process(
        journal::Journal& journal,
        journal::Leases& shared,
        const Clock& clock,
        const std::string& name
    )
        : leases(shared) {
        ShardedServiceOptions options;
        options.service.core.partitions = partitions;
        options.service.retry_wait = milliseconds(20);
        options.service.clock_interval = milliseconds(100);
        options.shards = shards;
        options.name = name;
        options.lease_ttl = milliseconds(4000); // a starved machine is no dead one
        options.renew_every = milliseconds(100);
        service.emplace(journal, leases, scorer, clock, log, metrics, options);
    }

    Process(const Process&) = delete;

    ~Process() { leases.open(); }

    [[nodiscard]] bool owns(std::size_t number) const {
        return service->shards() == number && service->owns();
    }
};

struct Together {
    Ward ward;
    SystemClock clock;
    journal::MemoryLeases leases;
    std::uint64_t second = 0;

    /// One more second of every patient.
    void put() {
        ward.now = clock.utc();
        for (std::uint32_t partition = 0; partition < partitions; ++partition) {
            ward.put(patient_in(partition), second * 256, 256);
        }
        ++second;
    }

    [[nodiscard]] bool all_scored() {
        return scores_of(ward.detections()).size() == (second - 1) * partitions;
    }
};

} // namespace

TEST_CASE("two processes share the shards, and one that leaves hands its over at once") {
    Together all;
    Process a(all.ward.journal, all.leases, all.clock, "a");
    REQUIRE(eventually([&] { return a.owns(shards); }));
    REQUIRE(eventually([&] { return !a.service->behind(); }));
    for (int i = 0; i < 4; ++i) {
        all.put();
    }
    REQUIRE(eventually([&] { return all.all_scored(); }));
    REQUIRE(eventually([&] { return a.service->reached() >= all.ward.journal.newest(); }));
    CHECK(a.service->replay_floor() < a.service->reached());
    Process b(all.ward.journal, all.leases, all.clock, "b");
    REQUIRE(eventually([&] { return a.owns(shards / 2) && b.owns(shards / 2); }));
    const auto needed = replay_floor(all.ward.journal, {.first = 0, .end = partitions}).value();
    CHECK((a.service->replay_floor() == needed && b.service->replay_floor() == needed));
    Owners owners;
    owners.look(all.ward.journal);
    CHECK(owners.takeovers == partitions + partitions / 2); // no more than its share
    all.put();
    REQUIRE(eventually([&] { return all.all_scored(); }));
    a.service.reset();
    REQUIRE(eventually([&] { return b.owns(shards); }));
    all.put();
    CHECK(eventually([&] { return all.all_scored(); }));
    CHECK(!a.log.has("detector_fence_lost")); // nobody was refused: all was handed over
    CHECK(!b.log.has("detector_fence_lost"));
    CHECK(b.metrics.text().contains("vigil_detector_shards 4"));
    CHECK(b.metrics.text().contains("vigil_detector_owner{shard=\"0\"} 1"));
}

TEST_CASE("an owner that does not know that it was overtaken is refused, notices and comes back") {
    Together all;
    Process a(all.ward.journal, all.leases, all.clock, "a");
    Process b(all.ward.journal, all.leases, all.clock, "b");
    REQUIRE(eventually([&] { return a.owns(shards / 2) && b.owns(shards / 2); }));
    a.leases.close(); // its owners go on, and it renews nothing
    REQUIRE(eventually([&] { return b.owns(shards); }));
    CHECK(a.service->shards() == shards / 2);
    all.put();
    all.put();
    REQUIRE(eventually([&] { return all.all_scored(); }));
    CHECK(eventually([&] { return a.log.has("detector_fence_lost"); }));
    CHECK(a.service->behind());
    CHECK(!a.service->owns());
    a.leases.open();
    REQUIRE(eventually([&] { return a.owns(shards / 2) && b.owns(shards / 2); }));
    all.put();
    CHECK(eventually([&] { return all.all_scored(); }));
    Owners owners;
    owners.look(all.ward.journal);
    CHECK(owners.by_overtaken == 0);
    CHECK(!b.log.has("detector_fence_lost")); // who was overtaken took nothing back by itself
}

TEST_CASE("more processes than shards: who has none takes part, and takes over when one goes") {
    Together all;
    std::vector<std::unique_ptr<Process>> many;
    for (std::uint32_t i = 0; i < shards + 1; ++i) {
        const auto name = std::string(1, static_cast<char>('a' + i));
        many.push_back(std::make_unique<Process>(all.ward.journal, all.leases, all.clock, name));
    }
    const auto with = [&](std::size_t number) {
        return std::ranges::count_if(many, [&](const auto& one) { return one->owns(number); });
    };
    REQUIRE(eventually([&] { return with(1) == shards && with(0) == 1; }));
    const auto idle = std::ranges::find_if(many, [](const auto& one) { return one->owns(0); });
    CHECK(!(*idle)->service->behind());
    many.erase(std::ranges::find_if(many, [](const auto& one) { return one->owns(1); }));
    CHECK(eventually([&] { return with(1) == shards; }));
}

namespace {

/// A process of its own: this program again, in the test case below.
class Child {
public:
    Child(const std::string& address, const std::string& name) : log_(folder_.path() / "log") {
        const auto servers = "OWNER_SERVERS=" + address;
        const auto named = "OWNER_NAME=" + name;
        std::vector<char*> environment;
        for (char** one = environ; *one != nullptr; ++one) {
            environment.push_back(*one);
        }
        environment.push_back(const_cast<char*>(servers.c_str()));
        environment.push_back(const_cast<char*>(named.c_str()));
        environment.push_back(nullptr);
        std::array<const char*, 3> words{"detector_test", "[.owner]", nullptr};
        ::posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_addopen(
            &files,
            STDERR_FILENO,
            log_.c_str(),
            O_WRONLY | O_CREAT | O_APPEND,
            0600
        );
        ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        const auto spawned = ::posix_spawn(
            &process_,
            "/proc/self/exe",
            &files,
            nullptr,
            const_cast<char* const*>(words.data()),
            environment.data()
        );
        ::posix_spawn_file_actions_destroy(&files);
        REQUIRE(spawned == 0);
    }

    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    ~Child() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }

    void tell(int signal) const { ::kill(process_, signal); }

    [[nodiscard]] std::string log() const {
        std::ostringstream text;
        text << std::ifstream(log_).rdbuf();
        return text.str();
    }

private:
    journal::suite::TemporaryFolder folder_;
    std::filesystem::path log_;
    pid_t process_ = 0;
};

std::unique_ptr<journal::NatsJournal>
opened(const std::string& address, const Clock& clock, Log& log) {
    journal::NatsJournalOptions options;
    options.servers = {address};
    options.replicas = 1;
    options.doubt_after = seconds(180); // a starved machine may take its time
    std::unique_ptr<journal::NatsJournal> journal;
    REQUIRE(eventually([&] {
        if (auto one = journal::NatsJournal::open(options, clock, log)) {
            journal = *std::move(one);
        }
        return journal != nullptr;
    }));
    return journal;
}

volatile std::sig_atomic_t asked_to_end = 0;

} // namespace

TEST_CASE("one owner, for the test below", "[.owner]") {
    const char* servers = std::getenv("OWNER_SERVERS");
    const char* name = std::getenv("OWNER_NAME");
    if (servers == nullptr || name == nullptr) {
        SKIP("it is a process of another test");
    }
    ::signal(SIGTERM, [](int) { asked_to_end = 1; });
    const SystemClock clock;
    Log log("owner", "test"); // to stderr
    const auto journal = opened(servers, clock, log);
    const auto leases = journal->leases("OWNERS", seconds(2)).value();
    Metrics metrics;
    AmplitudeScorer scorer;
    ShardedServiceOptions options;
    options.service.core.partitions = partitions;
    options.shards = shards;
    options.name = name;
    const ShardedService service(*journal, *leases, scorer, clock, log, metrics, options);
    while (asked_to_end == 0) {
        std::this_thread::sleep_for(milliseconds(20));
    }
}

TEST_CASE("of two processes on JetStream one stands still: the other takes over, and it is refused"
) {
    journal::suite::NatsServer server;
    const SystemClock clock;
    journal::suite::QuietLog log;
    const auto journal = opened(server.address(), clock, log);
    Owners owners;
    std::uint64_t second = 0;
    const auto put = [&] {
        std::vector<v1::Entry> entries;
        for (std::uint32_t partition = 0; partition < partitions; ++partition) {
            const auto shape = patient_in(partition);
            entries.push_back(entry_of(shape, block_of(shape, second * 256, 256), clock.utc()));
        }
        ++second;
        REQUIRE(journal::suite::append(*journal, {.entries = entries, .fences = {}}).has_value());
    };
    const auto owned = [&](std::size_t by_a, std::size_t by_b) {
        return eventually(
            [&] {
                put(); // so that owners always have something to write
                std::this_thread::sleep_for(milliseconds(50));
                owners.look(*journal);
                return owners.number("a") == by_a && owners.number("b") == by_b;
            },
            seconds(60)
        );
    };
    const auto passed_s = [](std::chrono::steady_clock::time_point since) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
    };
    const Child a(server.address(), "a");
    REQUIRE(owned(partitions, 0));
    const Child b(server.address(), "b");
    REQUIRE(owned(partitions / 2, partitions / 2));
    CHECK(owners.takeovers == partitions + partitions / 2);

    const auto stopped = std::chrono::steady_clock::now();
    a.tell(SIGSTOP);
    REQUIRE(owned(0, partitions));
    std::cout << "taken over " << passed_s(stopped) << " s after the other process stood still\n";
    const auto takeovers = owners.takeovers;

    const auto woken = std::chrono::steady_clock::now();
    a.tell(SIGCONT);
    REQUIRE(owned(partitions / 2, partitions / 2));
    std::cout << "it takes part again " << passed_s(woken) << " s after it went on\n";
    CHECK(owners.takeovers == takeovers + partitions / 2); // it took nothing that was not free
    const auto told = a.log();
    CHECK((told.contains("detector_fence_lost") || told.contains("detector_shards_held")));
    std::cout
        << (told.contains("detector_fence_lost") ? "it was refused by a fence\n"
                                                 : "it noticed before it wrote\n");

    const auto ended = std::chrono::steady_clock::now();
    b.tell(SIGTERM);
    REQUIRE(owned(partitions, 0));
    std::cout << "handed over " << passed_s(ended)
              << " s after the other process was told to end\n";
    CHECK(owners.by_overtaken == 0);
    CHECK(owners.steps > 0);
}
