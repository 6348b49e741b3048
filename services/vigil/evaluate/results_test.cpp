#include "vigil/evaluate/results.hpp"

#include "vigil/evaluate/plots.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace vigil::evaluate {

namespace {

Results some_results() {
    Results results{.detector = "detector-a"};
    results.add(
        {.name = "b/1",
         .patient = "b",
         .duration_s = 3600,
         .reference = {{100, 150}, {2000, 2030}},
         .detections = {{110, 140, 116.5}, {900, 920}}}
    );
    results.add(
        {.name = "a/1", .patient = "a", .duration_s = 7200, .reference = {}, .detections = {}}
    );
    results.add(
        {.name = "b/2",
         .patient = "b",
         .duration_s = 1800,
         .reference = {{50, 60}},
         .detections = {{40, 55}}}
    );
    return results;
}

/// The JSON of some results with one piece of text replaced.
std::string changed(const std::string& from, const std::string& to) {
    auto json = results_json(some_results());
    const auto at = json.find(from);
    REQUIRE(at != std::string::npos);
    return json.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("recordings add up to their patients, in the order of ids") {
    const auto results = some_results();
    REQUIRE(results.patients.size() == 2);
    CHECK(results.patients[0].patient == "a");
    CHECK(results.patients[1].tally.recordings == 2);
    CHECK(results.patients[1].tally.seizures == 3);
    CHECK(results.patients[1].tally.events.detected == 2);
    CHECK(results.patients[1].tally.events.false_alarms == 1);
    CHECK(results.patients[1].tally.latencies_s == std::vector<double>{16.5, -10});
}

TEST_CASE("what is written as JSON is read back for the gate") {
    const auto results = some_results();
    const auto read = read_results(results_json(results));
    REQUIRE(read);
    CHECK(read->detector == "detector-a");
    REQUIRE(read->patients.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(read->patients[i].patient == results.patients[i].patient);
        CHECK(read->patients[i].tally.seizures == results.patients[i].tally.seizures);
        CHECK(read->patients[i].tally.events == results.patients[i].tally.events);
        CHECK(read->patients[i].tally.latencies_s == results.patients[i].tally.latencies_s);
    }
    CHECK(gate(read->patients, results.patients)->outcome == GateOutcome::not_enough_data);
}

TEST_CASE("JSON that is no result, or contradicts itself, is refused") {
    const auto refused = [](std::string json) { return !read_results(std::move(json)); };
    CHECK(refused(""));
    CHECK(refused("[]"));
    CHECK(refused("{}"));
    CHECK(refused(R"({"format":"vigil-evaluation-2","detector":"x","patients":[]})"));
    CHECK(refused(R"({"format":"vigil-evaluation-1","detector":"x"})"));
    CHECK(refused(R"({"format":"vigil-evaluation-1","detector":"x","patients":[{"patient":"a"}]})")
    );
    CHECK_FALSE(refused(R"({"format":"vigil-evaluation-1","detector":"x","patients":[]})"));
    CHECK_FALSE(refused(results_json(some_results())));
    const auto json = results_json(some_results());
    CHECK(refused(json.substr(0, json.size() - 10)));
    const std::string patient = R"("patient":"b","recordings":2,"seizures":3)";
    CHECK_FALSE(refused(changed(patient, R"("patient":"b","recordings":2,"seizures":4)")));
    CHECK(refused(changed(patient, R"("patient":"b","recordings":2,"seizures":-3)")));
    CHECK(refused(changed(patient, R"("patient":7,"recordings":2,"seizures":3)")));
    CHECK(refused(changed(patient, R"("patient":"b","recordings":2)")));
    const std::string of_b = json.substr(json.find(patient));
    const std::string counts = R"("reference":3,"true_positives":2)";
    auto more = json;
    more.replace(
        more.find(patient) + of_b.find(counts),
        counts.size(),
        R"("reference":3,"true_positives":4)"
    );
    CHECK(refused(more));
}

TEST_CASE("figures that do not exist are null in JSON and a dash in the table") {
    Results results{.detector = "x"};
    results.add({.name = "a", .patient = "a", .duration_s = 3600, .reference = {}, .detections = {}}
    );
    const auto json = results_json(results);
    CHECK(json.contains(R"("sensitivity":null)"));
    CHECK_FALSE(json.contains("nan"));
    CHECK(results_table(results).contains("sensitivity           - "));
    CHECK(results_html(results).contains("No seizure was detected"));
}

TEST_CASE("the table names its averages, its hours and what is missing") {
    auto results = some_results();
    results.left_out.push_back({.name = "c/1.edf", .why = "there is no reference"});
    const auto table = results_table(results);
    CHECK(table.contains("detector-a: 3 recordings of 2 patients\n"));
    CHECK(table.contains("all recordings (micro)"));
    CHECK(table.contains("mean of patients (macro)"));
    CHECK(table.contains("0.667 (0.094 to 0.992; 2 of 3)"));
    CHECK(table.contains("; 1 in 3.50 h)"));
    CHECK(table.contains("says little"));
    CHECK(table.contains("LEFT OUT c/1.edf: there is no reference\n"));
}

TEST_CASE("the report asks nothing of any other host and runs no script") {
    auto results = some_results();
    results.recordings[0].name = "<script src=//evil.example/x.js>\"'&";
    results.left_out.push_back({.name = "<img src=x onerror=alert(1)>", .why = "</ul>"});
    const auto page = results_html(results);
    CHECK_FALSE(page.contains("<script"));
    CHECK_FALSE(page.contains("<img"));
    CHECK_FALSE(page.contains("<link"));
    CHECK_FALSE(page.contains("http://"));
    CHECK_FALSE(page.contains("https://"));
    CHECK_FALSE(page.contains("url("));
    CHECK(page.contains("default-src 'none'"));
    CHECK(page.contains("&lt;img src=x"));
    CHECK(page.contains("<svg"));
    CHECK(page.contains("100.0 to 150.0 s"));
    CHECK(escaped("a\tb\x01<") == "a b &lt;");
}

TEST_CASE("synthetic recordings are never in one figure with real ones, in no form of a result") {
    auto results = some_results();
    const auto real = results_table(results);
    CHECK_FALSE(real.contains("SYNTHETIC"));
    CHECK_FALSE(results_html(results).contains("SYNTHETIC"));
    CHECK(results_json(results).contains(R"("synthetic":null)"));
    const auto before = micro_average(results.patients);
    // the same patient's name in both kinds
    results.add(
        {.name = "s/1",
         .patient = "b",
         .duration_s = 36'000,
         .reference = {{100, 150}},
         .detections = {},
         .synthetic = true}
    );
    CHECK(micro_average(results.patients).events == before.events);
    REQUIRE(results.synthetic_patients.size() == 1);
    CHECK(results.synthetic_patients[0].tally.events.missed() == 1);
    const auto table = results_table(results);
    CHECK(table.contains("4 recordings of 3 patients"));
    const auto note = table.find(synthetic_note);
    REQUIRE(note != std::string::npos);
    CHECK(table.find("REAL recordings") < note);
    CHECK(table.find("2 of 3)") < note);
    CHECK(table.find("0 of 1)") > note);
    CHECK(table.find("10.00 h") > note);
    CHECK_FALSE(table.contains("13.50")); // hours of both together
    CHECK_FALSE(table.contains("of 4)"));
    const auto json = results_json(results);
    CHECK(json.contains(R"("name":"s/1","patient":"b","synthetic":true)"));
    CHECK(json.contains(R"("name":"b/1","patient":"b","synthetic":false)"));
    const auto part = json.substr(json.find(R"("synthetic":{"note":"SYNTHETIC)"));
    CHECK(part.contains(R"("hours":10)"));
    CHECK_FALSE(json.contains("13.5"));
    const auto page = results_html(results);
    CHECK(page.find("Real recordings") < page.find(synthetic_note));
    CHECK(page.find("0 of 1 events") > page.find(synthetic_note));
    CHECK_FALSE(page.contains("13.50"));
    // a gate reads the real ones alone
    const auto read = read_results(json);
    REQUIRE(read);
    REQUIRE(read->patients.size() == 2);
    CHECK(read->patients[1].tally.seizures == 3);
}

TEST_CASE("synthetic recordings alone are no result that a gate lets pass") {
    Results results{.detector = "x"};
    for (int patient = 0; patient < 30; ++patient) {
        results.add(
            {.name = std::to_string(patient),
             .patient = std::to_string(patient),
             .duration_s = 3600,
             .reference = {{100, 150}, {2000, 2050}},
             .detections = {{100, 150}, {2000, 2050}},
             .synthetic = true}
        );
    }
    CHECK(parts_of(results).size() == 1);
    CHECK(parts_of(results)[0].synthetic);
    CHECK(results_table(results).contains(synthetic_note));
    CHECK(results_json(results).contains(R"("micro_average":{"recordings":0,)"));
    const auto read = read_results(results_json(results));
    REQUIRE(read);
    CHECK(gate(results.patients, read->patients)->outcome == GateOutcome::not_enough_data);
}

TEST_CASE("a plot draws at most 300 recordings, and says so") {
    Results results{.detector = "x"};
    const auto drawn = [&results] {
        return timelines(results.recordings).contains("first 300 of 301");
    };
    for (int i = 0; i < 300; ++i) {
        results.add(
            {.name = std::to_string(i),
             .patient = "a",
             .duration_s = 60,
             .reference = {},
             .detections = {}}
        );
    }
    CHECK_FALSE(drawn());
    results.add(
        {.name = "more", .patient = "a", .duration_s = 60, .reference = {}, .detections = {}}
    );
    CHECK(drawn());
}

TEST_CASE("the gate's outcome stands in every form, with what it compared") {
    auto results = some_results();
    results.active = "detector-b";
    results.gate = GateResult{
        .outcome = GateOutcome::failed,
        .patients = 20,
        .seizures = 50,
        .checks =
            {{.figure = "f1", .estimate = -0.02, .bound = -0.07, .limit = -0.05, .holds = false}},
    };
    CHECK(results_table(results).contains(
        "gate against detector-b: FAILED (20 patients, 50 seizures)"
    ));
    CHECK(results_table(results).contains("DOES NOT HOLD"));
    CHECK(results_json(results).contains(R"("outcome":"failed")"));
    CHECK(results_html(results).contains("does not hold"));
    results.gate = GateResult{.patients = 19, .seizures = 300};
    CHECK(results_table(results).contains("not enough data"));
    CHECK(results_json(results).contains(R"("outcome":"not enough data")"));
    CHECK(results_html(results).contains("not enough data"));
}

} // namespace vigil::evaluate
