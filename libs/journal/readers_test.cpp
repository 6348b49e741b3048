// What the journal's readers say of themselves is what it may be freed up to, on every adapter.
#include "journal/readers.hpp"

#include "journal/journal_suite.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

bool until_true(const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return holds();
}

struct InMemory {
    std::unique_ptr<Readers> opened = std::make_unique<MemoryReaders>();

    Readers& readers() { return *opened; }

    void reopen() {}
};

struct InBucket {
    NatsFixture fixture;
    std::unique_ptr<Readers> opened;

    InBucket() { open(); }

    Readers& readers() { return *opened; }

    /// The server by kill -9.
    void reopen() {
        opened.reset();
        fixture.reopen();
        open();
    }

    void open() { opened = static_cast<NatsJournal&>(fixture.journal()).readers().value(); }
};

} // namespace

TEMPLATE_TEST_CASE(
    "the floor is the lowest reader's, and nothing unknown raises it",
    "",
    InMemory,
    InBucket
) {
    TestType fixture;
    const auto floor = [&](const std::vector<std::string>& required) {
        return floor_of(fixture.readers(), required);
    };
    const auto say = [&](const std::string& name, Sequence reached) {
        REQUIRE(fixture.readers().say(name, reached).has_value());
    };
    CHECK(floor({}) == ~Sequence{0}); // nobody else reads
    CHECK(floor({"detector"}) == 0);  // one that has to be there has said nothing
    say("detector", 40);
    CHECK(floor({"detector"}) == 40);
    CHECK(floor({"detector", "ward"}) == 0);
    say("ward", 25);
    CHECK(floor({"detector", "ward"}) == 25);
    say("ward", 60);
    CHECK(floor({"detector", "ward"}) == 40);
    say("detector.7", 7); // not known by name: it can only lower
    CHECK(floor({"detector", "ward"}) == 7);
    say("detector", 90);
    fixture.reopen();
    CHECK(floor({"detector", "ward"}) == 7); // and nothing ages out
    REQUIRE(fixture.readers().forget("detector.7").has_value());
    CHECK(floor({"detector", "ward"}) == 60);
    REQUIRE(fixture.readers().forget("ward").has_value());
    CHECK(floor({"detector", "ward"}) == 0);
    CHECK(fixture.readers().all().value() == std::map<std::string, Sequence>{{"detector", 90}});
}

TEST_CASE("a table that cannot be read lets nothing be freed") {
    InBucket bucket;
    REQUIRE(bucket.readers().say("detector", 40).has_value());
    bucket.fixture.server().kill();
    CHECK(floor_of(bucket.readers(), {}) == 0);
    bucket.fixture.server().start();
    CHECK(until_true([&] { return floor_of(bucket.readers(), {}) == 40; }));
}

TEST_CASE("a reader says how far it is when that has moved") {
    MemoryReaders readers;
    QuietLog log;
    std::atomic<Sequence> reached = 0;
    ReaderReport
        report(readers, "ward", [&] { return reached.load(); }, log, std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(readers.all().value().empty()); // nothing is known yet
    reached = 12;
    CHECK(until_true([&] { return floor_of(readers, {"ward"}) == 12; }));
    reached = 13;
    CHECK(until_true([&] { return floor_of(readers, {"ward"}) == 13; }));
}
