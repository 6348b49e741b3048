// Administration through its routes' functions, on a real (in-memory) journal: what is refused
// changes nothing.
#include "ward/administration.hpp"

#include "access/device_key.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::ward;

namespace {

struct Fixture : TestDesk {
    Administration administration{journal, directory, secret, clock, random, log};

    using Handler = void (Administration::*)(const http::Request&, http::Reply);

    http::Response call(Handler handler, std::string body, std::string id = {}) {
        return ask(administration, handler, std::move(body), std::move(id));
    }
};

} // namespace

TEST_CASE_METHOD(Fixture, "a key is shown once, works for its patient and is gone when revoked") {
    const auto made = call(&Administration::add_key, R"({"patient":"p1","label":"implant"})");
    REQUIRE(made.status == 201);
    const auto at = made.body.find("vk_");
    const auto text = made.body.substr(at, made.body.find('"', at) - at);
    const auto state = directory.state();
    CHECK(state->patient("p1") != nullptr);
    const auto entries = journal.read(0, {.entries = 10, .bytes = 1 << 20}).value();
    REQUIRE(entries.size() == 2); // the patient and its key
    for (const auto& stored : entries) {
        CHECK(stored->entry.trace_id() == trace.bytes());
    }
    const auto found = access::find_device_key(*state, secret, text);
    REQUIRE(found);
    CHECK((*found)->patient() == "p1");
    CHECK(call(&Administration::list_keys, "").body.find(text) == std::string::npos);

    CHECK(call(&Administration::revoke_key, "", (*found)->id()).status == 204);
    CHECK_FALSE(access::find_device_key(*directory.state(), secret, text));
    CHECK(call(&Administration::revoke_key, "", "unknown").status == 404);
}

TEST_CASE_METHOD(Fixture, "wrong administration requests name the member and append nothing") {
    const auto refused = [&](Handler handler, std::string body, std::string_view field) {
        const auto before = journal.newest();
        const auto answer = call(handler, std::move(body));
        CHECK(answer.status == 400);
        CHECK(answer.content_type == "application/problem+json");
        CHECK(answer.body.find(field) != std::string::npos);
        CHECK(journal.newest() == before);
    };
    refused(&Administration::add_key, "{", "JSON");
    refused(&Administration::add_key, R"({"label":"x"})", "patient");
    refused(&Administration::add_key, R"({"patient":"a/b"})", "patient");
    refused(&Administration::add_key, R"({"patient":"a","patient":"b"})", "patient");
    refused(&Administration::add_key, R"({"patient":"a","extra":1})", "extra");
    refused(&Administration::add_key, R"(["patient"])", "JSON object");
    refused(&Administration::add_key, R"({"patient":"a"} {})", "goes on");
    refused(&Administration::add_key, R"({"patient":{"id":"a"}})", "\"field\":\"patient\"");
    refused(&Administration::add_key, R"({"patient":7})", "must be text");
    refused(&Administration::put_patient, R"({"id":"a","number":1.5})", "\"field\":\"number\"");
    refused(&Administration::put_user, R"({"name":"n","disabled":"no"})", "must be true or false");
    refused(
        &Administration::add_key,
        R"({"patient":"a","label":")" + std::string(101, 'x') + "\"}",
        "label"
    );
    refused(&Administration::add_key, R"({"patient":"a","device":"d"})", "patient");
    refused(&Administration::add_key, R"({"label":"x"})", "patient");
    refused(&Administration::add_key, R"({"device":"a b"})", "device");
    refused(&Administration::put_patient, R"({"id":"a","number":-1})", "number");
    refused(&Administration::put_patient, R"({"id":"a","monitoring":"maybe"})", "monitoring");
    refused(&Administration::put_user, R"({"name":"local","password":"long enough pw"})", "name");
    refused(&Administration::put_user, R"({"name":"n","password":"short"})", "password");
    refused(
        &Administration::put_user,
        R"({"name":"n","password":"long enough pw","role":"god"})",
        "role"
    );
}

TEST_CASE_METHOD(Fixture, "a key of a device makes it known, and sends as this device alone") {
    const auto made = call(&Administration::add_key, R"({"device":"cap-7","label":"in room 4"})");
    CHECK(made.status == 201);
    CHECK(made.body.contains(R"("device":"cap-7")"));
    const auto state = directory.state();
    CHECK(state->devices.at("cap-7").label() == "in room 4");
    REQUIRE(state->keys.size() == 1);
    CHECK(state->keys.begin()->second.device() == "cap-7");
    CHECK(state->keys.begin()->second.patient().empty());
    CHECK(state->patients.empty());
    CHECK(call(&Administration::list_keys, "").body.contains(R"("device":"cap-7")"));
}

TEST_CASE_METHOD(Fixture, "models are assigned to a patient, and who did it when is kept") {
    administration.know_models({{.name = "window-178", .version = "2.0.0"}, {"line-length", "1"}});
    CHECK(call(&Administration::put_models, R"({"active":"a"})", "p1").status == 404);
    CHECK(call(&Administration::show_models, "", "p1").status == 404);
    call(&Administration::put_patient, R"({"id":"p1"})");
    CHECK(
        call(&Administration::show_models, "", "p1").body ==
        R"({"patient":"p1","loaded":[{"name":"window-178","version":"2.0.0"},{"name":"line-length","version":"1"}],"active":null,"shadows":[]})"
    );
    const auto put = R"({"active":"line-length","shadows":["window-178"]})";
    CHECK(call(&Administration::put_models, put, "p1").status == 204);
    CHECK(
        call(&Administration::show_models, "", "p1").body ==
        R"({"patient":"p1","loaded":[{"name":"window-178","version":"2.0.0"},{"name":"line-length","version":"1"}],"active":"line-length","shadows":["window-178"],"assigned_by":"chief","assigned_time":"2027-01-15T08:00:00.000000Z"})"
    );
    const auto entries = journal.read(0, {.entries = 10, .bytes = 1 << 20}).value();
    REQUIRE(entries.size() == 2);
    const auto& entry = entries.back()->entry;
    CHECK(entry.type() == v1::MODEL_ASSIGNMENT);
    CHECK(entry.partition() == journal::partition_of("p1", 64));
    CHECK(entry.source() == "chief");
    CHECK(entry.receipt_time_us() == to_us(clock.utc()));
}

TEST_CASE_METHOD(Fixture, "a wrong assignment of models names the member and appends nothing") {
    call(&Administration::put_patient, R"({"id":"p1"})");
    administration.know_models({{"window-178", "2.0.0"}, {"line-length", "1"}});
    const auto refused = [&](std::string body, unsigned status, std::string_view field) {
        const auto before = journal.newest();
        const auto answer = call(&Administration::put_models, std::move(body), "p1");
        CHECK(answer.status == status);
        CHECK(answer.body.find("\"field\":\"" + std::string(field) + '"') != std::string::npos);
        CHECK(journal.newest() == before);
    };
    refused(R"({"shadows":[]})", 400, "active");
    refused(R"({"active":""})", 400, "active");
    refused(R"({"active":"A model"})", 400, "active");
    refused(R"({"active":"line-length","shadows":["line-length"]})", 400, "shadows");
    refused(R"({"active":"a","shadows":["b","b"]})", 400, "shadows");
    refused(R"({"active":"a","shadows":["b","c","d","e","f"]})", 413, "shadows");
    refused(R"({"active":"a","shadow":[]})", 400, "shadow");
    refused(R"({"active":"sladky-2022"})", 422, "active");
    refused(R"({"active":"line-length","shadows":["window-178","b"]})", 422, "shadows[1]");
}

TEST_CASE_METHOD(Fixture, "a number of the old contract belongs to one patient") {
    CHECK(call(&Administration::put_patient, R"({"id":"a","number":7})").status == 204);
    CHECK(call(&Administration::put_patient, R"({"id":"b","number":7})").status == 409);
    CHECK(
        call(
            &Administration::put_patient,
            R"({"id":"a","label":"Bed 7","number":7,"monitoring":"standby"})"
        )
            .status == 204
    );
    CHECK(directory.state()->patient("a")->monitoring() == v1::Patient::STANDBY);
}

TEST_CASE_METHOD(Fixture, "an empty password keeps the user's old one") {
    CHECK(
        call(
            &Administration::put_user,
            R"({"name":"nurse","password":"long enough pw","role":"clinician"})"
        )
            .status == 204
    );
    const auto hash = directory.state()->users.at("nurse").password_hash();
    CHECK(call(&Administration::put_user, R"({"name":"nurse","role":"viewer"})").status == 204);
    CHECK(directory.state()->users.at("nurse").password_hash() == hash);
    CHECK(directory.state()->users.at("nurse").role() == v1::StaffUser::VIEWER);
}
