#include "evaluate/intervals.hpp"

#include "evaluate/figures.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

namespace vigil::evaluate {

using Catch::Matchers::WithinAbs;

TEST_CASE("poisson_interval agrees with the published table of exact limits") {
    // Ulm, Am. J. Epidemiol. 131 (1990) 373, and Garwood's own table: 95 %
    struct Row {
        std::uint64_t count;
        double low;
        double high;
    };

    for (const auto& [count, low, high] : {
             Row{0, 0, 3.689},
             Row{1, 0.025, 5.572},
             Row{2, 0.242, 7.225},
             Row{5, 1.623, 11.668},
             Row{10, 4.795, 18.390},
             Row{30, 20.241, 42.827},
         }) {
        CHECK_THAT(poisson_interval(count).low, WithinAbs(low, 5e-4));
        CHECK_THAT(poisson_interval(count).high, WithinAbs(high, 5e-4));
    }
}

TEST_CASE("proportion_interval is Clopper and Pearson's") {
    // 10 of 10: 0.025^(1/10); 0 of 10 mirrors it; 8 of 10 as R's binom.test(8, 10) gives it
    CHECK_THAT(proportion_interval(10, 10)->low, WithinAbs(0.691503, 1e-6));
    CHECK(proportion_interval(10, 10)->high == 1.0);
    CHECK_THAT(proportion_interval(0, 10)->high, WithinAbs(1 - 0.691503, 1e-6));
    CHECK(proportion_interval(0, 10)->low == 0.0);
    CHECK_THAT(proportion_interval(8, 10)->low, WithinAbs(0.4439045, 1e-6));
    CHECK_THAT(proportion_interval(8, 10)->high, WithinAbs(0.9747893, 1e-6));
    CHECK_FALSE(proportion_interval(0, 0));
    CHECK_FALSE(proportion_interval(2, 1));
}

TEST_CASE("quantile interpolates as NumPy does") {
    CHECK(quantile({4, 1, 3, 2}, 0.5) == 2.5);
    CHECK(quantile({4, 1, 3, 2}, 0.25) == 1.75);
    CHECK(quantile({4, 1, 3, 2}, 1) == 4.0);
    CHECK(quantile({7}, 0.75) == 7.0);
    CHECK_FALSE(quantile({}, 0.5));
}

TEST_CASE("false alarms in hours become a rate a day with its interval") {
    // none in 12 h: at most 7.4 a day, however good that looks
    const Counts none{.samples = 432'000, .rate_hz = 10};
    CHECK(false_alarm_interval(none)->low == 0.0);
    CHECK_THAT(false_alarm_interval(none)->high, WithinAbs(7.378, 1e-3));
    CHECK_FALSE(false_alarm_interval(Counts{}));
}

} // namespace vigil::evaluate
