// The device desk through its routes' functions, on a real (in-memory) journal: what is refused
// changes nothing.
#include "ward/device_desk.hpp"

#include "ward/administration.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::ward;

namespace {

// The clock of TestDesk stands at 2027-01-15T08:00:00Z.
struct Fixture : TestDesk {
    DeviceDesk desk{journal, directory, secret, clock, random, log};
    Administration administration{journal, directory, secret, clock, random, log};

    Fixture() {
        principal.id = "ada";
        for (const auto* patient : {"p1", "p2"}) {
            ask(administration,
                &Administration::put_patient,
                std::string(R"({"id":")") + patient + R"(","label":"Bed 3"})",
                {});
        }
        call(&DeviceDesk::put_device, R"({"label":"cap in room 4"})");
    }

    using Handler = void (DeviceDesk::*)(const http::Request&, http::Reply);

    http::Response call(Handler handler, std::string body, std::string id = "cap-7") {
        return ask(desk, handler, std::move(body), std::move(id));
    }

    void refused(Handler handler, std::string body, unsigned status, std::string_view field) {
        const auto before = journal.newest();
        const auto answer = call(handler, std::move(body));
        CAPTURE(answer.body);
        CHECK(answer.status == status);
        CHECK(answer.body.contains("\"field\":\"" + std::string(field) + '"'));
        CHECK(journal.newest() == before);
    }
};

} // namespace

TEST_CASE_METHOD(Fixture, "a device is assigned with two identifiers, and it says who did it") {
    CHECK(
        call(&DeviceDesk::put_identity, R"({"name":"Ida Berg","born":"1987-06-05"})", "p1")
            .status == 204
    );
    const auto body = R"({"patient":"p1","name":"ida berg","born":"1987-06-05"})";
    CHECK(call(&DeviceDesk::assign, body).status == 201);
    CHECK(newest().type() == v1::DEVICE);
    CHECK_FALSE(newest().payload().contains("1987"));
    CHECK(
        call(&DeviceDesk::list, {}).body ==
        R"({"devices":[{"id":"cap-7","label":"cap in room 4","patient":"p1","assignments":[{"patient":"p1","from":"2027-01-15T08:00:00.000000Z","by":"ada","at":"2027-01-15T08:00:00.000000Z","identifiers":["name","born"]}]}]})"
    );
    refused(&DeviceDesk::assign, R"({"patient":"p2","id":"p2","bed":"Bed 3"})", 409, "from");
    clock.advance(std::chrono::seconds(60));
    principal.id = "ben";
    CHECK(call(&DeviceDesk::end_assignment, "{}").status == 204);
    CHECK(call(&DeviceDesk::assign, R"({"patient":"p2","id":"p2","bed":"bed 3"})").status == 201);
    const auto list = call(&DeviceDesk::list, {}).body;
    CHECK(list.contains(R"("until":"2027-01-15T08:01:00.000000Z")"));
    CHECK(list.contains(R"("ended_by":"ben","ended_at":"2027-01-15T08:01:00.000000Z")"));
    CHECK(list.contains(R"("patient":"p2","assignments")"));
}

TEST_CASE_METHOD(Fixture, "wrong or missing identifiers, times and names change nothing") {
    refused(&DeviceDesk::assign, R"({"patient":"p1","id":"p1"})", 400, "identifiers");
    refused(
        &DeviceDesk::assign,
        R"({"patient":"p1","id":"p2","bed":"Bed 3"})",
        409,
        "identifiers.id"
    );
    refused(
        &DeviceDesk::assign,
        R"({"patient":"p1","id":"p1","name":"Ida"})",
        400,
        "identifiers.name"
    );
    refused(&DeviceDesk::assign, R"({"patient":"p9","id":"p9","bed":"Bed 3"})", 404, "patient");
    refused(&DeviceDesk::assign, R"({"id":"p1","bed":"Bed 3"})", 400, "patient");
    const auto with_time = [](std::string_view name, std::string_view time) {
        return R"({"patient":"p1","id":"p1","bed":"Bed 3",")" + std::string(name) + "\":\"" +
               std::string(time) + "\"}";
    };
    refused(&DeviceDesk::assign, with_time("from", "yesterday"), 400, "from");
    refused(&DeviceDesk::assign, with_time("until", "2027-01-15T08:00:00Z"), 400, "until");
    refused(&DeviceDesk::assign, with_time("until", "2027-01-15T07:00:00Z"), 400, "until");
    refused(&DeviceDesk::end_assignment, "{}", 409, "at");
    refused(&DeviceDesk::put_device, R"({"label":")" + std::string(101, 'x') + "\"}", 400, "label");
    CHECK(call(&DeviceDesk::put_device, "{}", "a/b").status == 400);
    CHECK(call(&DeviceDesk::assign, with_time("until", ""), "cap-8").status == 404);
    CHECK(call(&DeviceDesk::end_assignment, "{}", "cap-8").status == 404);
}

TEST_CASE_METHOD(Fixture, "who a patient is stands in no entry in the clear, and can be erased") {
    CHECK(call(&DeviceDesk::show_identity, {}, "p1").status == 404);
    const auto body = R"({"name":"Ida Berg","born":"1987-06-05","number":"A-10","bed":"4b"})";
    CHECK(call(&DeviceDesk::put_identity, body, "p1").status == 204);
    const auto entry = newest();
    CHECK(entry.type() == v1::IDENTITY);
    CHECK(entry.source() == "ada");
    CHECK_FALSE(entry.SerializeAsString().contains("Berg"));
    CHECK(call(&DeviceDesk::show_identity, {}, "p1").body == body);
    principal.station = "s1"; // whoever passes could read it there
    CHECK(call(&DeviceDesk::show_identity, {}, "p1").status == 403);
    principal.station.clear();
    CHECK(call(&DeviceDesk::show_identity, {}, "p2").status == 404);
    CHECK(call(&DeviceDesk::put_identity, R"({"name":"x"})", "p9").status == 404);
    for (const auto* born : {"1987-02-30", "5.6.1987", "1987-06-05T00:00"}) {
        CAPTURE(born);
        const auto answer =
            call(&DeviceDesk::put_identity, std::string(R"({"born":")") + born + "\"}", "p1");
        CHECK(answer.status == 400);
        CHECK(answer.body.contains(R"("field":"born")"));
    }
    CHECK(call(&DeviceDesk::erase_identity, {}, "p1").status == 204);
    CHECK(call(&DeviceDesk::show_identity, {}, "p1").status == 404);
    CHECK(call(&DeviceDesk::erase_identity, {}, "p2").status == 404);
}
