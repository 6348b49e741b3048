// Stations: who becomes one, how long it stays one, and that it may only look.
#include "access/station.hpp"

#include "access/authenticator.hpp"
#include "access/session.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace vigil;
using namespace vigil::access;

namespace {

struct Fixture {
    SeededRandom random{11};
    Secret secret{};
    ManualClock clock{from_us(1'800'000'000'000'000)};
    Directory directory;
    journal::Sequence next = 1;

    Fixture() { random.fill(secret); }

    template <class Message>
    void know(const Message& message) {
        const std::array entries{std::make_shared<const journal::Stored>(journal::Stored{
            .sequence = next++,
            .entry = directory_entry(message, to_us(clock.utc()), "0123456789abcdef")
        })};
        directory.apply(entries);
    }

    NewStation made() {
        auto station = make_station(secret, random, "Desk", "ada", to_us(clock.utc()));
        know(station.record);
        return station;
    }

    Result<v1::Station> by_token(const std::string& token) {
        return station_of_token(secret, *directory.state(), token, clock.utc());
    }

    Result<v1::Station> by_cookie(const std::string& cookie) {
        return find_station(secret, *directory.state(), cookie, clock.utc());
    }

    Result<http::Principal> who(std::string cookies) {
        http::Request request;
        request.headers.emplace("cookie", std::move(cookies));
        return make_authenticator(directory, secret, administrator_token(secret), clock)(request);
    }
};

} // namespace

TEST_CASE_METHOD(Fixture, "a station's token works once, for a day, and never once revoked") {
    auto station = made();
    CHECK(by_token(station.token).value().label() == "Desk");
    auto forged = station.token;
    forged.back() = forged.back() == '0' ? '1' : '0';
    CHECK_FALSE(by_token(forged));
    CHECK_FALSE(by_token(""));
    clock.advance(std::chrono::hours(24));
    CHECK(by_token(station.token));
    clock.advance(Microseconds(1));
    CHECK_FALSE(by_token(station.token));
    auto used = made();
    used.record.set_enrolled_us(1);
    know(used.record);
    CHECK_FALSE(by_token(used.token));
    auto revoked = made();
    revoked.record.set_revoked_us(1);
    know(revoked.record);
    CHECK_FALSE(by_token(revoked.token));
}

TEST_CASE_METHOD(Fixture, "a station's cookie lasts for a year, and ends at once when revoked") {
    auto station = made();
    const auto expires = clock.utc() + station_length;
    const auto cookie = make_station_cookie(secret, station.record, expires);
    clock.advance(std::chrono::days(364));
    CHECK(by_cookie(cookie).value().id() == station.record.id());
    const auto longer = station.record.id() + "." + std::to_string(to_us(expires) + 1) +
                        cookie.substr(cookie.rfind('.'));
    CHECK_FALSE(by_cookie(longer));
    CHECK_FALSE(by_cookie("a.b"));
    CHECK_FALSE(by_cookie(made().record.id() + cookie.substr(cookie.find('.'))));
    station.record.set_revoked_us(1);
    know(station.record);
    CHECK_FALSE(by_cookie(cookie));
    const auto other = made();
    const auto short_lived =
        make_station_cookie(secret, other.record, clock.utc() + Microseconds(1));
    CHECK(by_cookie(short_lived));
    clock.advance(Microseconds(1));
    CHECK_FALSE(by_cookie(short_lived));
}

TEST_CASE_METHOD(Fixture, "a station sees what staff sees, may do nothing, and stays a station") {
    auto station = made();
    const auto cookie = std::string(station_cookie) + "=" +
                        make_station_cookie(secret, station.record, clock.utc() + station_length);
    v1::StaffUser ada;
    ada.set_name("ada");
    ada.set_role(v1::StaffUser::ADMINISTRATOR);
    know(ada);
    const auto session =
        std::string(session_cookie) + "=" +
        make_session(
            secret,
            *directory.state(),
            {.user = "ada", .role = ada.role(), .expires_us = to_us(clock.utc()) + 1'000'000}
        );
    for (const auto& cookies : {cookie, session + "; " + cookie}) {
        const auto principal = who(cookies).value();
        CHECK(principal.kind == http::Principal::Kind::staff);
        CHECK(principal.station == station.record.id());
        CHECK(principal.id == "station/" + station.record.id());
        CHECK_FALSE(principal.clinician);
        CHECK_FALSE(principal.administrator);
    }
    // Once revoked, a person may sign in at this browser again.
    station.record.set_revoked_us(1);
    know(station.record);
    CHECK_FALSE(who(cookie));
    CHECK(who(session + "; " + cookie).value().id == "ada");
}

TEST_CASE("a PIN has 6 to 12 digits that are no run") {
    for (const auto* right : {"204865", "000001", "112233", "135791", "987651234567"}) {
        INFO(right);
        CHECK(check_new_pin(right));
    }
    for (const auto* wrong :
         {"", "20486", "2048651234567", "20486a", "111111", "123456", "987654", "0123456789"}) {
        INFO(wrong);
        CHECK_FALSE(check_new_pin(wrong));
    }
}
