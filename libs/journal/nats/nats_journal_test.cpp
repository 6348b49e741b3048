// What the shared suite does not ask: a server that dies, or stands still, while entries are on
// their way.
#include "journal/journal_suite.hpp"
#include "journal/nats/handles.hpp"

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <set>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

struct Opened {
    NatsServer server;
    SystemClock clock;
    QuietLog log;
    std::unique_ptr<NatsJournal> journal;

    explicit Opened(std::chrono::milliseconds doubt_after = std::chrono::seconds(180)) {
        NatsJournalOptions options;
        options.servers = {server.address()};
        options.replicas = 1;
        options.again_after = std::chrono::milliseconds(300);
        options.doubt_after = doubt_after;
        options.refuse_after = std::chrono::seconds(180); // what comes meanwhile is kept
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        auto opened = NatsJournal::open(options, clock, log);
        while (!opened && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            opened = NatsJournal::open(options, clock, log);
        }
        journal = std::move(opened).value();
    }
};

/// How often each payload is in the journal.
std::map<std::string, int> payloads(Journal& journal) {
    std::map<std::string, int> found;
    for (Sequence after = 0;;) {
        const auto some = journal.read(after).value();
        if (some.empty()) {
            return found;
        }
        for (const auto& one : some) {
            ++found[one->entry.payload()];
        }
        after = some.back()->sequence;
    }
}

} // namespace

TEST_CASE("what is on its way when the server is killed is taken once, alone or as a whole batch") {
    Opened opened;
    std::vector<std::future<Result<Appended>>> answers;
    const auto put = [&](int number) {
        std::vector<v1::Entry> entries;
        for (int part = 0; part <= number % 3; ++part) {
            entries.push_back(entry(
                "p" + std::to_string(part),
                std::to_string(number) + "." + std::to_string(part)
            ));
        }
        answers.push_back(append_later(*opened.journal, batch(std::move(entries))));
    };
    int number = 0;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 100; ++i) {
            put(number++);
        }
        opened.server.kill();
        for (int i = 0; i < 20; ++i) {
            put(number++); // while it is away
        }
        opened.server.start();
    }
    for (int i = 0; i < number; ++i) {
        const auto answer = answers[static_cast<std::size_t>(i)].get();
        INFO(i << ": " << (answer ? "" : answer.error().detail + " " + answer.error().cause));
        REQUIRE(answer.has_value());
        CHECK(answer->size() == static_cast<std::size_t>(i % 3 + 1));
    }
    const auto found = payloads(*opened.journal);
    int expected = 0;
    for (int i = 0; i < number; ++i) {
        for (int part = 0; part <= i % 3; ++part) {
            const auto there = found.find(std::to_string(i) + "." + std::to_string(part));
            CHECK((there != found.end() && there->second == 1));
            ++expected;
        }
    }
    CHECK(static_cast<int>(found.size()) == expected);
    CHECK(opened.log.has("journal_connection_lost"));
    CHECK(opened.log.has("journal_connection_back"));
}

TEST_CASE("a fenced batch whose answer was lost is a success, and another owner is still refused") {
    Opened opened;
    auto& journal = *opened.journal;
    const auto first =
        append(journal, batch({output(5, v1::TAKEOVER)}, {{.partition = 5, .expected = 0}}))
            .value()
            .front();
    opened.server.pause();
    auto own = append_later(journal, batch({output(5)}, {{.partition = 5, .expected = first}}));
    auto other = append_later(journal, batch({output(5)}, {{.partition = 5, .expected = first}}));
    std::this_thread::sleep_for(std::chrono::milliseconds(700)); // published again meanwhile
    opened.server.go_on();
    const auto taken = own.get();
    REQUIRE(taken.has_value());
    CHECK(other.get().error().code == ErrorCode::conflict);
    CHECK(journal.newest_output(5).value()->sequence == taken->front());
    CHECK(journal.newest() == taken->front());
}

TEST_CASE("a server that stands still for too long leaves appends in doubt") {
    Opened opened(std::chrono::milliseconds(800));
    REQUIRE(append(*opened.journal, batch({entry("p")})).has_value());
    opened.server.pause();
    const auto doubtful = append(*opened.journal, batch({entry("p")}));
    CHECK(doubtful.error().code == ErrorCode::unavailable);
    CHECK(doubtful.error().retry == Retry::in_doubt);
    CHECK(!opened.journal->health().writable);
    CHECK(opened.journal->health().queued_entries == 0);
    opened.server.go_on();
    // without an append: who is not writable is sent none
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!opened.journal->health().writable && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    CHECK(opened.journal->health().writable);
    CHECK(append(*opened.journal, batch({entry("p")})).has_value());
}

TEST_CASE("an entry that is appended again is there again, at once or later") {
    Opened opened;
    const auto same = entry("p", "the same");
    auto first = append_later(*opened.journal, batch({same}));
    auto second = append_later(*opened.journal, batch({same, entry("q")}));
    const auto one = first.get().value();
    const auto two = second.get().value();
    CHECK(one.front() != two.front());
    const auto three = append(*opened.journal, batch({same, same})).value();
    CHECK(three.size() == 2);
    CHECK(payloads(*opened.journal)["the same"] == 4);
}

TEST_CASE("a fence for a partition without an output in the batch is compared all the same") {
    Opened opened;
    auto& journal = *opened.journal;
    const auto clock_of = [](std::uint32_t partition) {
        auto made = entry("", "clock", v1::CLOCK);
        made.set_partition(partition);
        return made;
    };
    REQUIRE(append(journal, batch({clock_of(7)}, {{.partition = 7, .expected = 0}})).has_value());
    const auto taken = append(
                           journal,
                           batch(
                               {output(7, v1::TAKEOVER), output(8, v1::TAKEOVER)},
                               {{.partition = 7, .expected = 0}, {.partition = 8, .expected = 0}}
                           )
    )
                           .value();
    CHECK(
        append(journal, batch({clock_of(7)}, {{.partition = 7, .expected = 0}})).error().code ==
        ErrorCode::conflict
    );
    CHECK(append(
              journal,
              batch(
                  {clock_of(8), clock_of(7)},
                  {{.partition = 7, .expected = taken[0]}, {.partition = 8, .expected = taken[1]}}
              )
    ).has_value());
}

TEST_CASE("a second reader learns that entries were freed by somebody else") {
    Opened opened;
    NatsJournalOptions options;
    options.servers = {opened.server.address()};
    options.recent_bytes = 1;
    const auto other = NatsJournal::open(options, opened.clock, opened.log).value();
    for (int i = 0; i < 20; ++i) {
        REQUIRE(append(*opened.journal, batch({entry("p")})).has_value());
    }
    REQUIRE(opened.journal->free_up_to(10).has_value());
    Result<std::vector<StoredPtr>> read = other->read(3);
    for (int i = 0; i < 500 && (read.has_value() && read->empty()); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        read = other->read(3);
    }
    REQUIRE(!read.has_value());
    CHECK(read.error().code == ErrorCode::not_found);
    CHECK(other->read(10).value().front()->sequence == 11);
    CHECK(other->oldest() == 11);
}

namespace {

bool within_10_s(const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return holds();
}

void delete_stream(const std::string& address, const char* name) {
    natsConnection* connection = nullptr;
    REQUIRE(natsConnection_ConnectTo(&connection, address.c_str()) == NATS_OK);
    const nats::Connection owner(connection);
    jsCtx* context = nullptr;
    REQUIRE(natsConnection_JetStream(&context, connection, nullptr) == NATS_OK);
    const nats::Context its(context);
    REQUIRE(js_DeleteStream(context, name, nullptr, nullptr) == NATS_OK);
}

} // namespace

TEST_CASE("a stream that is gone is told and takes nothing, and one in its place ends the journal"
) {
    Opened opened;
    auto& journal = *opened.journal;
    REQUIRE(append(journal, batch({entry("p")})).has_value());
    CHECK(journal.stream_there());
    delete_stream(opened.server.address(), "VIGIL");
    REQUIRE(within_10_s([&] { return !journal.stream_there(); }));
    CHECK(!journal.health().writable);
    CHECK(!journal.lost());
    const auto refused = append(journal, batch({entry("p")}));
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(refused.error().retry == Retry::safe); // at once: it waits for nobody
    CHECK(opened.log.has("journal_stream_gone"));

    NatsJournalOptions options;
    options.servers = {opened.server.address()};
    options.replicas = 1;
    const auto other = NatsJournal::open(options, opened.clock, opened.log).value();
    CHECK(within_10_s([&] { return journal.lost(); }));
    CHECK(!journal.stream_there());
    CHECK(append(journal, batch({entry("p")})).error().retry == Retry::safe);
    CHECK(opened.log.has("journal_stream_replaced"));
    CHECK(append(*other, batch({entry("p")})).value() == Appended{1});
}

TEST_CASE(
    "a stream that has to be made begins where it is told, and what lies before counts as freed"
) {
    NatsServer server;
    SystemClock clock;
    QuietLog log;
    NatsJournalOptions options;
    options.servers = {server.address()};
    options.replicas = 1;
    options.first = 1001;
    std::unique_ptr<NatsJournal> journal;
    REQUIRE(within_10_s([&] {
        auto opened = NatsJournal::open(options, clock, log);
        journal = opened ? *std::move(opened) : nullptr;
        return journal != nullptr;
    }));
    CHECK(journal->newest() == 1000);
    CHECK(journal->oldest() == 1001);
    CHECK(append(*journal, batch({entry("p"), entry("q")})).value() == Appended{1001, 1002});
    CHECK(journal->read(1000).value().size() == 2);
    CHECK(journal->read(5).error().code == ErrorCode::not_found);
    REQUIRE(journal->free_up_to(1001).has_value());
    CHECK(append(*journal, batch({entry("p")})).value() == Appended{1003});
    journal.reset();
    options.first = 1; // it is there: this counts no more
    journal = NatsJournal::open(options, clock, log).value();
    CHECK(journal->newest() == 1003);
    CHECK(journal->oldest() == 1002);
}
