// Alarms, past events, hearts, marks and what follows from them, through the routes: what is not in
// the store yet is answered as what is.
#include "records/chronicle.hpp"

#include "records/routes.hpp"
#include "records/test_entries.hpp"
#include "store/memory_store.hpp"
#include "vigil/v1/mark.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <future>

using namespace vigil;
using namespace vigil::records;

namespace {

constexpr std::int64_t second = 1'000'000;

std::int64_t at(std::int64_t seconds) {
    return to_us(test_start) + seconds * second;
}

struct Asked {
    store::MemoryStore store;
    Core core{store};
    access::Directory directory;
    ManualClock clock{test_start + std::chrono::hours{1}};
    Entries entries;
    QueryPool pool{1};
    http::Router router;

    Asked() {
        REQUIRE(core.load());
        add_routes(
            router,
            {.core = core, .store = store, .pool = pool, .directory = directory, .clock = clock}
        );
    }

    http::Response get(const std::string& path, std::map<std::string, std::string> query = {}) {
        const auto match = router.match(http::Verb::get, path);
        REQUIRE(match.route != nullptr);
        http::Request request;
        request.query = std::move(query);
        request.parameters = match.parameters;
        std::promise<http::Response> answered;
        auto answer = answered.get_future();
        std::get<http::Handler>(match.route->handler)(
            std::move(request),
            http::Reply([&](http::Response response) { answered.set_value(std::move(response)); })
        );
        return answer.get();
    }

    /// The same before and after it is in the store.
    std::string
    both(const std::string& path, const std::map<std::string, std::string>& query = {}) {
        core.apply(entries.all());
        const auto before = get(path, query);
        CHECK(before.status == 200);
        REQUIRE(core.flush());
        CHECK(get(path, query).body == before.body);
        return before.body;
    }
};

v1::Alarm alarm_of(std::uint32_t revision, v1::Alarm::State state) {
    v1::Alarm alarm;
    alarm.set_id("0123456789abcdef");
    alarm.set_revision(revision);
    alarm.set_state(state);
    alarm.set_priority(v1::Alarm::HIGH);
    alarm.set_condition(v1::Alarm::SEIZURE);
    alarm.set_patient("p1");
    alarm.set_at_us(at(10 + revision));
    alarm.set_raised_us(at(11));
    alarm.set_onset_us(at(5));
    auto& cause = *alarm.add_causes();
    cause.set_condition(v1::Alarm::SEIZURE);
    cause.set_source("eventeventevent!/prolonged");
    cause.set_value(0.75);
    return alarm;
}

void add_step(Entries& entries, const v1::Alarm& alarm) {
    v1::Step step;
    *step.add_alarms()->mutable_alarm() = alarm;
    entries.add(v1::STEP, step);
}

v1::Mark mark_of(v1::Mark::Kind kind, std::int64_t said_s) {
    v1::Mark mark;
    mark.set_kind(kind);
    mark.set_patient("p1");
    mark.set_user("ada");
    mark.set_time_us(at(said_s));
    return mark;
}

void add_event(Entries& entries, const std::string& id, std::int64_t onset_s, bool shadow = false) {
    v1::Step step;
    auto& event = *step.add_events();
    event.set_id(id);
    event.set_revision(1);
    event.set_state(v1::Event::ENDED);
    event.set_patient("p1");
    event.set_shadow(shadow);
    event.mutable_span()->set_onset_us(at(onset_s));
    event.mutable_span()->set_end_us(at(onset_s + 10));
    entries.add(v1::STEP, step);
}

void add_verdict(
    Entries& entries,
    const std::string& event,
    v1::Mark::Verdict verdict,
    std::int64_t said_s
) {
    auto mark = mark_of(v1::Mark::VERDICT, said_s);
    mark.set_event(event);
    mark.set_verdict(verdict);
    entries.add(v1::MARK, mark);
}

} // namespace

TEST_CASE("an alarm is answered with its newest revision, causes and who acknowledged it") {
    Asked asked;
    add_step(asked.entries, alarm_of(1, v1::Alarm::ON));
    auto acknowledged = alarm_of(2, v1::Alarm::ACKNOWLEDGED);
    acknowledged.set_acknowledged_by("grace");
    acknowledged.set_acknowledged_us(at(12));
    add_step(asked.entries, acknowledged);
    CHECK(
        asked.both("/v1/patients/p1/alarms") ==
        R"({"patient":"p1","alarms":[{"id":"30313233343536373839616263646566","revision":2,"state":"acknowledged","priority":"high","condition":"seizure","device":"","raised":"2026-11-24T00:00:11.000000Z","changed":"2026-11-24T00:00:12.000000Z","onset":"2026-11-24T00:00:05.000000Z","unanswered":0,"acknowledged_by":"grace","acknowledged":"2026-11-24T00:00:12.000000Z","causes":[{"condition":"seizure","event":"6576656e746576656e746576656e7421","prolonged":true,"value":0.75,"limit":0}]}]})"
    );
    CHECK(asked.get("/v1/patients/p2/alarms").body == R"({"patient":"p2","alarms":[]})");
}

TEST_CASE("a technical alarm's causes name their channels") {
    Asked asked;
    auto flat = alarm_of(1, v1::Alarm::ON);
    flat.set_condition(v1::Alarm::FLAT_OR_SATURATED);
    flat.mutable_causes(0)->set_condition(v1::Alarm::FLAT_OR_SATURATED);
    flat.mutable_causes(0)->set_source("stream-number-1/Fp1-F7");
    add_step(asked.entries, flat);
    CHECK(asked.both("/v1/patients/p1/alarms")
              .contains(
                  R"({"condition":"flat or saturated channel","source":"stream-number-1/Fp1-F7",)"
              ));
}

TEST_CASE("pages of alarms go by the time at which they were raised") {
    Asked asked;
    for (int i = 0; i < 5; ++i) {
        auto alarm = alarm_of(1, v1::Alarm::ENDED);
        alarm.set_id("alarm " + std::to_string(i) + "        ");
        alarm.set_raised_us(at(100 * i));
        add_step(asked.entries, alarm);
    }
    asked.core.apply(asked.entries.all());
    REQUIRE(asked.core.flush());
    std::map<std::string, std::string> query{
        {"from", "2026-11-24T00:00:00Z"},
        {"until", "2026-11-24T00:05:00Z"},
        {"limit", "2"},
    };
    const auto first = asked.get("/v1/patients/p1/alarms", query).body;
    const auto place = first.find(R"("cursor":")") + 10;
    query["cursor"] = first.substr(place, first.find('"', place) - place);
    const auto next = asked.get("/v1/patients/p1/alarms", query).body;
    // a page ends before the time of its last row, of which there may be more
    CHECK(first.contains(R"("raised":"2026-11-24T00:00:00.000000Z")"));
    CHECK_FALSE(first.contains(R"("raised":"2026-11-24T00:01:40.000000Z")"));
    CHECK(next.contains(R"("raised":"2026-11-24T00:01:40.000000Z")"));
    CHECK(next.contains(R"("raised":"2026-11-24T00:03:20.000000Z")"));
    CHECK_FALSE(next.contains("cursor"));
    CHECK(asked.get("/v1/patients/p1/alarms", {{"past", "perhaps"}}).status == 400);
    CHECK(asked.get("/v1/patients/p1/alarms", {{"future", "true"}}).status == 400);
}

TEST_CASE("past events are what raised no alarm, with why") {
    Asked asked;
    v1::Step step;
    auto& listed = *step.add_alarms()->mutable_notice();
    listed.set_kind(v1::AlarmNotice::LISTED);
    listed.set_id("0123456789abcdef");
    listed.set_patient("p1");
    listed.add_conditions(v1::Alarm::TACHYCARDIA);
    listed.set_source("strap/rr");
    listed.set_onset_us(at(5));
    listed.set_at_us(at(500));
    listed.set_reason("late");
    auto& other = *step.add_alarms()->mutable_notice();
    other = listed;
    other.set_id("other");
    other.set_kind(v1::AlarmNotice::SETTINGS);
    asked.entries.add(v1::STEP, step);
    CHECK(
        asked.both("/v1/patients/p1/alarms", {{"past", "true"}}) ==
        R"({"patient":"p1","past_events":[{"id":"30313233343536373839616263646566","condition":"tachycardia","source":"strap/rr","onset":"2026-11-24T00:00:05.000000Z","known":"2026-11-24T00:08:20.000000Z","reason":"late"}]})"
    );
    CHECK(asked.get("/v1/patients/p1/alarms").body == R"({"patient":"p1","alarms":[]})");
}

TEST_CASE("the record of a heart is what is settled of it, each change once") {
    Asked asked;
    v1::Step step;
    auto& news = *step.add_heart();
    news.set_patient("p1");
    news.set_device("strap");
    news.set_stream("rr");
    news.set_state(v1::HeartChange::TACHYCARDIA);
    news.set_kind(v1::HeartChange::BEGINS);
    news.set_at_us(at(5));
    news.set_value(131.5);
    news.set_limit(120);
    auto settled = news;
    settled.set_settled(true);
    *step.add_heart() = settled;
    asked.entries.add(v1::STEP, step).add(v1::STEP, step); // two owners would not, and yet
    CHECK(
        asked.both("/v1/patients/p1/heart") ==
        R"({"patient":"p1","changes":[{"state":"tachycardia","kind":"begins","time":"2026-11-24T00:00:05.000000Z","device":"strap","stream":"rr","value":131.5,"limit":120}]})"
    );
}

TEST_CASE("marks are answered with who said what of when") {
    Asked asked;
    auto annotation = mark_of(v1::Mark::ANNOTATION, 100);
    annotation.set_from_us(at(40));
    annotation.set_until_us(at(70));
    annotation.set_type(v1::Mark::FOCAL_TO_BILATERAL_TONIC_CLONIC);
    annotation.set_awareness(v1::Mark::IMPAIRED);
    annotation.set_text("left arm first");
    asked.entries.add(v1::MARK, annotation);
    const auto body = asked.both("/v1/patients/p1/marks");
    CHECK(body.contains(
        R"("kind":"annotation","by":"ada","said":"2026-11-24T00:01:40.000000Z","from":"2026-11-24T00:00:40.000000Z","until":"2026-11-24T00:01:10.000000Z","type":"focal_to_bilateral_tonic_clonic","awareness":"impaired","device":"","text":"left arm first")"
    ));
}

TEST_CASE("figures follow from what staff said last and did not take back") {
    Asked asked;
    for (std::uint64_t minute = 0; minute < 30; ++minute) { // half an hour of EEG
        asked.entries.block({}, minute * 60 * 256, 60 * 256);
    }
    add_event(asked.entries, "true", 100);
    add_event(asked.entries, "false", 300);
    add_event(asked.entries, "changed", 500);
    add_event(asked.entries, "taken back", 700);
    add_event(asked.entries, "shadow", 900, true);
    add_verdict(asked.entries, "true", v1::Mark::SEIZURE, 2'000);
    add_verdict(asked.entries, "false", v1::Mark::NO_SEIZURE, 2'000);
    add_verdict(asked.entries, "changed", v1::Mark::NO_SEIZURE, 2'100);
    add_verdict(asked.entries, "changed", v1::Mark::UNSURE, 2'200);
    add_verdict(asked.entries, "shadow", v1::Mark::NO_SEIZURE, 2'000);
    add_verdict(asked.entries, "taken back", v1::Mark::NO_SEIZURE, 2'000);
    auto withdrawn = mark_of(v1::Mark::WITHDRAWN, 2'300);
    withdrawn.set_withdraws(asked.entries.all().back()->entry.id());
    asked.entries.add(v1::MARK, withdrawn);
    auto missed = mark_of(v1::Mark::ANNOTATION, 2'400);
    missed.set_from_us(at(1'200));
    missed.set_until_us(at(1'230));
    missed.set_type(v1::Mark::UNCLASSIFIED);
    asked.entries.add(v1::MARK, missed);
    auto note = missed; // says nothing of a seizure
    note.set_type(v1::Mark::SEIZURE_TYPE_UNSPECIFIED);
    note.set_from_us(at(1'300));
    asked.entries.add(v1::MARK, note);
    add_step(asked.entries, alarm_of(1, v1::Alarm::ON));
    const auto body = asked.both("/v1/patients/p1/figures");
    CHECK(body.contains(R"("recorded_hours":0.5,)"));
    CHECK(body.contains(R"("events":{"true":1,"false":1,"unsure":1,"unmarked":1},)"));
    CHECK(body.contains(R"("seizures":2,"detected":1,)"));
    CHECK(body.contains(R"("false_alarms_per_24_h":{"estimate":48,)"));
    CHECK(body.contains(R"("sensitivity":{"estimate":0.5,)"));
    CHECK(body.contains(R"("alarms_per_day":[{"day":"2026-11-24","high":1,"medium":0,"low":0}])"));
    const auto nothing = asked.get("/v1/patients/p2/figures").body;
    CHECK(nothing.contains(R"("false_alarms_per_24_h":null,"sensitivity":null,)"));
}
