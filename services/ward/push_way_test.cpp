// Calls by Web Push: what an attempt by both ways comes to, against a real push service that fails,
// delays, forgets and recovers. What a browser reads of it is in test/browser/push.test.mjs.
#include "ward/push_way.hpp"

#include "ward/push_desk.hpp"
#include "ward/test_calling.hpp"

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <format>
#include <ranges>

using namespace vigil;
using namespace vigil::ward;
using std::chrono::milliseconds;

namespace {

/// A push service over a plain socket: our own server would refuse the coding aes128gcm.
class PushService {
public:
    struct Got {
        std::string path;
        std::string header;
    };

    PushService() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(name);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&name), length);
        ::listen(listener_, 64);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &length);
        address_ = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
        thread_ = std::jthread([this] { run(); });
    }

    ~PushService() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

    [[nodiscard]] const std::string& address() const { return address_; }

    [[nodiscard]] std::string endpoint(const std::string& browser) const {
        return "http://" + address_ + "/push/" + browser;
    }

    void answer(unsigned status, const std::string& header = {}) {
        const std::scoped_lock lock(mutex_);
        answer_ = std::format(
            "HTTP/1.1 {} Said\r\nContent-Length: 0\r\nConnection: close\r\n{}\r\n",
            status,
            header
        );
    }

    std::vector<Got> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        const bool came =
            changed_.wait_for(lock, std::chrono::seconds(20), [&] { return got_.size() >= count; });
        CHECK(came);
        return got_;
    }

    [[nodiscard]] std::size_t count() {
        const std::scoped_lock lock(mutex_);
        return got_.size();
    }

private:
    void run() {
        for (int taken = ::accept(listener_, nullptr, nullptr); taken >= 0;
             taken = ::accept(listener_, nullptr, nullptr)) {
            take(taken);
            ::close(taken);
        }
    }

    void take(int socket) {
        std::string text;
        char part[8192];
        for (std::size_t whole = 1; text.size() < whole;) {
            const auto length = ::recv(socket, part, sizeof(part), 0);
            if (length <= 0) {
                return;
            }
            text.append(part, static_cast<std::size_t>(length));
            whole = length_of(text);
        }
        const std::scoped_lock lock(mutex_);
        const auto path = text.find(' ') + 1;
        got_.push_back(
            {.path = text.substr(path, text.find(' ', path) - path),
             .header = text.substr(0, text.find("\r\n\r\n"))}
        );
        ::send(socket, answer_.data(), answer_.size(), MSG_NOSIGNAL);
        changed_.notify_all();
    }

    /// Of the whole request, as far as that is known.
    static std::size_t length_of(const std::string& text) {
        const auto end = text.find("\r\n\r\n");
        constexpr std::string_view name = "Content-Length: ";
        const auto said = text.find(name);
        return end == std::string::npos ? text.size() + 1
                                        : end + 4 + std::stoul(text.substr(said + name.size()));
    }

    int listener_;
    std::string address_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string answer_ = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    std::vector<Got> got_;
    std::jthread thread_;
};

struct Pushing : Calling {
    PushService service;
    http::PushKey key = push_key(secret).value();

    [[nodiscard]] SecondWayConfig push_alone() const {
        return {
            .push_contact = "mailto:ward@hospital.example",
            .push_hosts = PushHosts::read(service.address()).value()
        };
    }

    [[nodiscard]] SecondWayConfig both() const {
        auto config = push_alone();
        config.webhook_url = receiver.url();
        config.webhook_secret = shared_secret;
        return config;
    }

    void know(const v1::Entry& entry) {
        append(entry);
        REQUIRE(directory.load(journal));
    }

    void add_user(const std::string& name, bool disabled = false) {
        v1::StaffUser user;
        user.set_name(name);
        user.set_disabled(disabled);
        know(access::directory_entry(user, 1, random_id(random)));
    }

    void add_browser(const std::string& id, const std::string& user) {
        v1::PushBrowser browser;
        browser.set_id(id);
        browser.set_user(user);
        browser.set_endpoint(service.endpoint(id));
        browser.set_p256dh(
            http::from_base64url(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8"
                "pZGH6SRpkNtoIAiw4"
            )
                .value()
        );
        browser.set_auth(http::from_base64url("BTBZMqHH6r4Tts7J_aSIgg").value());
        browser.set_created_us(1);
        know(access::directory_entry(browser, 1, random_id(random)));
    }

    [[nodiscard]] bool tells(std::string_view part) {
        return becomes([&] { return told().contains(part); });
    }

    [[nodiscard]] std::string ended_by(const std::string& id) {
        REQUIRE(directory.load(journal));
        return directory.state()->push_browsers.at(id).ended_by();
    }
};

} // namespace

TEST_CASE("a push says which bed, what and since when, and no name of a person") {
    v1::Call call;
    call.set_id("0123456789abcdef");
    call.set_reason(v1::Call::UNANSWERED);
    *call.mutable_alarm() = raised();
    call.mutable_alarm()->set_raised_us(1'800'000'000'000'000);
    call.set_label("Bed 1");
    call.set_at_us(1'800'000'060'000'000);
    CHECK(
        push_message(call) ==
        R"({"call":"30313233343536373839616263646566","reason":"unanswered",)"
        R"("made":"2027-01-15T08:01:00.000000Z","condition":"seizure","priority":"high",)"
        R"("patient":"p1","label":"Bed 1","since":"2027-01-15T08:00:00.000000Z"})"
    );
}

TEST_CASE_METHOD(Pushing, "a call is delivered where the webhook and one browser have it") {
    add_user("ada");
    add_user("gone", true);
    add_browser("phone", "ada");
    add_browser("old", "gone"); // may not sign in any more
    add_browser("nobody", "never");
    service.answer(503);
    start(both(), &key);
    append(step_of(raised()));
    service.wait_for(3);
    CHECK(tells(R"("way":"push","browser":"phone","user":"ada","accepted":false,"status":503)"));
    CHECK(told().contains(R"("open":true)"));
    CHECK(receiver.count() == 1); // what has accepted it is not asked again
    service.answer(201);
    CHECK(tells(R"("outcome":"delivered","status":201)"));
    CHECK(told().contains(R"("open":false)"));
    CHECK(receiver.count() == 1);
    for (const auto& got : service.wait_for(4)) {
        CHECK(got.path == "/push/phone");
        CHECK(got.header.contains("Authorization: vapid t="));
        CHECK(got.header.contains("TTL: 3600\r\n"));
        CHECK(got.header.contains("Urgency: high\r\n"));
    }
}

TEST_CASE_METHOD(
    Pushing,
    "what has accepted a call before a restart is not asked again behind it"
) {
    add_user("ada");
    add_browser("phone", "ada");
    service.answer(500);
    start(both(), &key);
    append(step_of(raised()));
    service.wait_for(2);
    REQUIRE(tells(R"("number":2)"));
    way.reset();
    const auto pushes = service.count();
    service.answer(201);
    start(both(), &key);
    service.wait_for(pushes + 1);
    CHECK(tells(R"("outcome":"delivered")"));
    CHECK(receiver.count() == 1);
}

TEST_CASE_METHOD(Pushing, "a browser that its push service has forgotten is called no more") {
    add_user("ada");
    add_browser("phone", "ada");
    service.answer(410);
    start(both(), &key);
    append(step_of(raised()));
    CHECK(tells(R"("outcome":"delivered","status":200)")); // by the webhook alone
    CHECK(ended_by("phone") == "push service");
    append(step_of(revised(v1::Alarm::ON, 2, v1::Alarm::UNANSWERED)));
    receiver.wait_for(2);
    CHECK(service.count() == 1);
}

TEST_CASE_METHOD(Pushing, "Web Push alone is a second way, and says where it reaches nobody") {
    start(push_alone(), &key);
    append(step_of(raised()));
    CHECK(tells("There is no browser that could be called"));
    v1::LiveFrame frame;
    way->show(frame);
    CHECK(frame.second_way().waiting() == 1);
    CHECK(frame.second_way().failing_since_us() != 0);
    add_user("ada");
    add_browser("phone", "ada");
    add_browser("tablet", "ada");
    CHECK(tells(R"("outcome":"delivered","status":201)"));
    auto paths = service.wait_for(2) | std::views::transform(&PushService::Got::path) |
                 std::ranges::to<std::vector>();
    std::ranges::sort(paths);
    CHECK(paths == std::vector<std::string>{"/push/phone", "/push/tablet"});
    CHECK(receiver.count() == 0);
}

TEST_CASE_METHOD(Pushing, "a push service that asks to wait is left alone so long") {
    add_user("ada");
    add_browser("phone", "ada");
    service.answer(429, "Retry-After: 30\r\n");
    receiver.answer(500);
    start(both(), &key);
    append(step_of(raised()));
    receiver.wait_for(3); // goes on meanwhile
    CHECK(tells("asked to wait."));
    CHECK(service.count() == 1);
}

TEST_CASE_METHOD(Pushing, "a browser at a host that may not be asked any more is not called") {
    add_user("ada");
    add_browser("phone", "ada");
    auto config = both();
    config.push_hosts = PushHosts::read(PushHosts::well_known).value();
    start(std::move(config), &key);
    append(step_of(raised()));
    CHECK(tells(R"("outcome":"delivered","status":200)"));
    CHECK(service.count() == 0);
}
