// Stations through their routes' functions, on a real (in-memory) journal: who becomes one, who
// acts at one, and what it confirms.
#include "access/session.hpp"
#include "access/station.hpp"
#include "ward/alarm_requests.hpp"
#include "ward/person_gate.hpp"
#include "ward/station_board.hpp"
#include "ward/station_desk.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

#include <future>

using namespace vigil;
using namespace vigil::ward;

namespace {

constexpr std::string_view right_pin = "204865";

struct Fixture : TestDesk {
    HashQueue hashes;
    StationDesk desk{journal, directory, secret, clock, random, log, hashes};

    Fixture() {
        principal.id = "chief";
        principal.administrator = true;
        know_user("ada", v1::StaffUser::CLINICIAN);
        know_user("vic", v1::StaffUser::VIEWER);
    }

    template <class Message>
    void know(const Message& message) {
        journal.append(
            {.entries = {access::directory_entry(message, 1, random_id(random))}, .fences = {}},
            [](const Result<journal::Appended>& done) { REQUIRE(done); }
        );
        REQUIRE(directory.load(journal));
    }

    void know_user(const std::string& name, v1::StaffUser::Role role, bool disabled = false) {
        v1::StaffUser user;
        user.set_name(name);
        user.set_role(role);
        user.set_disabled(disabled);
        know(user);
    }

    http::Response call(
        void (StationDesk::*handler)(const http::Request&, http::Reply),
        std::string body,
        std::string id = {}
    ) {
        return answered([&](http::Reply reply) {
            http::Request request;
            request.body = std::move(body);
            request.trace = trace;
            request.principal = principal;
            request.parameters["id"] = std::move(id);
            (desk.*handler)(request, std::move(reply));
        });
    }

    http::Response enroll(const std::string& token) {
        return answered([&](http::Reply reply) {
            http::Request request;
            request.query["station"] = token;
            desk.enroll(request, std::move(reply));
        });
    }

    /// Waits for an answer that may come from the hashing thread.
    http::Response answered(const std::function<void(http::Reply)>& ask) {
        std::promise<http::Response> answer;
        ask(http::Reply([&](http::Response response) { answer.set_value(std::move(response)); }));
        auto response = answer.get_future().get();
        REQUIRE(directory.load(journal));
        return response;
    }

    std::string token_of_new_station() {
        const auto made = call(&StationDesk::add_station, R"({"label":"Desk"})");
        REQUIRE(made.status == 201);
        const auto at = made.body.find("vs_");
        return made.body.substr(at, made.body.find('"', at) - at);
    }
};

struct Gate : Fixture {
    PersonGate gate{directory, hashes, clock, log, {.station_attempts = 4, .person_attempts = 3}};
    std::optional<http::Principal> admitted;

    Gate() {
        REQUIRE(call(&StationDesk::put_pin, R"({"user":"ada","pin":"204865"})").status == 204);
        REQUIRE(call(&StationDesk::put_pin, R"({"user":"vic","pin":"204866"})").status == 204);
        principal = {
            .kind = http::Principal::Kind::staff,
            .id = "station/s1",
            .station = "s1",
        };
    }

    http::Response act(std::string_view person, std::string_view pin) {
        return act(
            R"({"kind":"audio_resume","person":")" + std::string(person) + R"(","pin":")" +
            std::string(pin) + R"("})"
        );
    }

    http::Response act(std::string body) {
        admitted.reset();
        return answered([&](http::Reply reply) {
            http::Request request;
            request.body = std::move(body);
            request.principal = principal;
            gate.admit(
                std::move(request),
                std::move(reply),
                act_members,
                [&](const auto& of_person, auto answer) {
                    admitted = of_person.principal;
                    answer(http::Response::json("{}", 202));
                }
            );
        });
    }
};

v1::Alarm revised(std::uint32_t revision, std::uint32_t urgent_revision) {
    v1::Alarm made;
    made.set_id("0123456789abcdef");
    made.set_patient("p1");
    made.set_revision(revision);
    made.set_urgent_revision(urgent_revision);
    return made;
}

v1::StationReport report(v1::AudioState audio, bool visible) {
    v1::StationReport made;
    made.set_audio(audio);
    made.set_visible(visible);
    return made;
}

} // namespace

TEST_CASE_METHOD(Fixture, "a station is made once by its link, listed, and revoked") {
    CHECK(call(&StationDesk::add_station, R"({"label":""})").status == 400);
    CHECK(call(&StationDesk::add_station, R"({})").status == 400);
    const auto token = token_of_new_station();
    const auto id = token.substr(3, 16);
    CHECK_FALSE(call(&StationDesk::list_stations, "").body.contains("enrolled"));
    const auto first = enroll(token);
    CHECK(first.status == 303);
    const auto cookie = first.headers.front().second;
    CHECK(cookie.starts_with("vigil_station=" + id));
    CHECK(cookie.contains("Max-Age=31536000; HttpOnly; SameSite=Strict"));
    CHECK(enroll(token).status == 401);
    CHECK(enroll("").status == 401);
    const auto listed = call(&StationDesk::list_stations, "").body;
    CHECK(listed.contains(R"("label":"Desk","by":"chief")"));
    CHECK(listed.contains("enrolled"));
    CHECK_FALSE(listed.contains(token));

    const auto value = cookie.substr(14, cookie.find(';') - 14);
    CHECK(access::find_station(secret, *directory.state(), value, clock.utc()));
    CHECK(call(&StationDesk::revoke_station, "", id).status == 204);
    CHECK_FALSE(access::find_station(secret, *directory.state(), value, clock.utc()));
    CHECK(call(&StationDesk::revoke_station, "", "unknown").status == 404);
}

TEST_CASE_METHOD(Fixture, "a PIN is hashed, set by its owner or an administrator, and taken away") {
    CHECK(call(&StationDesk::put_pin, R"({"user":"nobody","pin":"204865"})").status == 404);
    CHECK(call(&StationDesk::put_pin, R"({"user":"ada","pin":"123456"})").status == 400);
    CHECK(call(&StationDesk::put_pin, R"({"user":"ada","pin":"204865"})").status == 204);
    CHECK_FALSE(newest().payload().contains(right_pin));
    const auto hash = directory.state()->pins.at("ada").hash();
    CHECK(access::verify_password(hash, right_pin));
    CHECK(call(&StationDesk::put_pin, R"({"user":"ada","pin":""})").status == 204);
    CHECK(directory.state()->pins.at("ada").hash().empty());
    principal.id = "vic";
    CHECK(call(&StationDesk::put_own_pin, R"({"pin":"204866"})").status == 204);
    CHECK(directory.state()->pins.at("vic").by() == "vic");
    principal.station = "s1";
    CHECK(call(&StationDesk::put_own_pin, R"({"pin":"204867"})").status == 403);
}

TEST_CASE_METHOD(Gate, "an act at a station is that of the person whose PIN it brings") {
    CHECK(act("ada", right_pin).status == 202);
    REQUIRE(admitted);
    CHECK(admitted->id == "ada");
    CHECK(admitted->clinician);
    CHECK_FALSE(admitted->administrator);
    CHECK(admitted->station == "s1");

    CHECK(act("ada", "204866").status == 401);
    CHECK_FALSE(admitted);
    CHECK(act("nobody", right_pin).status == 401);
    CHECK(act(R"({"kind":"audio_resume"})").status == 401);
    CHECK(act("vic", "204866").status == 403); // looks, and does not act
    CHECK_FALSE(admitted);
    know_user("ada", v1::StaffUser::CLINICIAN, true);
    CHECK(act("ada", right_pin).status == 401);
}

TEST_CASE_METHOD(Gate, "who is signed in acts without a PIN, and is not asked for one") {
    principal = {.kind = http::Principal::Kind::staff, .id = "ada", .clinician = true};
    CHECK(act(R"({"kind":"audio_resume"})").status == 202);
    CHECK(admitted->id == "ada");
    CHECK(act("ada", right_pin).status == 400);
    principal = {.kind = http::Principal::Kind::staff, .id = "vic"};
    CHECK(act(R"({"kind":"audio_resume"})").status == 403);
    CHECK_FALSE(admitted);
}

TEST_CASE_METHOD(Gate, "PINs cannot be guessed: not of one person, not at one station") {
    for (int attempt = 0; attempt < 3; ++attempt) {
        CHECK(act("ada", "999990").status == 401);
    }
    CHECK(act("ada", right_pin).status == 429);
    principal.station = "s2"; // nor at another station
    CHECK(act("ada", right_pin).status == 429);
    clock.advance(std::chrono::minutes(15));
    CHECK(act("ada", right_pin).status == 202);

    for (const auto* person : {"a", "b", "c", "d"}) {
        CHECK(act(person, "999990").status == 401);
    }
    CHECK(act("ada", right_pin).status == 429);
    clock.advance(std::chrono::minutes(1));
    // Right ones are no attempts: a busy shift is not locked out.
    for (int attempt = 0; attempt < 6; ++attempt) {
        CHECK(act("ada", right_pin).status == 202);
    }
}

TEST_CASE_METHOD(Gate, "a station asks which people there are: those with a PIN who may act") {
    const auto people =
        answered([&](http::Reply reply) { gate.list_people({}, std::move(reply)); }).body;
    CHECK(people == R"({"people":["ada"]})");
}

TEST_CASE_METHOD(Fixture, "a ward is watched while a station can be seen and heard") {
    StationBoard board{journal, directory, clock, random, log};
    const auto id = token_of_new_station().substr(3, 16);
    CHECK_FALSE(board.watched());
    board.take(id, 1, report(v1::AUDIO_BLOCKED, true));
    CHECK_FALSE(board.watched());
    board.take(id, 1, report(v1::AUDIO_ON, false));
    CHECK_FALSE(board.watched());
    board.take(id, 1, report(v1::AUDIO_ON, true));
    board.take(id, 2, report(v1::AUDIO_OFF, true)); // another page of the same station
    CHECK(board.watched());
    v1::LiveFrame frame;
    board.show(frame);
    REQUIRE(frame.stations_size() == 1);
    CHECK(frame.stations(0).label() == "Desk");
    CHECK(frame.stations(0).listens());
    CHECK(frame.stations(0).audio() == v1::AUDIO_ON);
    clock.advance(StationBoard::counts_for);
    CHECK(board.watched());
    clock.advance(Microseconds(1));
    CHECK_FALSE(board.watched());
    board.take(id, 1, report(v1::AUDIO_ON, true));
    CHECK(board.watched());
    StationDesk seeing{journal, directory, secret, clock, random, log, hashes, false, &board};
    const auto listed = [&] {
        return answered([&](http::Reply reply) { seeing.list_stations({}, std::move(reply)); }
        ).body;
    };
    CHECK(listed().contains(R"("listens":true,"seen":"2027-01-15T08:00:05.000001Z"})"));
    board.closed(id, 1);
    board.closed(id, 2);
    CHECK(listed().contains(R"("listens":false,"seen":"2027-01-15T08:00:05.000001Z"})"));
    CHECK_FALSE(board.watched());
    frame.Clear();
    board.show(frame);
    CHECK(frame.stations(0).heard_us() == to_us(clock.utc())); // its last page is closed
    board.take(id, 3, report(v1::AUDIO_ON, true));
    REQUIRE(call(&StationDesk::revoke_station, "", id).status == 204);
    CHECK_FALSE(board.watched());
    board.take("forged", 4, report(v1::AUDIO_ON, true));
    CHECK_FALSE(board.watched());
}

TEST_CASE_METHOD(Fixture, "an alarm is confirmed once for each revision that must be seen") {
    StationBoard board{journal, directory, clock, random, log};
    const auto before = journal.newest();
    board.confirm("s1", revised(1, 1));
    CHECK(journal.newest() == before + 1);
    v1::AlarmConfirmed confirmed;
    const auto entry = newest();
    CHECK(entry.type() == v1::ALARM_CONFIRMED);
    CHECK(entry.patient() == "p1");
    CHECK(entry.source() == "station/s1");
    REQUIRE(confirmed.ParseFromString(entry.payload()));
    CHECK(confirmed.station() == "s1");
    CHECK(confirmed.revision() == 1);
    board.confirm("s1", revised(1, 1));
    board.confirm("s2", revised(2, 1)); // changed, and no more urgent
    CHECK(journal.newest() == before + 1);
    board.confirm("s1", revised(3, 3)); // it has escalated
    CHECK(journal.newest() == before + 2);
}

TEST_CASE_METHOD(Fixture, "of several wards each knows the stations that another one serves") {
    StationBoard mine{journal, directory, clock, random, log, {.ward = "ward-1/a"}};
    StationBoard other{journal, directory, clock, random, log, {.ward = "ward-2/b"}};
    const auto id = token_of_new_station().substr(3, 16);
    journal::Sequence read = journal.newest();
    const auto pass_on = [&] {
        std::size_t passed = 0;
        const auto entries = journal.read(read).value();
        for (const auto& stored : entries) {
            mine.apply(stored->entry);
            other.apply(stored->entry);
            read = stored->sequence;
            ++passed;
        }
        return passed;
    };
    mine.take(id, 1, report(v1::AUDIO_ON, true));
    CHECK(pass_on() == 1);
    CHECK(other.watched());
    v1::LiveFrame frame;
    other.show(frame);
    CHECK(frame.stations(0).listens());

    clock.advance(Microseconds(1'000'000));
    mine.take(id, 1, report(v1::AUDIO_ON, true));
    CHECK(pass_on() == 0); // no news
    clock.advance(Microseconds(1'000'000));
    mine.take(id, 1, report(v1::AUDIO_ON, true));
    CHECK(pass_on() == 1); // but that it is still there
    mine.take(id, 1, report(v1::AUDIO_OFF, true));
    CHECK(pass_on() == 1); // at once
    CHECK_FALSE(other.watched());
    mine.take(id, 1, report(v1::AUDIO_ON, true));
    pass_on();
    CHECK(other.watched());

    clock.advance(StationBoard::counts_for + Microseconds(1)); // the ward, or its page, fell silent
    CHECK_FALSE(other.watched());
    mine.take(id, 1, report(v1::AUDIO_ON, true));
    other.take(id, 1, report(v1::AUDIO_OFF, true)); // a page there has the same number
    pass_on();
    CHECK(other.watched());
    CHECK(mine.watched());
    mine.closed(id, 1);
    pass_on();
    CHECK_FALSE(other.watched());
    mine.closed(id, 1);
    CHECK(pass_on() == 0);
}

TEST_CASE_METHOD(Fixture, "a ward that is alone tells nobody of its stations") {
    StationBoard board{journal, directory, clock, random, log};
    const auto before = journal.newest();
    board.take("s1", 1, report(v1::AUDIO_ON, true));
    board.closed("s1", 1);
    CHECK(journal.newest() == before);
}
