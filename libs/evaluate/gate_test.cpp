#include "evaluate/gate.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <format>

namespace vigil::evaluate {

using Catch::Matchers::WithinAbs;
using Patients = std::vector<PatientTally>;

namespace {

/// Patients of `each` seizures in a day, all but the first `missed` of each detected after 10 s.
Patients patients(std::size_t count, std::uint64_t each, std::uint64_t missed = 0) {
    Patients made;
    for (std::size_t number = 0; number < count; ++number) {
        Tally tally{.recordings = 1, .seizures = each};
        tally.events = {
            .reference = each,
            .detected = each - missed,
            .false_alarms = 4,
            .samples = 864'000,
            .rate_hz = 10,
        };
        tally.latencies_s.assign(each - missed, 10.0);
        made.push_back({.patient = std::format("p{}", number), .tally = tally});
    }
    return made;
}

const GateCheck& check_of(const GateResult& result, std::string_view figure) {
    for (const auto& check : result.checks) {
        if (check.figure == figure) {
            return check;
        }
    }
    throw std::out_of_range("no such figure");
}

/// The names of the checks that do not hold.
std::vector<std::string_view> broken(const GateResult& result) {
    std::vector<std::string_view> names;
    for (const auto& check : result.checks) {
        if (!check.holds) {
            names.push_back(check.figure);
        }
    }
    return names;
}

using Names = std::vector<std::string_view>;

} // namespace

TEST_CASE("a model that is as good as the active one passes") {
    const auto result = gate(patients(20, 3), patients(20, 3)).value();
    CHECK(result.outcome == GateOutcome::passed);
    CHECK(result.patients == 20);
    CHECK(result.seizures == 60);
    REQUIRE(result.checks.size() == 4);
    CHECK(check_of(result, "sensitivity").bound == 0.0);
    CHECK(check_of(result, "false alarms").bound == 1.0);
}

TEST_CASE("a better model passes, and no figure of it is taken for worse") {
    auto better = patients(25, 4);
    for (auto& patient : better) {
        patient.tally.events.false_alarms = 1;
        patient.tally.latencies_s.assign(4, 3.0);
    }
    const auto result = gate(better, patients(25, 4, 1)).value();
    CHECK(result.outcome == GateOutcome::passed);
    CHECK(check_of(result, "sensitivity").estimate == 0.25);
    CHECK(check_of(result, "false alarms").estimate == 0.25);
    CHECK(check_of(result, "median latency").estimate == -7.0);
}

TEST_CASE("fewer seizures detected fail the margin of sensitivity, and F1 with it") {
    // 6 of 100, of two patients of 25
    auto worse = patients(25, 4);
    for (std::size_t number = 0; number < 2; ++number) {
        worse[number].tally.events.detected = 1;
        worse[number].tally.latencies_s.resize(1);
    }
    const auto result = gate(worse, patients(25, 4)).value();
    CHECK(result.outcome == GateOutcome::failed);
    CHECK_THAT(check_of(result, "sensitivity").estimate, WithinAbs(-0.06, 1e-12));
    CHECK(check_of(result, "sensitivity").bound < -0.1);
    CHECK_FALSE(check_of(result, "sensitivity").holds);
}

TEST_CASE("a loss within the margin fails too while chance could make it more") {
    auto worse = patients(25, 4);
    worse[0].tally.events.detected = 1;
    worse[0].tally.latencies_s.resize(1);
    const auto result = gate(worse, patients(25, 4)).value();
    CHECK_THAT(check_of(result, "sensitivity").estimate, WithinAbs(-0.03, 1e-12));
    CHECK(broken(result) == Names{"sensitivity"});
    CHECK(result.outcome == GateOutcome::failed);
}

TEST_CASE("a loss that every patient shares is measured exactly, on both sides of the margin") {
    const auto with_detected = [](std::uint64_t detected) {
        auto made = patients(20, 100);
        for (auto& patient : made) {
            patient.tally.events.detected = detected;
            patient.tally.latencies_s.resize(detected);
        }
        return made;
    };
    CHECK(broken(gate(with_detected(95), with_detected(100)).value()).empty());
    CHECK(broken(gate(with_detected(94), with_detected(100)).value()) == Names{"sensitivity"});
}

TEST_CASE("lower F1 alone fails") {
    // 5 false alarms instead of 4, just within 1.25
    auto active = patients(20, 3);
    auto candidate = patients(20, 3);
    for (std::size_t number = 0; number < 20; ++number) {
        active[number].tally.events.false_alarms = 4;
        candidate[number].tally.events.false_alarms = 5;
    }
    const auto result = gate(candidate, active).value();
    CHECK(broken(result) == Names{"f1"});
    CHECK_THAT(check_of(result, "f1").bound, WithinAbs(6.0 / 11 - 6.0 / 10, 1e-12));
    CHECK(result.outcome == GateOutcome::failed);
}

TEST_CASE("more false alarms alone fail") {
    auto active = patients(20, 100);
    auto candidate = patients(20, 100);
    for (std::size_t number = 0; number < 20; ++number) {
        active[number].tally.events.false_alarms = 4;
        candidate[number].tally.events.false_alarms = 5;
    }
    CHECK(gate(candidate, active)->outcome == GateOutcome::passed); // 1.25 is within
    candidate[7].tally.events.false_alarms = 6;
    const auto result = gate(candidate, active).value();
    CHECK(broken(result) == Names{"false alarms"});
    CHECK(result.outcome == GateOutcome::failed);
}

TEST_CASE("a false alarm where the active model has none fails") {
    auto active = patients(20, 100);
    for (auto& patient : active) {
        patient.tally.events.false_alarms = 0;
    }
    auto candidate = active;
    CHECK(gate(candidate, active)->outcome == GateOutcome::passed);
    candidate[3].tally.events.false_alarms = 1;
    const auto result = gate(candidate, active).value();
    CHECK(broken(result) == Names{"false alarms"});
    CHECK(std::isinf(check_of(result, "false alarms").bound));
}

TEST_CASE("later detections alone fail") {
    const auto active = patients(20, 3);
    auto candidate = active;
    for (auto& patient : candidate) {
        patient.tally.latencies_s.assign(3, 15.0);
    }
    CHECK(gate(candidate, active)->outcome == GateOutcome::passed); // 5 s is within
    for (auto& patient : candidate) {
        patient.tally.latencies_s.assign(3, 15.1);
    }
    const auto result = gate(candidate, active).value();
    CHECK(broken(result) == Names{"median latency"});
    CHECK(result.outcome == GateOutcome::failed);
}

TEST_CASE("under 20 patients or 50 seizures there is not enough data, never a pass") {
    CHECK(gate(patients(19, 100), patients(19, 100))->outcome == GateOutcome::not_enough_data);
    auto few = patients(20, 2);
    CHECK(gate(few, few)->outcome == GateOutcome::not_enough_data);
    few = patients(49, 1);
    CHECK(gate(few, few)->outcome == GateOutcome::not_enough_data);
    CHECK(gate(few, few)->checks.empty());
    few = patients(50, 1);
    CHECK(gate(few, few)->outcome == GateOutcome::passed);
    CHECK(gate({}, {})->outcome == GateOutcome::not_enough_data);
    CHECK(gate(few, few, {.draws = 0})->outcome == GateOutcome::not_enough_data);
}

TEST_CASE("a candidate that detects nothing fails everything that it can") {
    auto nothing = patients(20, 3, 3);
    const auto result = gate(nothing, patients(20, 3)).value();
    CHECK(broken(result) == Names{"sensitivity", "f1", "median latency"});
    // and where the active model detects nothing, latency cannot be compared
    CHECK(broken(gate(patients(20, 3), nothing).value()) == Names{"median latency"});
}

TEST_CASE("results of other recordings are refused") {
    const auto active = patients(20, 3);
    CHECK(gate(patients(21, 3), active).error().code == ErrorCode::invalid_argument);
    CHECK(gate(patients(19, 3), active).error().code == ErrorCode::invalid_argument);
    auto other = patients(20, 3);
    other[5].tally.events.samples -= 1;
    CHECK(gate(other, active).error().detail.contains("p5"));
    other = patients(20, 3);
    other[5].tally.seizures = 4;
    CHECK_FALSE(gate(other, active));
}

TEST_CASE("the same seed draws the same, another one others") {
    auto candidate = patients(25, 4);
    candidate[0].tally.events.false_alarms = 9;
    candidate[1].tally.events.false_alarms = 7;
    const auto active = patients(25, 4);
    const auto bound_of = [&](std::uint64_t seed) {
        const auto result = gate(candidate, active, {.draws = 501, .seed = seed}).value();
        return check_of(result, "false alarms").bound;
    };
    CHECK(bound_of(1) == bound_of(1));
    CHECK((bound_of(1) != bound_of(2) || bound_of(1) != bound_of(3)));
}

TEST_CASE("the bound agrees with the normal approximation of a paired difference") {
    // false alarms 4 against 4 or 5 in turn: ratio 1.125, standard error 0.125 / sqrt(200)
    const auto active = patients(200, 1);
    auto candidate = active;
    for (std::size_t number = 0; number < 200; number += 2) {
        candidate[number].tally.events.false_alarms = 5;
    }
    const auto check = check_of(gate(candidate, active).value(), "false alarms");
    CHECK_THAT(check.estimate, WithinAbs(1.125, 1e-12));
    CHECK_THAT(check.bound, WithinAbs(1.125 + 1.96 * 0.125 / std::sqrt(200.0), 2e-3));
}

} // namespace vigil::evaluate
