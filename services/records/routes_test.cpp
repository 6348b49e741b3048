#include "records/routes.hpp"

#include "journal/memory_journal.hpp"
#include "records/parameters.hpp"
#include "records/test_entries.hpp"
#include "store/memory_store.hpp"

#include <catch2/catch_test_macros.hpp>

#include <future>

using namespace vigil;
using namespace vigil::records;

namespace {

v1::Patient patient_of(const std::string& id, std::uint32_t number) {
    v1::Patient patient;
    patient.set_id(id);
    patient.set_number(number);
    patient.set_label("Bed " + std::to_string(number));
    return patient;
}

/// The routes over a store in memory, asked without a socket.
struct Asked {
    store::MemoryStore store;
    Core core{store};
    access::Directory directory;
    ManualClock clock{test_start + std::chrono::hours{1}};
    Entries entries;
    QueryPool pool{2};
    http::Router router;

    explicit Asked(const LegacyOptions& legacy = {}) {
        REQUIRE(core.load());
        std::vector<journal::StoredPtr> known;
        for (const auto& patient : {patient_of("p1", 1), patient_of("p2", 0)}) {
            auto stored = std::make_shared<journal::Stored>();
            stored->sequence = known.size() + 1;
            stored->entry = access::directory_entry(patient, 1, "id");
            known.push_back(std::move(stored));
        }
        directory.apply(known);
        const RouteParts parts{
            .core = core,
            .store = store,
            .pool = pool,
            .directory = directory,
            .clock = clock
        };
        add_routes(router, parts);
        add_legacy_routes(router, parts, legacy);
    }

    http::Response get(const std::string& path, std::map<std::string, std::string> query = {}) {
        const auto match = router.match(http::Verb::get, path);
        REQUIRE(match.route != nullptr);
        http::Request request;
        request.path = path;
        request.query = std::move(query);
        request.parameters = match.parameters;
        request.id = "r1";
        std::promise<http::Response> answered;
        auto answer = answered.get_future();
        std::get<http::Handler>(match.route->handler)(
            std::move(request),
            http::Reply([&](http::Response response) { answered.set_value(std::move(response)); })
        );
        return answer.get();
    }

    void refused(
        const std::string& path,
        std::map<std::string, std::string> query,
        const std::string& field
    ) {
        const auto response = get(path, std::move(query));
        CHECK(response.status == 400);
        CHECK(response.content_type == "application/problem+json");
        CHECK(response.body.contains('"' + field + '"'));
    }
};

} // namespace

TEST_CASE("the samples of a patient are answered as JSON and as protobuf, page by page") {
    Asked asked;
    for (std::uint64_t second = 0; second < 30; ++second) {
        asked.entries.block({}, second * 256, 256);
    }
    asked.core.apply(asked.entries.all());
    const auto json = asked.get(
        "/v1/patients/p1/eeg",
        {{"from", "2026-11-24T00:00:00Z"}, {"until", "2026-11-24T00:00:00.015625Z"}}
    );
    CHECK(json.status == 200);
    CHECK(json.body.starts_with(
        R"({"patient":"p1","streams":[{"device":"d1","stream":"s1","rate_numerator":256)"
    ));
    CHECK(json.body.contains(
        R"("samples":4,"data":[[-2000,-1969,-1938,-1907],[-1023,-992,-961,-930]])"
    ));
    REQUIRE(asked.core.flush());
    std::size_t samples = 0;
    std::map<std::string, std::string> query{
        {"from", std::to_string(to_us(test_start))},
        {"until", "2026-11-24T01:30:00+01:00"},
        {"limit", "1"},
        {"format", "protobuf"}
    };
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = asked.get("/v1/patients/p1/eeg", query);
        REQUIRE(page.status == 200);
        v1::EegBlockBatch batch;
        REQUIRE(batch.ParseFromString(page.body));
        for (const auto& block : batch.blocks()) {
            samples += block.samples();
            CHECK(
                signal::block_samples(block).value().front() == sample_at(block.first_sample(), 0)
            );
        }
        if (page.headers.empty()) {
            CHECK(pages >= 2);
            break;
        }
        CHECK(page.headers.front().first == "Vigil-Next-Cursor");
        query["cursor"] = page.headers.front().second;
    }
    CHECK(samples == 30 * 256);
}

TEST_CASE("of a device's channels those that are asked for are answered, stored or not yet") {
    Asked asked;
    asked.entries.block({.channels = 4}, 0, 256)
        .block({.device = "two", .channels = 2}, 0, 256)
        .block({.device = "other", .channels = 4}, 0, 256);
    asked.core.apply(asked.entries.all());
    const auto check = [&] {
        const auto answer = asked.get(
            "/v1/patients/p1/eeg",
            {{"from", std::to_string(to_us(test_start))},
             {"until", "2026-11-24T01:00:00Z"},
             {"format", "protobuf"},
             {"device", "d1"},
             {"channels", "1,3"}}
        );
        v1::EegBlockBatch batch;
        REQUIRE(batch.ParseFromString(answer.body));
        REQUIRE(batch.blocks_size() == 1); // "two" has no channel 3, "other" was not asked for
        const auto& block = batch.blocks(0);
        CHECK(block.device() == "d1");
        REQUIRE(block.channels_size() == 2);
        CHECK(block.channels(0).label() == "C1");
        CHECK(block.channels(1).label() == "C3");
        const auto values = signal::block_samples(block).value();
        REQUIRE(values.size() == 512);
        CHECK(values[7] == sample_at(7, 1));
        CHECK(values[256 + 7] == sample_at(7, 3));
    };
    check();
    REQUIRE(asked.core.flush());
    check();
}

TEST_CASE("a wrong question names the parameter that is wrong") {
    Asked asked;
    const std::string eeg = "/v1/patients/p1/eeg";
    for (const auto* wrong : {"", "a", "1,", ",1", "1,1", "2,1", "256", "-1", "1 ", "0x1"}) {
        asked.refused(eeg, {{"channels", wrong}}, "channels");
    }
    asked.refused(eeg, {{"form", "json"}}, "form");
    asked.refused(eeg, {{"format", "xml"}}, "format");
    asked.refused(eeg, {{"from", "yesterday"}}, "from");
    asked.refused(eeg, {{"from", "-5"}}, "from");
    asked.refused(eeg, {{"until", "2026-02-30T00:00:00Z"}}, "until");
    asked.refused(
        eeg,
        {{"from", "2026-11-24T00:00:00Z"}, {"until", "2026-11-24T00:00:00Z"}},
        "until"
    );
    asked.refused(
        eeg,
        {{"from", "2020-11-24T00:00:00Z"}, {"until", "2026-11-24T00:00:00Z"}},
        "from"
    );
    asked.refused(eeg, {{"limit", "0"}}, "limit");
    asked.refused(eeg, {{"limit", "1001"}}, "limit");
    asked.refused(eeg, {{"limit", "1e2"}}, "limit");
    asked.refused(eeg, {{"cursor", "abc"}}, "cursor");
    asked.refused(eeg, {{"cursor", "1"}}, "cursor");
    asked.refused("/v1/patients/p1/overview", {{"points", "4001"}}, "points");
    asked.refused(
        "/v1/patients/p1/overview",
        {{"from", "2026-11-01T00:00:00Z"}, {"until", "2026-11-24T00:00:00Z"}},
        "from"
    );
    const std::string edf = "/v1/patients/p1/edf";
    asked.refused(
        edf,
        {{"from", "2026-11-24T00:00:00Z"}, {"until", "2026-11-24T01:00:00.000001Z"}},
        "from"
    );
    asked.refused(edf, {{"limit", "1"}}, "limit");
    asked.refused("/v1/patients/p1/vitals", {{"limit", "10001"}}, "limit");
    asked.refused("/v1/patients/p1/vitals", {{"points", "4"}}, "points");
    asked.refused("/v1/patients/p1/beats", {{"limit", ""}}, "limit");
    asked.refused("/v1/patients", {{"all", "1"}}, "all");
    asked.refused("/v1/patients/a b/detections", {}, "id");
    asked.refused("/eeg_data", {{"patient", "1"}}, "patient");
    asked.refused("/heartbeat_data", {{"patient", "1"}}, "patient");
}

TEST_CASE("times are RFC 3339 with an offset, or microseconds") {
    CHECK(parse_time("1700000000000000", "t").value() == 1'700'000'000'000'000);
    CHECK(parse_time("2026-11-24T00:00:00Z", "t").value() == to_us(test_start));
    CHECK(parse_time("2026-11-24T01:30:00.25+01:30", "t").value() == to_us(test_start) + 250'000);
    CHECK(parse_time("2026-11-23T23:00:00-01:00", "t").value() == to_us(test_start));
    for (const auto* wrong :
         {"",
          "2026-11-24",
          "2026-11-24T00:00:00",
          "2026-11-24T24:00:00Z",
          "2026-11-24T00:00:00.Z",
          "+5",
          "2026-11-24T00:00:00Zx",
          "99999999999999999999",
          "2026-1-1T00:00:00Z",
          "1969-12-31T23:59:59Z",
          "2200-01-01T00:00:00Z"}) {
        INFO(wrong);
        CHECK_FALSE(parse_time(wrong, "t"));
    }
}

TEST_CASE("the old lists have the contract's shapes") {
    Asked asked;
    v1::EegBlock window =
        block_of({.stream = "eeg", .rate = 178, .channels = 1, .isolated = true}, 0, 178);
    window.set_start_time_us(1'725'876'007'000'000); // 2024-09-09 10:00:07 UTC
    std::vector<std::int32_t> values(178, -3);
    values.front() = 42;
    signal::set_block_samples(window, values, v1::INT16_LE).value();
    asked.entries.add(v1::EEG_BLOCK, window);
    v1::Step step;
    auto& detection = *step.add_detections();
    detection = detection_of("x", 0, 0, 806); // 806 / 65536 = 0.01229858
    detection.set_stream("eeg");
    asked.entries.add(v1::STEP, step);
    auto rate = heart_rate(74.6, 0);
    rate.set_start_time_us(1'725'876'000'000'000);
    asked.entries.add(v1::VITAL, rate).add(v1::VITAL, rate, "p2"); // p2 has no old number
    asked.core.apply(asked.entries.all());
    std::string list = "[42";
    for (int i = 1; i < 178; ++i) {
        list += ", -3";
    }
    const auto eeg =
        R"([{"fk_user":1,"eeg_data":")" + list +
        R"(]","epilepsy_prediction_probability":"0.01229858","register_timestamp":"Mon, 09 Sep 2024 10:00:07 GMT"}])";
    const std::string heart =
        R"({"1":{"heartbeat_values":[74],"register_timestamps":["2024-09-09 10:00:00"]}})";
    for (const bool flushed : {false, true}) {
        if (flushed) {
            REQUIRE(asked.core.flush());
        }
        CHECK(asked.get("/eeg_data").body == eeg);
        CHECK(asked.get("/eeg_chunks/get_last_chunks_list").body == eeg);
        CHECK(asked.get("/heartbeat_data").body == heart);
        CHECK(asked.get("/heartbeat_chunks/get_last_chunks_list").body == heart);
    }
}

TEST_CASE("detections are answered with what they may lead to, shadows beside the active model") {
    Asked asked;
    v1::Step step;
    auto active = detection_of("a", 0, 1, 32'768);
    active.set_standing(v1::Detection::ACTIVE);
    auto shadow = detection_of("a", 0, 1, 0);
    shadow.set_model("line-length");
    shadow.set_shadow(true);
    shadow.set_standing(v1::Detection::SHADOW);
    shadow.add_doubts(v1::Detection::KIND_DIFFERS);
    shadow.set_not_evaluated(true);
    shadow.set_state(v1::Detection::WARMING_UP);
    *step.add_detections() = active;
    *step.add_detections() = shadow;
    asked.entries.add(v1::STEP, step);
    asked.core.apply(asked.entries.all());
    const auto answer = asked.get(
        "/v1/patients/p1/detections",
        {{"from", "2026-11-24T00:00:00Z"}, {"until", "2026-11-25T00:00:00Z"}}
    );
    CHECK(answer.status == 200);
    CHECK(
        answer.body.find(
            R"("model":"window-178","model_version":"","shadow":false,"standing":"active","doubts":[],)"
        ) != std::string::npos
    );
    CHECK(
        answer.body.find(
            R"("model":"line-length","model_version":"","shadow":true,"standing":"shadow","doubts":["kind_differs"],)"
        ) != std::string::npos
    );
    CHECK(answer.body.find(R"("score":null,"state":"warming_up",)") != std::string::npos);
}

TEST_CASE("events are answered with their state, their scores and what they became a part of") {
    Asked asked;
    v1::Step step;
    auto& event = *step.add_events();
    event.set_id(std::string("\x01\x02", 2));
    event.set_revision(2);
    event.set_state(v1::Event::MERGED);
    event.set_patient("p1");
    event.set_device("d1");
    event.set_stream("s1");
    event.set_model("window-178");
    event.set_model_version("1");
    event.set_standing(v1::Detection::SHADOW);
    event.add_doubts(v1::Detection::KIND_UNKNOWN);
    event.add_doubts(v1::Detection::FALSE_ALARMS_UNKNOWN);
    event.set_merged_into("\x0a");
    auto& span = *event.mutable_span();
    span.set_first_sample(256);
    span.set_end_sample(5120);
    span.set_onset_us(to_us(test_start) + 1'000'000);
    span.set_end_us(to_us(test_start) + 20'500'000);
    span.set_peak_q16(49'152);
    span.add_channel_peak_q16(65'536);
    span.add_channel_peak_q16(65'537);
    span.set_prolonged(true);
    asked.entries.add(v1::STEP, step);
    asked.core.apply(asked.entries.all());
    const auto answer = asked.get(
        "/v1/patients/p1/events",
        {{"from", "2026-11-24T00:00:00Z"}, {"until", "2026-11-25T00:00:00Z"}}
    );
    CHECK(answer.status == 200);
    CHECK(
        answer.body ==
        R"({"patient":"p1","events":[{"id":"0102","revision":2,"state":"merged","prolonged":true,"device":"d1","stream":"s1","model":"window-178","model_version":"1","shadow":false,"standing":"shadow","doubts":["kind_unknown","false_alarms_unknown"],"first_sample":256,"end_sample":5120,"onset":"2026-11-24T00:00:01.000000Z","duration_s":19.5,"peak_score":0.75,"channel_peak_scores":[1,null],"merged_into":"0a"}]})"
    );
    asked.refused("/v1/patients/p1/events", {{"limit", "0"}}, "limit");
}

TEST_CASE("old routes are closed by default and opened by name") {
    const auto access_of = [](Asked& asked, http::Verb verb, const std::string& path) {
        const auto match = asked.router.match(verb, path);
        REQUIRE(match.route != nullptr);
        return match.route->options.access;
    };
    Asked closed;
    CHECK(access_of(closed, http::Verb::get, "/eeg_data") == http::Access::staff);
    Asked opened(LegacyOptions{.open = {"/eeg_data"}});
    CHECK(access_of(opened, http::Verb::get, "/eeg_data") == http::Access::open);
    CHECK(access_of(opened, http::Verb::get, "/heartbeat_data") == http::Access::staff);
}

TEST_CASE("every new route needs signed-in staff") {
    Asked asked;
    for (const auto& route : asked.router.routes()) {
        CHECK(route.options.access == http::Access::staff);
    }
}

TEST_CASE("the list of patients has those of the directory and the newest times") {
    Asked asked;
    asked.entries.block({}, 0, 256).add(v1::VITAL, heart_rate(70, 3), "p9");
    asked.core.apply(asked.entries.all());
    const auto body = asked.get("/v1/patients").body;
    CHECK(body.contains(
        R"({"id":"p1","label":"Bed 1","synthetic":false,"test":false,"monitoring":"on","newest_sample_time":"2026-11-24T00:00:01.000000Z")"
    ));
    CHECK(body.contains(R"({"id":"p2","label":"Bed 0")"));
    CHECK(body.contains(R"({"id":"p9")"));
}

TEST_CASE("more questions than the pool takes are refused at once, with Retry-After") {
    Asked asked;
    std::promise<void> begun;
    std::promise<void> go;
    auto gone = go.get_future();
    QueryPool pool(1, 2); // after what its work uses
    std::move_only_function<void()> blocker = [&] {
        begun.set_value();
        gone.wait();
    };
    REQUIRE(pool.submit(blocker));
    begun.get_future().wait();
    for (int i = 0; i < 2; ++i) {
        std::move_only_function<void()> waits = [] {};
        REQUIRE(pool.submit(waits));
    }
    http::Router router;
    add_routes(
        router,
        {.core = asked.core,
         .store = asked.store,
         .pool = pool,
         .directory = asked.directory,
         .clock = asked.clock}
    );
    http::Response answer;
    std::get<http::Handler>(router.match(http::Verb::get, "/v1/patients").route->handler)(
        http::Request{},
        http::Reply([&](http::Response response) { answer = std::move(response); })
    );
    CHECK(answer.status == 503);
    go.set_value();
}

TEST_CASE("a stretch is answered as a file with a name, and nothing as 404") {
    Asked asked;
    asked.entries.block({}, 0, 512);
    asked.core.apply(asked.entries.all());
    const std::map<std::string, std::string> hour{
        {"from", "2026-11-24T00:00:00Z"},
        {"until", "2026-11-24T01:00:00Z"}
    };
    const auto file = asked.get("/v1/patients/p1/edf", hour);
    CHECK(file.status == 200);
    CHECK(file.body.starts_with("0       p1 X X X"));
    CHECK(file.headers.front().second == "attachment; filename=\"p1_20261124T000000Z.edf\"");
    CHECK(asked.get("/v1/patients/p2/edf", hour).status == 404);
}
