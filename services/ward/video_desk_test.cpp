// The link to a patient's video: what an address must be, and who said it when.
#include "ward/video_desk.hpp"

#include "ward/test_desk.hpp"
#include "ward/video_link.hpp"

#include <catch2/catch_test_macros.hpp>

#include <format>

using namespace vigil;
using namespace vigil::ward;

namespace {

constexpr std::string_view address = "https://video.example/{patient}?at={start}";

std::string body(std::string_view where, std::int64_t offset_s = 0) {
    return std::format(R"({{"address":"{}","offset_s":{}}})", where, offset_s);
}

struct Videos : TestDesk {
    VideoDesk desk{journal, directory, clock, random, log};

    Videos() {
        v1::Patient patient;
        patient.set_id("p1");
        journal.append(
            {.entries = {access::directory_entry(patient, 1, random_id(random))}, .fences = {}},
            [](Result<journal::Appended> done) { REQUIRE(done); }
        );
        REQUIRE(directory.load(journal));
    }

    http::Response put(const std::string& with, const std::string& patient = "p1") {
        return ask(desk, &VideoDesk::put, with, patient);
    }

    std::string show(const std::string& patient = "p1") {
        return ask(desk, &VideoDesk::show, "", patient).body;
    }
};

} // namespace

TEST_CASE_METHOD(Videos, "a link to a video is an entry with who and when, and can be taken away") {
    CHECK(show() == R"({"address":"","offset_s":0})");
    CHECK(put(body(address, -12)).status == 204);
    CHECK(newest().type() == v1::VIDEO_LINK);
    CHECK(newest().patient() == "p1");
    CHECK(
        show() == R"({"address":"https://video.example/{patient}?at={start}","offset_s":-12,)"
                  R"("by":"chief","set":"2027-01-15T08:00:00.000000Z"})"
    );
    principal.id = "deputy";
    CHECK(put(body("")).status == 204);
    CHECK(show().starts_with(R"({"address":"","offset_s":0,"by":"deputy")"));
    CHECK(put(body(address), "nobody").status == 404);
    CHECK(ask(desk, &VideoDesk::show, "", "nobody").status == 404);
}

TEST_CASE_METHOD(Videos, "what is no link to a moment of a video is refused with a sentence") {
    const auto refused = [&](const std::string& with, std::string_view field) {
        INFO(with);
        const auto answer = put(with);
        CHECK(answer.status == 400);
        CHECK(answer.body.contains(std::format(R"("field":"{}")", field)));
        CHECK(answer.body.contains(R"(.")")); // a sentence
    };
    for (const auto* wrong :
         {"javascript:alert({seconds})//https://",
          "JAVASCRIPT:alert({seconds})",
          "data:text/html,{start}",
          "http://video.example/{start}",
          "//video.example/{start}",
          "https://",
          "https:///{start}",
          "https://{start}.example/",
          "https://video.example{seconds}",
          "https://video.example:{seconds}/",
          "https://ada:secret@video.example/{start}",
          "https://video.example/",
          "https://video.example/{patient}",
          "https://video.example/{begin}",
          "https://video.example/{START}",
          "https://video.example/{start",
          "https://video.example/start}",
          "https://video.example/{{start}}",
          "https://video.example/{start} onclick=x",
          "https://video.example/{start}<b>",
          "https://video.example/%zz?{start}",
          "https://vidéo.example/{start}"}) {
        refused(body(wrong), "address");
    }
    const std::string longest = "https://video.example/{start}?";
    CHECK(
        put(body(longest + std::string(longest_video_address - longest.size(), 'a'))).status == 204
    );
    refused(
        body(longest + std::string(longest_video_address - longest.size() + 1, 'a')),
        "address"
    );
    CHECK(put(body(address, most_video_offset_s)).status == 204);
    CHECK(put(body(address, -most_video_offset_s)).status == 204);
    refused(body(address, most_video_offset_s + 1), "offset_s");
    refused(body(address, -most_video_offset_s - 1), "offset_s");
    CHECK(put(R"({"offset_s":0})").status == 400);
    CHECK(put(R"({"address":"","url":""})").status == 400);
    CHECK(put(body("https://video.example:8443/a/b.html?x=1#t={seconds}")).status == 204);
    CHECK(put(body("https://[2001:db8::1]/{seconds}")).status == 204);
}
