// Every formula against what mpmath gives in 50 digits: reference.json, which make_reference.py
// writes.
#include "queueing/dispatch.hpp"
#include "queueing/loss.hpp"
#include "queueing/nested.hpp"
#include "queueing/network.hpp"
#include "queueing/pulling.hpp"
#include "queueing/retries.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

namespace vigil::queueing {

namespace {

using Catch::Matchers::WithinRel;
using simdjson::dom::element;

constexpr double twelve_digits = 1e-12;

class Reference {
public:
    explicit Reference(const char* table)
        : rows_(parser_.load(std::string(VIGIL_SOURCE_DIR) + "/libs/queueing/reference.json")[table]
                    .get_array()
                    .value()) {}

    [[nodiscard]] auto begin() const { return rows_.begin(); }

    [[nodiscard]] auto end() const { return rows_.end(); }

private:
    simdjson::dom::parser parser_;
    simdjson::dom::array rows_;
};

double number(element row, const char* name) {
    return row[name].get_double().value();
}

std::uint64_t count(element row, const char* name) {
    return row[name].get_uint64().value();
}

} // namespace

TEST_CASE("erlang_b and its inverse in slots agree with the definition to twelve digits") {
    for (const element row : Reference("erlang_b")) {
        CAPTURE(count(row, "slots"), number(row, "offered"));
        CHECK_THAT(
            erlang_b(count(row, "slots"), number(row, "offered")),
            WithinRel(number(row, "value"), twelve_digits)
        );
    }
    for (const element row : Reference("slots_for")) {
        CAPTURE(number(row, "offered"), number(row, "target"));
        CHECK(slots_for(number(row, "offered"), number(row, "target")) == count(row, "slots"));
    }
}

TEST_CASE("shared cores and the load for a target agree with the definition to twelve digits") {
    for (const element row : Reference("shared_cores")) {
        CAPTURE(count(row, "slots"), number(row, "cores"));
        CHECK_THAT(
            shared_cores_blocking(
                count(row, "slots"),
                number(row, "cores"),
                number(row, "offered")
            ),
            WithinRel(number(row, "value"), twelve_digits)
        );
    }
    for (const element row : Reference("offered_for")) {
        CAPTURE(count(row, "slots"), number(row, "target"));
        CHECK_THAT(
            offered_for(count(row, "slots"), number(row, "cores"), number(row, "target")).value(),
            WithinRel(number(row, "value"), twelve_digits)
        );
    }
}

TEST_CASE("erlang_c agrees with the definition to twelve digits") {
    for (const element row : Reference("erlang_c")) {
        CAPTURE(count(row, "slots"), number(row, "offered"));
        CHECK_THAT(
            erlang_c(count(row, "slots"), number(row, "offered")).value(),
            WithinRel(number(row, "value"), twelve_digits)
        );
    }
}

TEST_CASE("every dispatch agrees with its balance equations to twelve digits") {
    for (const element row : Reference("pods")) {
        const std::string_view word = row["dispatch"];
        CAPTURE(word, count(row, "pods"), number(row, "cores"), number(row, "offered"));
        const auto* const traits = std::ranges::find(dispatches, word, &DispatchTraits::name);
        REQUIRE(traits != dispatches.end());
        const auto refused = blocking(
            {.pods = count(row, "pods"),
             .slots = count(row, "slots"),
             .cores = number(row, "cores"),
             .dispatch = traits->dispatch,
             .dispatchers = count(row, "dispatchers")},
            number(row, "offered")
        );
        CHECK_THAT(refused.value().share, WithinRel(number(row, "value"), twelve_digits));
        CHECK_FALSE(refused->many_pods);
    }
}

TEST_CASE("two choices among many pods agree with the limit's equations to twelve digits") {
    constexpr std::uint64_t pods = 1000;
    for (const element row : Reference("many_pods")) {
        CAPTURE(count(row, "slots"), number(row, "each"));
        const auto refused = blocking(
            {.pods = pods,
             .slots = count(row, "slots"),
             .cores = number(row, "cores"),
             .dispatch = Dispatch::two_choices},
            number(row, "each") * pods
        );
        CHECK_THAT(refused.value().share, WithinRel(number(row, "value"), twelve_digits));
        CHECK(refused->many_pods);
    }
}

TEST_CASE("retries agree with the fixed point to twelve digits") {
    for (const element row : Reference("retries")) {
        CAPTURE(count(row, "slots"), number(row, "fresh"));
        const double cores = number(row, "cores");
        const auto slots = count(row, "slots");
        std::optional<std::uint32_t> attempts;
        if (!row["attempts"].is_null()) {
            attempts = static_cast<std::uint32_t>(count(row, "attempts"));
        }
        const auto load = retry_load(
            [&](double offered) { return shared_cores_blocking(slots, cores, offered); },
            cores,
            number(row, "fresh"),
            attempts
        );
        CHECK_THAT(load.value().offered, WithinRel(number(row, "total"), twelve_digits));
        CHECK_THAT(load->blocking, WithinRel(number(row, "blocking"), twelve_digits));
        CHECK_THAT(load->given_up, WithinRel(number(row, "given_up"), twelve_digits));
    }
}

TEST_CASE("nested services agree with the sum over all states to twelve digits") {
    for (const element row : Reference("nested")) {
        std::vector<Caller> callers;
        for (const element caller : row["callers"]) {
            callers.push_back({
                .slots = caller.at(0).get_uint64().value(),
                .own = caller.at(1).get_double().value(),
                .nested = caller.at(2).get_double().value(),
                .calls = caller.at(3).get_double().value(),
            });
        }
        const auto loss = nested_loss(callers, number(row, "direct"), count(row, "callee"));
        REQUIRE(loss);
        CHECK_THAT(loss->direct_refused, WithinRel(number(row, "direct_refused"), twelve_digits));
        for (std::size_t i = 0; i < callers.size(); ++i) {
            const auto& [refused, calls_refused, lost] = loss->callers[i];
            CAPTURE(i, callers.size());
            CHECK_THAT(
                refused,
                WithinRel(row["refused"].at(i).get_double().value(), twelve_digits)
            );
            const double reference = row["calls_refused"].at(i).get_double().value();
            CHECK_THAT(calls_refused, WithinRel(reference, twelve_digits));
            const double both = refused + (1 - refused) * callers[i].calls * reference;
            CHECK_THAT(lost, WithinRel(both, twelve_digits));
        }
    }
}

TEST_CASE("a tandem of pools agrees with its balance equations to twelve digits") {
    for (const element row : Reference("tandem")) {
        const Tandem tandem{
            .first_slots = count(row, "first"),
            .first_offered = number(row, "first_offered"),
            .second_slots = count(row, "second"),
            .second_offered = number(row, "second_offered"),
            .share = number(row, "share"),
        };
        CHECK_THAT(tandem_blocking(tandem).value(), WithinRel(number(row, "value"), twelve_digits));
    }
}

TEST_CASE("the hottest owner agrees with the multinomial sum to twelve digits") {
    for (const element row : Reference("hottest_owner")) {
        const auto ratio =
            hottest_owner(count(row, "patients"), count(row, "owners"), count(row, "partitions"));
        CHECK_THAT(ratio.value(), WithinRel(number(row, "value"), twelve_digits));
    }
}

} // namespace vigil::queueing
