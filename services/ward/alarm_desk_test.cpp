// The alarm desk through its routes' functions, on a real (in-memory) journal: what is refused
// changes nothing.
#include "ward/alarm_desk.hpp"

#include "alarm/bounds.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::ward;

namespace {

struct Fixture : TestDesk {
    AlarmDesk desk{journal, directory, clock, random, log};

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

    using Handler = void (AlarmDesk::*)(const http::Request&, http::Reply);

    http::Response call(Handler handler, std::string body, std::string id = "p1") {
        return ask(desk, handler, std::move(body), std::move(id));
    }
};

} // namespace

TEST_CASE_METHOD(Fixture, "alarms are set one by one, and say who set them") {
    const auto before = call(&AlarmDesk::show_settings, {});
    CHECK(before.body.contains(
        R"("switched_on":false,"bradycardia_bpm":50,"tachycardia_bpm":120,"pause_ms":3000)"
    ));
    CHECK_FALSE(before.body.contains("set_by"));
    CHECK(
        call(&AlarmDesk::put_settings, R"({"switched_on":true,"reason":"admitted"})").status == 204
    );
    CHECK(
        call(&AlarmDesk::put_settings, R"({"tachycardia_bpm":140,"late_after_s":60})").status == 204
    );
    const auto after = call(&AlarmDesk::show_settings, {});
    CHECK(after.body.contains(
        R"("switched_on":true,"bradycardia_bpm":50,"tachycardia_bpm":140,"pause_ms":3000,"late_after_s":60)"
    ));
    CHECK(after.body.contains(R"("set_by":"ada")"));
    const auto entry = newest();
    CHECK(entry.type() == v1::ALARM_SETTINGS);
    CHECK(entry.partition() == journal::partition_of("p1", journal::default_partitions));
    v1::AlarmSettings settings;
    REQUIRE(settings.ParseFromString(entry.payload()));
    CHECK(alarm::check(settings));
    CHECK(settings.role() == v1::StaffUser::CLINICIAN);
}

TEST_CASE_METHOD(Fixture, "a sign-off names who gave it, and is taken back alone") {
    const auto sign = [&](const char* body) { return call(&AlarmDesk::put_sign_off, body).status; };
    CHECK(sign(R"({"model":"window-178","model_version":"2.0.0"})") == 204);
    CHECK(sign(R"({"model":"line-length","model_version":"1.0.0"})") == 204);
    CHECK(sign(R"({"model":"window-178","model_version":"2.0.0","signed_off":false})") == 204);
    const auto shown = call(&AlarmDesk::show_settings, {}).body;
    CHECK(
        shown.contains(R"("sign_offs":[{"model":"line-length","model_version":"1.0.0","by":"ada",)")
    );
    CHECK_FALSE(shown.contains("window-178"));
    CHECK(sign(R"({"model":"window-178"})") == 400);
    CHECK(sign(R"({"model":"","model_version":"2.0.0"})") == 400);
}

TEST_CASE_METHOD(Fixture, "an act is an entry of the patient's, with who and when") {
    const auto answer = call(
        &AlarmDesk::post_act,
        R"({"kind":"alarm_off","condition":"tachycardia","reason":"known","for_s":3600})"
    );
    CHECK(answer.status == 202);
    const auto entry = newest();
    CHECK(answer.body == "{\"id\":\"" + to_hex(entry.id()) + "\"}");
    CHECK(entry.type() == v1::ACT);
    CHECK(entry.patient() == "p1");
    CHECK(entry.partition() == journal::partition_of("p1", journal::default_partitions));
    CHECK(entry.receipt_time_us() == to_us(clock.utc()));
    v1::Act act;
    REQUIRE(act.ParseFromString(entry.payload()));
    CHECK(act.kind() == v1::Act::ALARM_OFF);
    CHECK(act.user() == "ada");
    CHECK(act.conditions(0) == v1::Alarm::TACHYCARDIA);
    CHECK(act.until_us() == to_us(clock.utc()) + 3'600'000'000);
    CHECK(alarm::check(act, to_us(clock.utc())));
    // Whoever starts anew knows it: the directory keeps the newest for each condition.
    const auto off = directory.state()->offs.at("p1").at(v1::Alarm::TACHYCARDIA);
    CHECK(off.SerializeAsString() == act.SerializeAsString());
    CHECK(
        call(&AlarmDesk::post_act, R"({"kind":"alarm_back","condition":"tachycardia"})").status ==
        202
    );
    CHECK(
        directory.state()->offs.at("p1").at(v1::Alarm::TACHYCARDIA).kind() == v1::Act::ALARM_BACK
    );
    CHECK(
        call(
            &AlarmDesk::post_act,
            R"({"kind":"acknowledge","alarm":"000102030405060708090a0b0c0d0e0f","revision":2})"
        )
            .status == 202
    );
    REQUIRE(act.ParseFromString(newest().payload()));
    CHECK(
        act.alarm() ==
        std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 16)
    );
}

TEST_CASE_METHOD(
    Fixture,
    "what cannot be set or done is refused with its field, and changes nothing"
) {
    const auto newest_before = journal.newest();
    for (const auto& [body, field] : {
             std::pair{R"({"tachycardia_bpm":301})", "tachycardia_bpm"},
             std::pair{R"({"tachycardia_bpm":-1})", "tachycardia_bpm"},
             std::pair{R"({"bradycardia_bpm":115})", "tachycardia_bpm"},
             std::pair{R"({"pause_ms":999})", "pause_ms"},
             std::pair{R"({"late_after_s":29})", "late_after_s"},
             std::pair{R"({"remind_off_after_s":3601})", "remind_off_after_s"},
             std::pair{R"({"switched_on":1})", "switched_on"},
             std::pair{R"({"on":true})", "on"},
         }) {
        INFO(body);
        const auto answer = call(&AlarmDesk::put_settings, body);
        CHECK(answer.status == 400);
        CHECK(answer.body.contains(field));
    }
    for (const auto& [body, field] : {
             std::pair{R"({"kind":"silence"})", "kind"},
             std::pair{R"({"kind":"acknowledge","alarm":"00","revision":1})", "alarm"},
             std::pair{R"({"kind":"acknowledge","alarm":"zz"})", "alarm"},
             std::pair{
                 R"({"kind":"acknowledge","alarm":"000102030405060708090a0b0c0d0e0f"})",
                 "revision"
             },
             std::pair{R"({"kind":"audio_pause"})", "for_s"},
             std::pair{R"({"kind":"audio_pause","for_s":121})", "for_s"},
             std::pair{R"({"kind":"alarm_off","condition":"tachycardia","for_s":60})", "reason"},
             std::pair{
                 R"({"kind":"alarm_off","condition":"tachycardia","reason":"x","for_s":43201})",
                 "for_s"
             },
             std::pair{R"({"kind":"alarm_off","reason":"x","for_s":60})", "condition"},
             std::pair{
                 R"({"kind":"alarm_off","condition":"hunger","reason":"x","for_s":60})",
                 "condition"
             },
             std::pair{R"({"kind":"stream_ended","device":"d1"})", "stream"},
         }) {
        INFO(body);
        const auto answer = call(&AlarmDesk::post_act, body);
        CHECK(answer.status == 400);
        CHECK(answer.body.contains(field));
    }
    CHECK(call(&AlarmDesk::post_act, R"({"kind":"audio_resume"})", "p9").status == 404);
    CHECK(call(&AlarmDesk::put_settings, R"({})", "p9").status == 404);
    CHECK(call(&AlarmDesk::show_settings, {}, "p9").status == 404);
    principal.clinician = false;
    CHECK(call(&AlarmDesk::post_act, R"({"kind":"audio_resume"})").status == 403);
    CHECK(journal.newest() == newest_before);
}
