// The page's files as browsers ask for them: compressed, kept and asked for anew.
#include "ward/pages.hpp"

#include "http/gunzip.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <optional>

using namespace vigil;
using namespace vigil::ward;

namespace {

http::Response
asked(std::string path, std::string encodings = {}, std::optional<std::string> tag = std::nullopt) {
    http::Request request;
    request.path = std::move(path);
    if (!encodings.empty()) {
        request.headers["accept-encoding"] = std::move(encodings);
    }
    if (tag) {
        request.headers["if-none-match"] = *tag;
    }
    std::optional<http::Response> answer;
    serve_page(request, http::Reply([&](http::Response response) {
                   answer = std::move(response);
               }));
    return answer.value();
}

std::string header(const http::Response& response, std::string_view name) {
    const auto found =
        std::ranges::find(response.headers, name, [](const auto& one) { return one.first; });
    return found == response.headers.end() ? std::string{} : found->second;
}

std::string unpacked(const std::string& body) {
    http::BodyBudget budget{8 << 20};
    http::BodyBudget::Share share(budget);
    const auto plain = http::gunzip(body, {.bytes = 4 << 20, .ratio = 1000}, share);
    REQUIRE(plain);
    return *plain;
}

} // namespace

TEST_CASE("every file is the same compressed as plain, and smaller") {
    for (const auto& file : page_files()) {
        CAPTURE(file.path);
        const auto plain = asked(std::string(file.path));
        CHECK(plain.body == file.body);
        CHECK(header(plain, "Content-Encoding").empty());
        if (file.gzip.empty()) {
            continue;
        }
        const auto small = asked(std::string(file.path), "gzip, deflate, br");
        CHECK(header(small, "Content-Encoding") == "gzip");
        CHECK(header(small, "Vary") == "Accept-Encoding");
        CHECK(header(plain, "Vary") == "Accept-Encoding");
        CHECK(small.body.size() < plain.body.size());
        CHECK(unpacked(small.body) == plain.body);
    }
    CHECK(std::ranges::any_of(page_files(), [](const auto& file) {
        return file.path.ends_with(".js") && !file.gzip.empty();
    }));
}

TEST_CASE("only who takes gzip gets it") {
    const auto encoding = [](std::string accepted) {
        return header(asked("/sender-worker.js", std::move(accepted)), "Content-Encoding");
    };
    CHECK(encoding("gzip") == "gzip");
    CHECK(encoding("br, gzip;q=0.5") == "gzip");
    CHECK(encoding("br ,gzip ; q=0.001") == "gzip");
    CHECK(encoding("gzip;q=0").empty());
    CHECK(encoding("gzip; q=0.000, br").empty());
    CHECK(encoding("gzipped").empty());
    CHECK(encoding("identity").empty());
}

TEST_CASE("what has a tag is sent again only where it changed, each encoding by its own") {
    const auto plain = asked("/sender-worker.js");
    const auto small = asked("/sender-worker.js", "gzip");
    CHECK(header(plain, "Cache-Control") == "no-cache");
    CHECK(header(plain, "ETag") != header(small, "ETag"));

    const auto kept = asked("/sender-worker.js", "gzip", "\"other\", W/" + header(small, "ETag"));
    CHECK(kept.status == 304);
    CHECK(kept.body.empty());
    CHECK(header(kept, "ETag") == header(small, "ETag"));
    CHECK(header(kept, "Vary") == "Accept-Encoding");
    CHECK(asked("/sender-worker.js", "gzip", header(plain, "ETag")).status == 200);
    CHECK(asked("/sender-worker.js", {}, header(plain, "ETag")).status == 304);
}

TEST_CASE("a document is kept by nobody, a file with a digest in its name for a year") {
    for (const auto* path : {"/", "/signin", "/administration", "/handover", "/sender"}) {
        const auto page = asked(path, "gzip", "*");
        CHECK(page.status == 200);
        CHECK(header(page, "Cache-Control").empty()); // the server then says no-store
        CHECK(header(page, "ETag").empty());
    }
    const auto files = page_files();
    const auto script = std::ranges::find_if(files, [](const auto& file) {
        return file.path.starts_with("/assets/") && file.path.ends_with(".js");
    });
    REQUIRE(script != files.end());
    CHECK(header(asked(std::string(script->path)), "Cache-Control").contains("immutable"));
    CHECK(asked("/assets/none.js").status == 404);
}
