// The second way: which calls are made, and that each gets out, against a real receiver that fails,
// delays and recovers.
#include "ward/second_way.hpp"

#include "ward/chain_trial.hpp"
#include "ward/test_calling.hpp"
#include "ward/webhook.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace vigil;
using namespace vigil::ward;
using std::chrono::milliseconds;

TEST_CASE("a signature is the HMAC-SHA256 of the time and the body") {
    // echo -n '1800000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
    CHECK(
        webhook_signature(shared_secret, "{}", from_us(1'800'000'000'999'999)) ==
        "t=1800000000,v1=a8471f58daa469f8073cbebd823830f85e8942f4bbc0acd2ef47c28edc8c488e"
    );
}

namespace {

struct ConfigFolder {
    std::filesystem::path path;

    ConfigFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "vigil-second-way-XXXXXX").string();
        path = ::mkdtemp(name.data());
        write("secret", std::string(shared_secret) + "\n");
        ::chmod((path / "secret").c_str(), 0600);
    }

    ~ConfigFolder() { std::filesystem::remove_all(path); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
    }

    Result<SecondWayConfig> read(const std::string& json) const {
        write("way.json", json);
        return read_second_way(path / "way.json");
    }
};

} // namespace

TEST_CASE_METHOD(
    ConfigFolder,
    "the administrator's file says where calls go, and nothing else does"
) {
    const auto right =
        read(R"({"webhook_url":"https://a.example/x","webhook_secret_file":"secret",)"
             R"("dead_man_url":"https://b.example/ping","dead_man_method":"POST"})");
    REQUIRE(right);
    CHECK(right->webhook_url == "https://a.example/x");
    CHECK(right->webhook_secret == shared_secret);
    CHECK(right->dead_man_verb == http::Verb::post);
    CHECK(right->push_contact.empty());
    CHECK(read("{}"));
    CHECK_FALSE(read("{}")->calls());
    const auto push = read(R"({"push_contact":"mailto:ward@hospital.example"})");
    REQUIRE(push);
    CHECK(push->calls());
    CHECK(push->push_hosts.allows("https://fcm.googleapis.com/fcm/send/a"));
    CHECK(read(R"({"push_contact":"https://hospital.example/ward","push_hosts":"push.example"})"));
    for (const auto& [json, member] : {
             std::pair{R"({"webhook_url":"https://a.example"})", "webhook_secret_file"},
             std::pair{R"({"webhook_secret_file":"secret"})", "webhook_secret_file"},
             std::pair{
                 R"({"webhook_url":"http://a.example","webhook_secret_file":"secret"})",
                 "webhook_url"
             },
             std::pair{R"({"dead_man_url":"file:///etc/passwd"})", "dead_man_url"},
             std::pair{R"({"dead_man_method":"PUT"})", "dead_man_method"},
             std::pair{R"({"url":"https://a.example"})", "url"},
             std::pair{R"({"push_contact":"mailto:@"})", "push_contact"},
             std::pair{R"({"push_contact":"mailto:a b@c"})", "push_contact"},
             std::pair{R"({"push_contact":"http://a.example"})", "push_contact"},
             std::pair{R"({"push_hosts":"push.example"})", "push_contact"},
             std::pair{R"({"push_contact":"mailto:a@b.example","push_hosts":"*"})", "push_hosts"},
             std::pair{
                 R"({"webhook_url":"https://a.example","webhook_secret_file":"none"})",
                 "webhook_secret_file"
             },
         }) {
        INFO(json);
        const auto wrong = read(json);
        REQUIRE_FALSE(wrong);
        CHECK(wrong.error().field == member);
    }
    const auto* const both =
        R"({"webhook_url":"https://a.example","webhook_secret_file":"secret"})";
    ::chmod((path / "secret").c_str(), 0640);
    CHECK_FALSE(read(both));
    ::chmod((path / "secret").c_str(), 0600);
    write("secret", std::string(shared_secret.substr(1)));
    CHECK_FALSE(read(both));
    CHECK_FALSE(read_second_way(path / "none.json"));
}

TEST_CASE_METHOD(Calling, "a call gets out once its receiver has recovered, and says what it is") {
    v1::Patient patient;
    patient.set_id("p1");
    patient.set_label("Bed 1");
    append(access::directory_entry(patient, 1, "0123456789abcdef"));
    REQUIRE(directory.load(journal));
    receiver.answer(503);
    start();
    append(step_of(raised()));
    receiver.wait_for(3);
    CHECK(told().contains(R"("outcome":"failed","status":503)"));
    CHECK(told().contains(R"("open":true)"));
    v1::LiveFrame frame;
    way->show(frame);
    CHECK(frame.second_way().waiting() == 1);
    CHECK(frame.second_way().failing_since_us() != 0);
    receiver.answer(200);
    CHECK(becomes([&] { return told().contains(R"("outcome":"delivered","status":200)"); }));
    const auto got = receiver.wait_for(4).back();
    for (const auto* part :
         {R"("reason":"unconfirmed")",
          R"("condition":"seizure")",
          R"("priority":"high")",
          R"("patient":"p1","label":"Bed 1")"}) {
        CHECK(got.body.contains(part));
    }
    CHECK(told().contains(R"("open":false)"));
    frame.Clear();
    way->show(frame);
    CHECK(frame.second_way().waiting() == 0);
    CHECK(frame.second_way().failing_since_us() == 0);
    const auto calls = receiver.count();
    std::this_thread::sleep_for(milliseconds(300));
    CHECK(receiver.count() == calls); // delivered once
}

TEST_CASE_METHOD(Calling, "a call that could not get out goes on after a restart") {
    start({.webhook_url = "http://127.0.0.1:1/nobody"});
    append(step_of(raised()));
    REQUIRE(becomes([&] { return told().contains(R"("number":2)"); }));
    way.reset();
    CHECK(receiver.count() == 0);
    start();
    CHECK(receiver.wait_for(1).front().body.contains(R"("reason":"unconfirmed")"));
    way.reset();
    start(); // and is not made again
    std::this_thread::sleep_for(milliseconds(500));
    CHECK(receiver.count() == 1);
}

TEST_CASE_METHOD(Calling, "an alarm that was raised just before a restart is called behind it") {
    start();
    way.reset();
    append(step_of(raised()));
    start();
    receiver.wait_for(1);
    append(step_of(revised(v1::Alarm::ON, 2, v1::Alarm::UNANSWERED)));
    CHECK(receiver.wait_for(2).back().body.contains(R"("reason":"unanswered")"));
}

TEST_CASE_METHOD(Calling, "an administrator tries the second way out") {
    start();
    CHECK(ask(*way, &SecondWay::try_out, "", "").status == 202);
    CHECK(receiver.wait_for(1).front().body.contains(R"("reason":"test")"));
}

TEST_CASE_METHOD(
    Calling,
    "the test patient's seizure feeds the watcher once a station confirms it"
) {
    ChainTrial chain(
        journal,
        directory,
        now,
        random,
        log,
        {.dead_man_url = receiver.url()},
        {.acknowledge_after = milliseconds(400),
         .look_every = milliseconds(10),
         .pause = milliseconds(20)}
    );
    auto seizure = raised();
    seizure.set_patient(std::string(access::test_patient));
    std::size_t expected = 0;
    const auto acknowledged = [&] {
        ++expected;
        return becomes([&] { return entries_of(v1::ACT).size() == expected; });
    };
    append(step_of(seizure));
    append(confirmation(1, seizure));
    receiver.wait_for(1);
    REQUIRE(acknowledged());
    v1::Act act;
    REQUIRE(act.ParseFromString(entries_of(v1::ACT).front().payload()));
    CHECK(act.kind() == v1::Act::ACKNOWLEDGE);
    CHECK(act.revision() == 1);
    v1::LiveFrame frame;
    CHECK(becomes([&] {
        chain.show(frame);
        return frame.test().signalled_us() != 0;
    }));
    CHECK(frame.test().arrived_us() != 0);
    CHECK(frame.test().trouble().empty());

    // No station: no signal. It is acknowledged all the same, so that the next one is new.
    seizure.set_id("fedcba9876543210");
    append(step_of(seizure));
    REQUIRE(acknowledged());
    CHECK(receiver.count() == 1);

    // Something else of the test patient, such as data that are missing, is no sign of life.
    seizure.set_id("0000000000000000");
    seizure.set_condition(v1::Alarm::DATA_MISSING);
    append(step_of(seizure));
    append(confirmation(1, seizure));
    REQUIRE(acknowledged());
    CHECK(receiver.count() == 1);

    // A watcher that is away is tried three times, and the page says why.
    receiver.answer(500);
    seizure.set_id("1111111111111111");
    seizure.set_condition(v1::Alarm::SEIZURE_POSSIBLE);
    append(step_of(seizure));
    append(confirmation(1, seizure));
    receiver.wait_for(4);
    std::this_thread::sleep_for(milliseconds(300));
    CHECK(receiver.count() == 4);
    frame.Clear();
    chain.show(frame);
    CHECK(frame.test().trouble() == "it answered 500");
}
