// Every bound of a query, exceeded: part of the suite that runs against each adapter.
#include "store/store_suite.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::store;
using namespace vigil::store::suite;

namespace {

constexpr TimeRange always{.from_us = INT64_MIN, .until_us = INT64_MAX};

} // namespace

TEMPLATE_TEST_CASE(
    "a page of 0 or of more than 10,000 rows is refused, and an unknown cursor too",
    "[store][limit]",
    MemoryFixture,
    SqliteFixture,
    MariadbFixture
) {
    TestType fixture;
    auto& store = fixture.store();
    for (const std::size_t limit : {0, 10'001}) {
        CHECK(store.chunks("p", always, limit, {}).error().code == ErrorCode::invalid_argument);
        CHECK(store.detections("p", always, limit, {}).error().code == ErrorCode::invalid_argument);
        CHECK(store.vitals("p", always, limit, {}).error().code == ErrorCode::invalid_argument);
    }
    CHECK(store.chunks("p", always, 10'000, {}).has_value());
    for (const auto* cursor :
         {"",
          "c",
          "d1",
          "c1.zz.00",
          "c1.31.31.31",
          "v1.31",
          "x1.31.31",
          "c99999999999999999999.31.31",
          "c1.31.31x",
          "c1.7a.31"}) {
        CHECK(store.chunks("p", always, 10, cursor).error().code == ErrorCode::invalid_argument);
        CHECK(
            store.detections("p", always, 10, cursor).error().code == ErrorCode::invalid_argument
        );
        CHECK(store.vitals("p", always, 10, cursor).error().code == ErrorCode::invalid_argument);
    }
}
