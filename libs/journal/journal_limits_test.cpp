// Every bound of a journal, exceeded: part of the suite that runs against each adapter.
#include "journal/journal_suite.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

TEMPLATE_TEST_CASE(
    "an entry over the bound is too large",
    "[journal][limit]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    const auto envelope = entry("p", "").ByteSizeLong();
    CHECK(append(journal, batch({entry("p", std::string(max_entry_bytes - envelope - 4, 'x'))}))
              .has_value());
    const auto over = append(journal, batch({entry("p", std::string(max_entry_bytes, 'x'))}));
    CHECK(over.error().code == ErrorCode::too_large);
    CHECK(over.error().retry == Retry::never);
    CHECK(journal.newest() == 1);
}

TEMPLATE_TEST_CASE(
    "text that nobody could read again is refused",
    "[journal][limit]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    for (const auto text :
         {&v1::Entry::mutable_patient,
          &v1::Entry::mutable_source,
          &v1::Entry::mutable_unit,
          &v1::Entry::mutable_key}) {
        auto one = entry("p", "");
        *(one.*text)() = "raw \xff bytes";
        CHECK(append(journal, batch({one})).error().code == ErrorCode::invalid_argument);
        *(one.*text)() = "Gr\u00fc\u00dfe";
        CHECK(append(journal, batch({one})).has_value());
    }
    CHECK(journal.newest() == 4);
}

TEMPLATE_TEST_CASE(
    "a batch that no queue can hold is too large, an empty one invalid",
    "[journal][limit]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    CHECK(append(journal, {}).error().code == ErrorCode::invalid_argument);
    std::vector<v1::Entry> many(small_queue_entries + 1, entry("p"));
    CHECK(append(journal, batch(std::move(many))).error().code == ErrorCode::too_large);
    std::vector<v1::Entry> big(5, entry("p", std::string(500'000, 'x')));
    CHECK(append(journal, batch(std::move(big))).error().code == ErrorCode::too_large);
    CHECK(journal.newest() == 0);
}

TEMPLATE_TEST_CASE(
    "a queue at its bound of entries refuses and later takes again",
    "[journal][limit]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    fixture.stall();
    const auto before = journal.newest();
    std::vector<std::future<Result<Appended>>> waiting;
    for (std::size_t i = 0; i < small_queue_entries; ++i) {
        waiting.push_back(append_later(journal, batch({entry("p")})));
    }
    CHECK(journal.health().queued_entries == small_queue_entries);
    const auto over = append(journal, batch({entry("one too many")}));
    CHECK(over.error().code == ErrorCode::overloaded);
    CHECK(over.error().retry == Retry::safe);
    fixture.resume();
    std::set<Sequence> given;
    for (auto& one : waiting) {
        given.insert(one.get().value().front());
    }
    CHECK(given.size() == small_queue_entries);
    CHECK(append(journal, batch({entry("p")})).has_value());
    CHECK(journal.newest() == before + small_queue_entries + 1);
    CHECK(journal.health().queued_entries == 0);
}

TEMPLATE_TEST_CASE(
    "a queue at its bound of bytes refuses",
    "[journal][limit]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    fixture.stall();
    std::vector<std::future<Result<Appended>>> waiting;
    for (int i = 0; i < 4; ++i) {
        waiting.push_back(append_later(journal, batch({entry("p", std::string(500'000, 'x'))})));
    }
    CHECK(
        append(journal, batch({entry("p", std::string(200'000, 'x'))})).error().code ==
        ErrorCode::overloaded
    );
    CHECK(journal.health().queued_bytes > 2'000'000);
    fixture.resume();
    for (auto& one : waiting) {
        CHECK(one.get().has_value());
    }
}

TEMPLATE_TEST_CASE(
    "a journal at its bound of bytes refuses until it is freed",
    "[journal][limit]",
    MemoryFixture,
    SqliteFixture,
    NatsFixture
) {
    TestType fixture;
    auto& journal = fixture.journal();
    Result<Appended> last;
    int taken = 0;
    for (; taken < 100; ++taken) {
        last = append(journal, batch({entry("p", std::string(500'000, 'x'))}));
        if (!last) {
            break;
        }
    }
    REQUIRE(!last.has_value());
    CHECK(taken > 3);
    CHECK(taken <= static_cast<int>(small_max_bytes / 500'000));
    CHECK(last.error().code == ErrorCode::unavailable);
    CHECK(last.error().retry == Retry::safe);
    CHECK(!journal.health().writable);
    REQUIRE(journal.free_up_to(journal.newest()).has_value());
    CHECK(append(journal, batch({entry("p", std::string(500'000, 'x'))})).has_value());
    CHECK(journal.health().writable);
}
