#include "http/address.hpp"
#include "http/gunzip.hpp"
#include "http/response_text.hpp"
#include "http/target.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <zlib.h>

namespace vigil::http {

namespace {

std::string gzip(std::string_view plain) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, plain.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

} // namespace

TEST_CASE("a target is taken apart and decoded") {
    const auto target = parse_target(
        "/v1/patients/a%20b/vitals?from=2026-11-24T12%3A00%3A00%2B01%3A00&n=5&empty&f=a+b"
    );
    REQUIRE(target);
    CHECK(target->path == "/v1/patients/a b/vitals");
    CHECK(
        target->query ==
        std::map<std::string, std::string>{
            {"from", "2026-11-24T12:00:00+01:00"},
            {"n", "5"},
            {"empty", ""},
            {"f", "a b"}
        }
    );
    CHECK(parse_target("http://host:80/x?a=1")->path == "/x");
    CHECK(parse_target("http://host")->path == "/");
    CHECK(parse_target("/%C3%A4")->path == "/\u00e4");
}

TEST_CASE("a target that two readers could read differently is refused") {
    const auto* target = GENERATE(
        "",
        "x",
        "*",
        "/%",
        "/%4",
        "/%zz",
        "/%00",
        "/a%0d%0ab",
        "/%7f",
        "/..",
        "/a/../b",
        "/%2e%2e/b",
        "/a/.",
        "/a%2Fb",
        "/a%5cb",
        "/%ff",
        "/%c0%80",
        "/%ed%a0%80",
        "/%f5%80%80%80",
        "/?a=1&a=2",
        "/?a=%0",
        "/?%00=1"
    );
    INFO(target);
    const auto parsed = parse_target(target);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a query over the bound of parameters is refused") {
    std::string target = "/?p";
    for (std::size_t i = 1; i < max_query_parameters; ++i) {
        target += "&p" + std::to_string(i);
    }
    CHECK(parse_target(target));
    CHECK_FALSE(parse_target(target + "&one_more"));
}

TEST_CASE("gunzip gives back what was packed, over several members too") {
    BodyBudget budget(1 << 20);
    BodyBudget::Share share(budget);
    const GunzipLimits limits{.bytes = 100'000, .ratio = 1000};
    CHECK(gunzip(gzip("hello"), limits, share).value() == "hello");
    CHECK(gunzip(gzip("hello ") + gzip("world"), limits, share).value() == "hello world");
    CHECK(gunzip(gzip(std::string(100'000, 'a')), limits, share)->size() == 100'000);
    CHECK(gunzip(gzip(""), limits, share).value().empty());
}

TEST_CASE("a gzip body over a bound is refused before it has grown") {
    BodyBudget budget(1 << 20);
    BodyBudget::Share share(budget);
    const auto bomb = gzip(std::string(50 << 20, '\0'));
    CHECK(
        gunzip(gzip(std::string(100'001, 'a')), {.bytes = 100'000, .ratio = 1000}, share)
            .error()
            .code == ErrorCode::too_large
    );
    CHECK(
        gunzip(bomb, {.bytes = 200'000, .ratio = 10'000}, share).error().code ==
        ErrorCode::too_large
    );
    CHECK(
        gunzip(bomb, {.bytes = SIZE_MAX / 4, .ratio = 2}, share).error().code ==
        ErrorCode::too_large
    );
    CHECK(
        gunzip(bomb, {.bytes = 100 << 20, .ratio = 10'000}, share).error().code ==
        ErrorCode::overloaded
    );
    CHECK(budget.used() <= 1 << 20);
}

TEST_CASE("damaged gzip is refused") {
    BodyBudget budget(1 << 20);
    BodyBudget::Share share(budget);
    const GunzipLimits limits{.bytes = 100'000, .ratio = 1000};
    auto whole = gzip("some text that is long enough to be cut");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK(
            gunzip(whole.substr(0, length), limits, share).error().code ==
            ErrorCode::invalid_argument
        );
    }
    whole[whole.size() - 6] ^= 1; // the check sum
    CHECK_FALSE(gunzip(whole, limits, share));
    CHECK_FALSE(gunzip(gzip("x") + "trailing", limits, share));
}

TEST_CASE("a header's value cannot add a header") {
    std::string text;
    write_head(
        text,
        {.status = 200,
         .body = "{}",
         .headers = {{"X-Note", "a\r\nSet-Cookie: stolen"}, {"cache-control", "max-age=60"}}},
        {.request_id = "id", .date = "today"}
    );
    CHECK(text.find("\r\nSet-Cookie") == std::string::npos);
    CHECK(text.find("X-Note: a  Set-Cookie: stolen\r\n") != std::string::npos);
    CHECK(text.find("no-store") == std::string::npos);
    CHECK(text.find("nosniff") != std::string::npos);
    CHECK(text.find("\r\nServer:") == std::string::npos);
}

TEST_CASE("an empty protobuf message has a type, an empty answer that could be no JSON has none") {
    const auto head = [](unsigned status, std::string type) {
        std::string text;
        write_head(
            text,
            {.status = status, .content_type = std::move(type)},
            {.request_id = "id", .date = "today"}
        );
        return text;
    };
    CHECK(head(200, "application/x-protobuf").contains("Content-Type: application/x-protobuf\r\n"));
    CHECK(!head(200, "application/json").contains("Content-Type:"));
    CHECK(!head(204, "application/x-protobuf").contains("Content-Type:"));
}

TEST_CASE("every code has its status, and a problem shows the detail but not the cause") {
    const std::pair<ErrorCode, unsigned> table[] = {
        {ErrorCode::invalid_argument, 400},
        {ErrorCode::unauthenticated, 401},
        {ErrorCode::forbidden, 403},
        {ErrorCode::not_found, 404},
        {ErrorCode::conflict, 409},
        {ErrorCode::too_large, 413},
        {ErrorCode::unprocessable, 422},
        {ErrorCode::overloaded, 503},
        {ErrorCode::timeout, 504},
        {ErrorCode::unavailable, 503},
        {ErrorCode::internal, 500},
    };
    for (const auto& [code, status] : table) {
        const auto response = problem(
            fail(code, "what a client reads", "blocks[2].rate", "SQL with data").error(),
            "r-1"
        );
        CHECK(response.status == status);
        CHECK(response.content_type == "application/problem+json");
        CHECK(response.body.find("what a client reads") != std::string::npos);
        CHECK(response.body.find("\"field\":\"blocks[2].rate\"") != std::string::npos);
        CHECK(response.body.find("\"request_id\":\"r-1\"") != std::string::npos);
        CHECK(response.body.find("SQL") == std::string::npos);
        CHECK(response.cause.find("SQL with data") == 0);
        const bool waits = !response.headers.empty() && response.headers[0].first == "Retry-After";
        CHECK(waits == (status == 503));
        if (waits) {
            CHECK((response.headers[0].second >= "1" && response.headers[0].second <= "5"));
        }
    }
}

TEST_CASE("a body of another type is answered 415 and told which types are taken") {
    Request request;
    request.id = "r-1";
    request.headers["content-type"] = "Text/Plain; charset=utf-8";
    const auto response = refused_type(request, {"application/json", "text/csv"});
    REQUIRE(response);
    CHECK(response->status == 415);
    CHECK(response->body.contains("must be application/json or text/csv"));
    CHECK(response->body.contains("\"field\":\"content-type\""));
    CHECK(response->body.contains("\"request_id\":\"r-1\""));
    CHECK_FALSE(refused_type(request, {"application/json", "text/plain"}));
}

TEST_CASE("a reply is given once, and 500 when it is dropped") {
    std::vector<unsigned> answers;
    {
        Reply reply([&](Response response) { answers.push_back(response.status); });
        reply(Response::json("{}", 201));
        reply(Response::json("{}", 202));
    }
    {
        const Reply dropped([&](Response response) { answers.push_back(response.status); });
    }
    CHECK(answers == std::vector<unsigned>{201, 500});
}

TEST_CASE("routes are found by verb and pattern; a literal one wins") {
    Router router;
    const Handler nothing = [](Request, Reply) {};
    router.add(Verb::get, "/v1/patients/{id}", {}, nothing);
    router.add(Verb::get, "/v1/patients/new", {}, nothing);
    router.add(Verb::post, "/v1/patients/{id}/vitals/{kind}", {}, nothing);
    router.add(Verb::post, "/", {}, nothing);
    CHECK(router.match(Verb::get, "/v1/patients/p1").parameters.at("id") == "p1");
    CHECK(router.match(Verb::get, "/v1/patients/new").route->pattern == "/v1/patients/new");
    CHECK(router.match(Verb::post, "/v1/patients/p/vitals/hr").parameters.size() == 2);
    for (const auto* path :
         {"/v1/patients",
          "/v1/patients/",
          "/v1/patients/p/",
          "/v1/patients/p/vitals/",
          "/v1/patients//vitals/x",
          "/v1",
          ""}) {
        CHECK(router.match(Verb::post, path).route == nullptr);
        CHECK(router.match(Verb::del, path).allowed.empty());
    }
    CHECK(router.match(Verb::del, "/v1/patients/p1").allowed == std::vector{Verb::get});
    CHECK(router.match(Verb::get, "/").allowed == std::vector{Verb::post});
    router.fallback({}, nothing);
    CHECK(router.match(Verb::get, "/").route != nullptr);
    CHECK(router.match(Verb::get, "/app.js").route != nullptr);
    CHECK(router.match(Verb::get, "/v1/patients/p/vitals/hr").allowed == std::vector{Verb::post});
    CHECK_THROWS(router.add(Verb::post, "/", {}, nothing));
}

TEST_CASE("an address has a host, a port and perhaps a path") {
    CHECK(parse_address("http://127.0.0.1:8080")->port == "8080");
    CHECK(parse_address("http://vigil/base/")->prefix == "/base");
    CHECK(parse_address("http://vigil")->port == "80");
    CHECK(parse_address("http://[::1]:81")->host == "::1");
    CHECK(parse_address("http://[::1]:81")->port == "81");
    CHECK_FALSE(parse_address("http://vigil")->tls);
    CHECK(parse_address("https://vigil")->tls);
    CHECK(parse_address("https://vigil/base")->port == "443");
    CHECK(parse_address("https://vigil/base")->host == "vigil");
    for (const auto* wrong :
         {"",
          "vigil:80",
          "ftp://vigil",
          "https://",
          "http://",
          "http://:80",
          "http://a:b",
          "http://a:"}) {
        CHECK_FALSE(parse_address(wrong));
    }
}

} // namespace vigil::http
