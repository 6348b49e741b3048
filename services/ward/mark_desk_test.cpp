// The mark desk through its route's function, on a real (in-memory) journal.
#include "ward/mark_desk.hpp"

#include "vigil/v1/mark.pb.h"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace vigil;
using namespace vigil::ward;

namespace {

constexpr std::int64_t now_us = 1'800'000'000'000'000;
const std::string id = "000102030405060708090a0b0c0d0e0f";

struct Fixture : TestDesk {
    MarkDesk desk{journal, directory, clock, random, log};

    Fixture() {
        principal.id = "ada";
        v1::Patient patient;
        patient.set_id("p1");
        journal.append(
            {.entries = {access::directory_entry(patient, 1, random_id(random))}, .fences = {}},
            [](Result<journal::Appended> done) { REQUIRE(done); }
        );
        REQUIRE(directory.load(journal));
    }

    http::Response post(const std::string& body, const std::string& patient = "p1") {
        return ask(desk, &MarkDesk::post_mark, body, patient);
    }

    v1::Mark marked(const std::string& body) {
        const auto answer = post(body);
        CHECK(answer.status == 202);
        const auto entry = newest();
        CHECK(answer.body == R"({"id":")" + to_hex(entry.id()) + R"("})");
        CHECK(entry.type() == v1::MARK);
        CHECK(entry.patient() == "p1");
        CHECK(entry.partition() == journal::partition_of("p1", journal::default_partitions));
        CHECK(entry.receipt_time_us() == now_us);
        v1::Mark mark;
        REQUIRE(mark.ParseFromString(entry.payload()));
        CHECK(mark.user() == "ada");
        CHECK(mark.role() == v1::StaffUser::CLINICIAN);
        CHECK(mark.time_us() == now_us);
        CHECK(mark.patient() == "p1");
        return mark;
    }

    void refused(const std::string& body, const std::string& field) {
        const auto before = journal.newest();
        const auto answer = post(body);
        INFO(body);
        CHECK(answer.status == 400);
        CHECK(answer.body.contains('"' + field + '"'));
        CHECK(journal.newest() == before);
    }
};

} // namespace

TEST_CASE_METHOD(Fixture, "an annotation has a time, a type of the ILAE's, awareness and a text") {
    const auto mark = marked(
        R"({"kind":"annotation","from_us":1799999000000000,"until_us":1799999060000000,"type":"focal_to_bilateral_tonic_clonic","awareness":"impaired","text":"left arm first"})"
    );
    CHECK(mark.kind() == v1::Mark::ANNOTATION);
    CHECK(mark.until_us() - mark.from_us() == 60'000'000);
    CHECK(mark.type() == v1::Mark::FOCAL_TO_BILATERAL_TONIC_CLONIC);
    CHECK(mark.awareness() == v1::Mark::IMPAIRED);
    CHECK(mark.text() == "left arm first");
    refused(R"({"kind":"annotation","text":"when?"})", "from_us");
    refused(R"({"kind":"annotation","from_us":1800000061000000,"text":"not yet"})", "from_us");
    refused(
        R"({"kind":"annotation","from_us":1799999000000000,"until_us":1799998999999999,"text":"x"})",
        "until_us"
    );
    refused(
        R"({"kind":"annotation","from_us":1799900000000000,"until_us":1799986400000001,"text":"x"})",
        "until_us"
    );
    refused(R"({"kind":"annotation","from_us":1799999000000000})", "text");
    refused(R"({"kind":"annotation","from_us":1799999000000000,"type":"petit_mal"})", "type");
    refused(
        R"({"kind":"annotation","from_us":1799999000000000,"type":"absence_typical","awareness":"aware"})",
        "awareness"
    );
    refused(
        R"({"kind":"annotation","from_us":1799999000000000,"text":")" + std::string(501, 'x') +
            "\"}",
        "text"
    );
}

TEST_CASE_METHOD(Fixture, "an event is marked a seizure, none, or unsure, and nothing else") {
    const std::set<std::pair<std::string, v1::Mark::Verdict>> verdicts{
        {"seizure", v1::Mark::SEIZURE},
        {"no_seizure", v1::Mark::NO_SEIZURE},
        {"unsure", v1::Mark::UNSURE},
    };
    for (const auto& [word, verdict] : verdicts) {
        const auto mark =
            marked(R"({"kind":"verdict","event":")" + id + R"(","verdict":")" + word + "\"}");
        CHECK(mark.verdict() == verdict);
        CHECK(to_hex(mark.event()) == id);
    }
    refused(R"({"kind":"verdict","verdict":"seizure"})", "event");
    refused(R"({"kind":"verdict","event":")" + id + "\"}", "verdict");
    refused(R"({"kind":"verdict","event":")" + id + R"(","verdict":"maybe"})", "verdict");
    refused(R"({"kind":"verdict","event":"00","verdict":"seizure"})", "event");
    refused(R"({"kind":"verdict","event":"xyz","verdict":"seizure"})", "event");
    refused(R"({"kind":"all_clear","event":")" + id + "\"}", "event");
}

TEST_CASE_METHOD(Fixture, "a manual alarm is said twice") {
    refused(R"({"kind":"manual_alarm"})", "confirm");
    refused(R"({"kind":"manual_alarm","confirm":false})", "confirm");
    CHECK(marked(R"({"kind":"manual_alarm","confirm":true})").kind() == v1::Mark::MANUAL_ALARM);
}

TEST_CASE_METHOD(Fixture, "the patient was looked after; a mark is taken back") {
    CHECK(marked(R"({"kind":"all_clear","text":"sleeps"})").kind() == v1::Mark::ALL_CLEAR);
    const auto mark = marked(R"({"kind":"withdrawn","withdraws":")" + id + "\"}");
    CHECK(to_hex(mark.withdraws()) == id);
    refused(R"({"kind":"withdrawn"})", "withdraws");
    refused(R"({"kind":"all_clear","from_us":1799999000000000})", "from_us");
    refused(R"({"kind":"all_clear","type":"focal"})", "type");
}

TEST_CASE_METHOD(Fixture, "a mark of another kind, or of nobody, is refused") {
    refused(R"({})", "kind");
    refused(R"({"kind":"button"})", "kind"); // only a device presses it
    refused(R"({"kind":"kind_unspecified"})", "kind");
    refused(R"({"kind":"all_clear","who":"me"})", "who");
    CHECK(post(R"({"kind":"all_clear"})", "nobody").status == 404);
}
