#include "evaluate/scoring.hpp"

#include "evaluate/figures.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <limits>
#include <vector>

namespace vigil::evaluate {

using Catch::Matchers::WithinRel;
using Events = std::vector<Event>;

TEST_CASE("a hypothesis that covers 24 h without a seizure is 288 false alarms a day") {
    const auto score = score_events({}, Events{{0, 86'400}}, 86'400);
    CHECK(score.counts.false_alarms == 288);
    CHECK(score.counts.false_alarms_per_day() == 288.0);
    CHECK(score.counts.reference == 0);
    CHECK_FALSE(score.counts.sensitivity());
    CHECK(score.counts.precision() == 0.0);
    CHECK(score.counts.f1() == 0.0);
}

TEST_CASE("24 h without a seizure and without a detection have no figure but no false alarm") {
    const auto score = score_events({}, {}, 86'400);
    CHECK(score.counts.false_alarms_per_day() == 0.0);
    CHECK_FALSE(score.counts.sensitivity());
    CHECK_FALSE(score.counts.precision());
    CHECK_FALSE(score.counts.f1());
    CHECK_FALSE(score_events({}, {}, 0).counts.false_alarms_per_day());
}

TEST_CASE("a detection counts within 30 s before and 60 s after the seizure, and not beyond") {
    const Events seizure{{1000, 1040}};
    const auto hit = [&](double onset_s, double end_s) {
        const auto counts = score_events(seizure, Events{{onset_s, end_s}}, 3600).counts;
        CHECK(counts.detected + counts.false_alarms == 1);
        return counts.detected == 1;
    };
    CHECK(hit(1010, 1020));
    CHECK(hit(960, 970.1));
    CHECK_FALSE(hit(960, 970));
    CHECK(hit(1099.9, 1110));
    CHECK_FALSE(hit(1100, 1110));
}

TEST_CASE("events less than 90 s apart are one, longer than 5 minutes are several") {
    CHECK(score_events(Events{{100, 110}, {199.9, 210}}, {}, 3600).counts.reference == 1);
    CHECK(score_events(Events{{100, 110}, {200, 210}}, {}, 3600).counts.reference == 2);
    CHECK(score_events(Events{{100, 400}}, {}, 3600).counts.reference == 1);
    const auto longer = score_events(Events{{100, 400.5}}, {}, 3600);
    CHECK(longer.counts.reference == 2);
    CHECK(longer.seizures == 1);
    CHECK(score_events({}, Events{{0, 1500}}, 3600).counts.false_alarms == 5);
}

TEST_CASE("one detection may cover two seizures, and is no false alarm") {
    const auto score = score_events(Events{{1000, 1010}, {1200, 1210}}, Events{{1005, 1205}}, 3600);
    CHECK(score.counts.detected == 2);
    CHECK(score.counts.false_alarms == 0);
    CHECK(score.latencies_s == std::vector<double>{5, -30});
}

TEST_CASE("a minimum overlap is a share of the tolerated stretch") {
    const Events seizure{{1000, 1010}};
    const Events detection{{1000, 1049}};
    CHECK(score_events(seizure, detection, 3600, {.minimum_overlap = 0.48}).counts.detected == 1);
    CHECK(score_events(seizure, detection, 3600, {.minimum_overlap = 0.49}).counts.detected == 0);
}

TEST_CASE("samples are counted second by second") {
    const auto counts = score_samples(Events{{10, 20}}, Events{{15, 30}}, 100);
    CHECK(counts.samples == 100);
    CHECK(counts.reference == 10);
    CHECK(counts.detected == 5);
    CHECK(counts.missed() == 5);
    CHECK(counts.false_alarms == 10);
    CHECK(counts.sensitivity() == 0.5);
    CHECK_THAT(counts.precision().value(), WithinRel(5.0 / 15, 1e-12));
}

TEST_CASE("a list that is sorted, disjoint and inside the record is left as it is") {
    const Events touching{{0, 10}, {10, 20}, {50, 100}};
    CHECK(normalised(touching, 100) == touching);
}

TEST_CASE("events are sorted, joined where they overlap, and cut to the record") {
    const Events wild{{90, 120}, {-5, 3}, {20, 30}, {25, 28}, {29, 40}, {7, 7}, {9, 8}, {200, 300}};
    CHECK(normalised(wild, 100) == Events{{0, 3}, {20, 40}, {90, 100}});
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(normalised({{nan, nan}, {1, nan}}, 100).empty());
    CHECK(score_events(wild, wild, 100).counts.false_alarms == 0);
}

TEST_CASE("latency runs to when the first detection was raised, or to its onset") {
    const Events seizures{{1000, 1040}, {2000, 2040}, {3000, 3040}};
    const Events detections{{1005, 1030, 1012.0}, {1035, 1050}, {1950, 2010}};
    const auto score = score_events(seizures, detections, 3600);
    CHECK(score.latencies_s == std::vector<double>{12, -30});
    CHECK(score.counts.detected == 2);
    // a seizure of six minutes is scored as two and has one latency
    CHECK(score_events(Events{{100, 460}}, Events{{100, 460}}, 3600).latencies_s.size() == 1);
}

TEST_CASE("the micro average adds counts, the macro average means patients") {
    const std::vector<PatientTally> patients{
        {"a", tally(Events{{100, 110}, {500, 510}, {900, 910}}, Events{{100, 110}}, 86'400)},
        {"b", tally(Events{{100, 110}}, Events{{100, 110}, {600, 610}}, 43'200)},
        {"c", tally({}, {}, 43'200)},
    };
    const auto micro = micro_average(patients);
    CHECK(micro.recordings == 3);
    CHECK(micro.events.sensitivity() == 0.5);
    CHECK(micro.events.precision() == 2.0 / 3);
    CHECK(micro.events.false_alarms_per_day() == 0.5);
    const auto macro = macro_average(patients);
    CHECK_THAT(macro.sensitivity.value.value(), WithinRel(2.0 / 3, 1e-12));
    CHECK(macro.sensitivity.patients == 2);
    CHECK(macro.precision.value == 0.75);
    CHECK_THAT(macro.false_alarms_per_day.value.value(), WithinRel(2.0 / 3, 1e-12));
    CHECK(macro.false_alarms_per_day.patients == 3);
    CHECK_FALSE(macro_average({}).sensitivity.value);
}

} // namespace vigil::evaluate
