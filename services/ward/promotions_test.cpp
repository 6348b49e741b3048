// Promotions through their routes' functions, on a real (in-memory) journal: what the gate would
// not let pass is never recorded.
#include "ward/administration.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::ward;

namespace {

struct Fixture : TestDesk {
    Administration administration{journal, directory, secret, clock, random, log};

    Fixture() { principal.id = "nurse"; }

    using Handler = void (Administration::*)(const http::Request&, http::Reply);

    http::Response call(Handler handler, std::string body, std::string id = {}) {
        return ask(administration, handler, std::move(body), std::move(id));
    }
};

const std::string digest(64, 'a');

std::string promotion() {
    return R"({"because":"fewer false alarms","decided_by":"Dr. N.","model":"m","version":"2.0.0",)"
           R"("detector":"m 2.0.0","active":"m 1.0.0","card_sha256":")" +
           digest + R"(","file_sha256":"","results_sha256":")" + digest +
           R"(","active_results_sha256":")" + digest +
           R"(","patients":20,"seizures":50,"checks":[{"figure":"f1","estimate":0.01,)"
           R"("bound":-0.04,"limit":-0.05,"holds":true}]})";
}

std::string with(std::string_view old_text, std::string_view new_text) {
    auto body = promotion();
    const auto place = body.find(old_text);
    REQUIRE(place != std::string::npos);
    return body.replace(place, old_text.size(), new_text);
}

} // namespace

TEST_CASE_METHOD(Fixture, "a promotion is one entry, kept for good, and listed with all it says") {
    REQUIRE(call(&Administration::add_promotion, promotion()).status == 201);
    clock.advance(std::chrono::seconds(1));
    REQUIRE(call(&Administration::add_promotion, with("2.0.0", "2.1.0")).status == 201);
    const auto entries = journal.read(0, {.entries = 10, .bytes = 1 << 20}).value();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0]->entry.type() == v1::MODEL_PROMOTION);
    CHECK(entries[0]->entry.key().starts_with("promotion/"));
    CHECK(entries[0]->entry.key() != entries[1]->entry.key());
    v1::ModelPromotion recorded;
    REQUIRE(recorded.ParseFromString(entries[0]->entry.payload()));
    CHECK(recorded.by() == "nurse");
    CHECK(recorded.decided_by() == "Dr. N.");
    CHECK(recorded.card_sha256() == digest);
    CHECK(recorded.checks(0).bound() == -0.04);
    const auto list = call(&Administration::list_promotions, "").body;
    const auto first = list.find(R"("version":"2.0.0")");
    CHECK(first != std::string::npos);
    CHECK(first < list.find(R"("version":"2.1.0")"));
    CHECK(list.contains(R"("promoted":"2027-01-15T08:00:00.000000Z","by":"nurse")"));
    CHECK(list.contains(R"("because":"fewer false alarms")"));
    CHECK(list.contains(R"("estimate":0.01,"bound":-0.04,"limit":-0.05,"holds":true)"));
}

TEST_CASE_METHOD(
    Fixture,
    "what the gate does not let pass, or what is not whole, is not recorded"
) {
    const auto refused = [&](const std::string& body, std::string_view field) {
        const auto before = journal.newest();
        const auto answer = call(&Administration::add_promotion, body);
        CHECK(answer.status == 400);
        CHECK(answer.body.find(field) != std::string::npos);
        CHECK(journal.newest() == before);
    };
    refused(with("\"holds\":true", "\"holds\":false"), "checks[0]");
    refused(with(",\"holds\":true", ""), "checks[0]");
    refused(
        with(
            "{\"figure\":\"f1\",\"estimate\":0.01,\"bound\":-0.04,\"limit\":-0.05,\"holds\":true}",
            ""
        ),
        "checks"
    );
    refused(with("\"patients\":20", "\"patients\":19"), "patients");
    refused(with("\"seizures\":50", "\"seizures\":49"), "seizures");
    refused(with("\"seizures\":50,", ""), "seizures");
    refused(with("fewer false alarms", ""), "because");
    refused(with("fewer false alarms", std::string(1001, 'x')), "because");
    refused(with(R"("card_sha256":"a)", R"("card_sha256":"A)"), "card_sha256");
    refused(with(R"("card_sha256":"a)", R"("card_sha256":")"), "card_sha256");
    refused(with("\"model\"", "\"Model\""), "Model");
    refused("{", "JSON");
}
