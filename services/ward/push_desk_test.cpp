// Which browsers may be called: whose, at which push services, and how many.
#include "ward/push_desk.hpp"

#include "ward/push_way.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

#include <format>

using namespace vigil;
using namespace vigil::ward;

namespace {

// RFC 8291, section 5
constexpr std::string_view p256dh =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr std::string_view auth = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr std::string_view endpoint = "https://fcm.googleapis.com/fcm/send/one";

std::string body(
    std::string_view where = endpoint,
    std::string_view key = p256dh,
    std::string_view secret = auth,
    std::string_view label = "my phone"
) {
    return std::format(
        R"({{"endpoint":"{}","p256dh":"{}","auth":"{}","label":"{}"}})",
        where,
        key,
        secret,
        label
    );
}

struct Pushes : TestDesk {
    http::PushKey key = push_key(secret).value();
    SecondWayConfig config{
        .push_contact = "mailto:ward@hospital.example",
        .push_hosts = PushHosts::read(PushHosts::well_known).value()
    };
    PushDesk desk{journal, directory, key, config, clock, random, log};

    http::Response add(const std::string& with) { return ask(desk, &PushDesk::add, with, ""); }

    http::Response remove(const std::string& id) { return ask(desk, &PushDesk::remove, "", id); }

    std::string list() { return ask(desk, &PushDesk::list, "", "").body; }

    [[nodiscard]] const v1::PushBrowser& only() {
        REQUIRE(directory.state()->push_browsers.size() == 1);
        state_ = directory.state();
        return state_->push_browsers.begin()->second;
    }

private:
    std::shared_ptr<const access::DirectoryState> state_;
};

} // namespace

TEST_CASE_METHOD(
    Pushes,
    "a person's browser is called from then on, and its address is told to nobody"
) {
    CHECK(list().contains(R"("set_up":true,"key":"B)"));
    CHECK(add(body()).status == 201);
    CHECK(only().user() == "chief");
    CHECK(only().endpoint() == endpoint);
    CHECK(only().p256dh().size() == http::push_public_bytes);
    CHECK(only().created_us() == to_us(clock.utc()));
    CHECK(newest().type() == v1::PUSH_BROWSER);
    const auto told = list();
    CHECK(told.contains(R"("label":"my phone","push_service":"fcm.googleapis.com")"));
    CHECK_FALSE(told.contains("fcm/send/one"));
    CHECK(add(body(endpoint, p256dh, auth, "my new phone")).status == 201);
    CHECK(only().label() == "my new phone"); // the same browser
}

TEST_CASE_METHOD(Pushes, "a browser is taken off by whoever it is, or an administrator") {
    REQUIRE(add(body()).status == 201);
    const auto id = only().id();
    principal.id = "nurse";
    CHECK_FALSE(list().contains(id));
    CHECK(remove(id).status == 404);
    CHECK(only().ended_us() == 0);
    principal.administrator = true;
    CHECK(remove(id).status == 204);
    CHECK(only().ended_by() == "nurse");
    CHECK(only().endpoint().empty());
    CHECK(only().auth().empty());
    principal.id = "chief";
    CHECK_FALSE(list().contains(id));
    CHECK(remove("none").status == 404);
    // At a browser that two people share it is the newest one's.
    CHECK(add(body()).status == 201);
    principal.id = "night";
    CHECK(add(body()).status == 201);
    CHECK(only().user() == "night");
}

TEST_CASE_METHOD(Pushes, "only a browser at a push service that may be asked is taken") {
    const auto refused = [&](const std::string& with, std::string_view field) {
        INFO(with);
        const auto answer = add(with);
        CHECK(answer.status == 400);
        CHECK(answer.body.contains(std::format(R"("field":"{}")", field)));
    };
    for (const auto* elsewhere :
         {"https://push.example/a",
          "http://127.0.0.1:9/a",
          "https://127.0.0.1/a",
          "https://169.254.169.254/latest",
          "https://evil.example%00.push.services.mozilla.com/a",
          "https://fcm.googleapis.com.evil.example/a",
          "https://evil.example/?fcm.googleapis.com",
          "https://evilfcm.googleapis.com/a",
          "https://x.fcm.googleapis.com/a",
          "https://push.services.mozilla.com/a",
          "https://fcm.googleapis.com:8443/a",
          "https://fcm.googleapis.com@evil.example/a",
          "http://fcm.googleapis.com/a",
          "javascript:alert(1)",
          ""}) {
        refused(body(elsewhere), "endpoint");
    }
    refused(body("https://fcm.googleapis.com/" + std::string(1024, 'a')), "endpoint");
    refused(body(endpoint, "AAAA"), "p256dh");
    refused(body(endpoint, "not base64url!"), "p256dh");
    refused(body(endpoint, p256dh, "AAAA"), "auth");
    refused(body(endpoint, p256dh, auth, ""), "label");
    refused(body(endpoint, p256dh, auth, std::string(101, 'a')), "label");
    CHECK(add("{}").status == 400);
    CHECK(directory.state()->push_browsers.empty());
    CHECK(add(body("https://updates.push.services.mozilla.com/wpush/v2/a")).status == 201);
    CHECK(add(body("https://wns2-by3p.notify.windows.com/w/?token=a")).status == 201);
}

TEST_CASE_METHOD(Pushes, "how many browsers are called has a bound") {
    const auto nth = [](std::size_t person, std::size_t browser) {
        return body(std::format("{}-{}-{}", endpoint, person, browser));
    };
    for (std::size_t browser = 0; browser < PushDesk::most_of_a_person; ++browser) {
        REQUIRE(add(nth(0, browser)).status == 201);
    }
    const auto beyond = add(nth(0, 99));
    CHECK(beyond.status == 409);
    CHECK(beyond.body.contains("You have 8 browsers"));
    CHECK(add(nth(0, 0)).status == 201); // one of them again
    for (std::size_t person = 1; person < PushDesk::most / PushDesk::most_of_a_person; ++person) {
        principal.id = std::format("nurse{}", person);
        for (std::size_t browser = 0; browser < PushDesk::most_of_a_person; ++browser) {
            REQUIRE(add(nth(person, browser)).status == 201);
        }
    }
    principal.id = "late";
    CHECK(add(nth(99, 0)).status == 409);
}

TEST_CASE_METHOD(Pushes, "a station has no browser to call, nor has a ward without a contact") {
    principal.station = "desk";
    CHECK(add(body()).status == 403);
    principal.station = "";
    PushDesk none(journal, directory, key, {}, clock, random, log);
    CHECK(ask(none, &PushDesk::add, body(), "").status == 404);
    CHECK(ask(none, &PushDesk::list, "", "").body.contains(R"("set_up":false)"));
}

TEST_CASE("push hosts are names, and nothing else is ever asked") {
    const auto local = PushHosts::read("127.0.0.1:8090  *.push.example").value();
    CHECK(local.allows("http://127.0.0.1:8090/a"));
    CHECK_FALSE(local.allows("http://127.0.0.1:8091/a"));
    CHECK_FALSE(local.allows("http://localhost:8090/a"));
    CHECK(local.allows("https://a.push.example/b"));
    CHECK(local.allows("https://A.PUSH.example:443/b"));
    CHECK_FALSE(local.allows("https://push.example/b"));
    CHECK_FALSE(local.allows("https://.push.example/b"));
    CHECK_FALSE(PushHosts().allows("https://fcm.googleapis.com/a"));
    for (const auto* wrong :
         {"", "*", "*.example", "https://push.example", "push.example/", "a b:x", "push.example:"
         }) {
        INFO(wrong);
        CHECK_FALSE(PushHosts::read(wrong));
    }
}

TEST_CASE("the key for push services is the installation's, and only its") {
    CHECK(push_key({})->public_bytes() == push_key({})->public_bytes());
    CHECK(push_key({})->public_bytes() != push_key({1})->public_bytes());
}
