// Our own format of vitals and beats: forms, faults, repeats, and the memory of values.
#include "heart_intake/test_heart.hpp"

#include <format>

using namespace vigil;
using namespace vigil::heart_intake;

TEST_CASE("vitals are taken in JSON and in protobuf by the names of the schema") {
    Ward ward;
    const auto json = [](const std::string& more) {
        return std::format(
            R"({{"vitals":[{{"name":"heart_rate","unit":"/min","value":72.5,"start_time_us":{}{}}}]}})",
            now_us,
            more
        );
    };
    CHECK(
        ward.post(
                "/v1/vitals",
                json(R"(,"source":"strap","minimum":70,"maximum":75,"utc_offset_s":7200)")
        )
            .status == 200
    );
    CHECK_FALSE(ward.vital(0).batched());
    CHECK(ward.entries().at(0)->entry.trace_id() == trace_of(test_traceparent)->bytes());
    CHECK(ward.vital(0).maximum() == 75);
    v1::VitalBatch batch;
    *batch.add_vitals() = ward.vital(0);
    batch.mutable_vitals(0)->set_value(73);
    *batch.add_vitals() = ward.vital(0);
    batch.mutable_vitals(1)->set_value(5);
    const auto response =
        ward.post("/v1/vitals", batch.SerializeAsString(), "application/x-protobuf");
    CHECK(response.status == 207);
    CHECK(response.body.contains(R"("field":"vitals[1].value")"));
    const auto refused = [&](const std::string& body,
                             const std::string& field,
                             const std::string& type = "application/json") {
        const auto answer = ward.post("/v1/vitals", body, type);
        INFO(body << " -> " << answer.body);
        CHECK(answer.status == 400);
        CHECK(field_of(answer) == field);
    };
    refused(json(",\"value\":70"), "vitals[0].value");
    refused(json(",\"colour\":70"), "vitals[0].colour");
    refused(json(",\"minimum\":\"low\""), "vitals[0].minimum");
    refused(json(",\"source\":\"" + std::string(129, 's') + "\""), "vitals[0].source");
    refused(
        R"({"vitals":[{"name":"mood","unit":"/min","value":70,"start_time_us":1725876007000000}]})",
        "vitals[0].name"
    );
    refused(
        R"({"vitals":[{"name":"heart_rate","unit":"bpm","value":70,"start_time_us":1725876007000000}]})",
        "vitals[0].unit"
    );
    refused(
        R"({"vitals":[{"name":"heart_rate","unit":"/min","start_time_us":1725876007000000}]})",
        "vitals[0].value"
    );
    refused(R"({"vitals":[]})", "vitals");
    refused("{}", "vitals");
    refused("", "vitals", "application/x-protobuf");
    refused(batch.SerializeAsString().substr(0, 20), "", "application/x-protobuf");
    for (const char* path : {"/v1/vitals", "/v1/beats"}) {
        const auto other = ward.post(path, "{}", "text/plain");
        CHECK(other.status == 415);
        CHECK(field_of(other) == "content-type");
    }
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("beats are taken once, their conflicts and faults are named") {
    Ward ward;
    const auto json = [](const std::string& rr,
                         std::uint64_t first = 0,
                         const std::string& more = "") {
        return std::format(
            R"({{"device":"strap","stream":"s1","first_beat":{},"start_time_us":{},"rr_us":{}{}}})",
            first,
            now_us,
            rr,
            more
        );
    };
    CHECK(ward.post("/v1/beats", json("[200000,800000,5000000]")).body.contains("accepted"));
    CHECK(ward.post("/v1/beats", json("[200000,800000,5000000]")).body.contains("duplicate"));
    CHECK(ward.post("/v1/beats", json("[200000,800001,5000000]")).status == 409);
    v1::Beats beats;
    REQUIRE(beats.ParseFromString(ward.entries().at(0)->entry.payload()));
    CHECK(beats.rr_us_size() == 3);
    CHECK(ward.entries().at(0)->entry.trace_id() == trace_of(test_traceparent)->bytes());
    beats.set_first_beat(3);
    CHECK(
        ward.post("/v1/beats", beats.SerializeAsString(), "application/x-protobuf").status == 200
    );
    const auto refused =
        [&](const std::string& body, const std::string& field, unsigned status = 400) {
            const auto answer = ward.post("/v1/beats", body);
            INFO(body.substr(0, 100) << " -> " << answer.body);
            CHECK(answer.status == status);
            CHECK(field_of(answer) == field);
        };
    refused(json("[199999]", 9), "rr_us[0]");
    refused(json("[800000,5000001]", 9), "rr_us[1]");
    refused(json("[800000.5]", 9), "rr_us[0]");
    refused(json("[]", 9), "rr_us");
    refused(json("[800000]", 9, ",\"stream\":\"x\""), "stream");
    refused(json("[800000]", 9, ",\"pulse\":1"), "pulse");
    refused(
        R"({"device":"a b","stream":"s","first_beat":0,"start_time_us":1,"rr_us":[800000]})",
        "device"
    );
    refused(
        R"({"device":"a","stream":"s","first_beat":0,"start_time_us":1,"rr_us":[800000]})",
        "start_time_us"
    );
    std::string many = "[800000";
    for (std::size_t i = 0; i < max_intervals; ++i) {
        many += ",800000";
    }
    refused(json(many + "]", 9), "rr_us", 413);
    beats.set_first_beat(~std::uint64_t{0} - 2);
    CHECK(
        field_of(ward.post("/v1/beats", beats.SerializeAsString(), "application/x-protobuf")) ==
        "first_beat"
    );
    beats.set_rr_us(0, 1);
    CHECK(
        ward.post("/v1/beats", beats.SerializeAsString(), "application/x-protobuf").status == 400
    );
    v1::Device strap;
    strap.set_id("strap");
    strap.add_assignments()->set_patient("p1");
    auto stored = std::make_shared<journal::Stored>();
    stored->sequence = 1;
    stored->entry = access::directory_entry(strap, now_us, random_id(ward.random));
    ward.directory.apply(std::vector<journal::StoredPtr>{stored});
    CHECK(ward.post("/v1/beats", json("[800000]", 20)).status == 403);
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("hearts of a device that is nobody's are quarantined, each device's for itself") {
    Ward ward;
    http::Principal strap;
    strap.kind = http::Principal::Kind::device;
    strap.device = "strap";
    auto other = strap;
    other.device = "watch";
    const auto vital =
        R"({"vitals":[{"name":"heart_rate","unit":"/min","value":72,"start_time_us":1725876007000000}]})";
    const std::string type = "application/json";
    for (const auto& sender : {strap, strap, other}) {
        CHECK(ward.post("/v1/vitals", vital, type, sender).status == 200);
    }
    const auto held = ward.entries();
    REQUIRE(held.size() == 2);
    for (const auto& [entry, device] : {std::pair{held[0], "strap"}, std::pair{held[1], "watch"}}) {
        v1::Quarantined quarantined;
        REQUIRE(entry->entry.type() == v1::QUARANTINED);
        CHECK(entry->entry.patient().empty());
        REQUIRE(quarantined.ParseFromString(entry->entry.payload()));
        CHECK(quarantined.type() == v1::VITAL);
        CHECK(quarantined.device() == device);
        CHECK(quarantined.start_us() == now_us);
    }
    Ward after;
    after.service.apply(held);
    CHECK(after.post("/v1/vitals", vital, type, strap).status == 200);
    CHECK(after.entries().empty());
}

TEST_CASE("who has no patient sends nothing") {
    Ward ward;
    for (const char* path : {"/v1/vitals", "/v1/beats", "/v1/health-auto-export"}) {
        CHECK(ward.post(path, "{}", "application/json", {}).status == 403);
    }
}

TEST_CASE("the table of seen values forgets, and what it forgets is only appended again") {
    SeenValues seen;
    v1::Vital vital;
    vital.set_name("heart_rate");
    vital.set_value(70);
    for (std::int64_t i = 0; i < (1 << 19); ++i) {
        vital.set_start_time_us(i);
        seen.add(SeenValues::key("p1", vital));
    }
    CHECK(seen.holds(SeenValues::key("p1", vital)));
    CHECK_FALSE(seen.holds(SeenValues::key("p2", vital)));
    std::size_t held = 0;
    for (std::int64_t i = 0; i < (1 << 19); i += 64) {
        vital.set_start_time_us(i);
        held += seen.holds(SeenValues::key("p1", vital)) ? 1 : 0;
    }
    CHECK(held < (1 << 19) / 64 * 6 / 10);
    CHECK(held > (1 << 19) / 64 * 4 / 10);
}

TEST_CASE("beyond the bound of values the oldest are forgotten: their repeats are accepted anew") {
    SeenValues seen(32);
    std::vector<SeenValues::Key> keys;
    for (std::uint64_t i = 0; i < 40; ++i) {
        keys.push_back({.identity = i, .content = i + 100});
        seen.add(keys.back());
    }
    CHECK_FALSE(seen.holds(keys[0]));
    CHECK(seen.holds(keys[8]));
    CHECK(seen.holds(keys[39]));
}
