// One-time links, used at two wards over one journal.
#include "ward/sign_in.hpp"

#include "access/sign_in_link.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>

using namespace vigil;
using namespace vigil::ward;

namespace {

struct Links : TestDesk {
    HashQueue hashes;
    SignIn here{journal, directory, secret, clock, random, log, hashes, {}};
    access::Directory directory_there;
    SignIn there{journal, directory_there, secret, clock, random, log, hashes, {}};
    std::string token = access::make_sign_in_link(secret, random, clock.utc());

    http::Response open(SignIn& ward) {
        http::Request request;
        request.query["token"] = token;
        request.trace = trace;
        std::optional<http::Response> answer;
        ward.use_link(request, http::Reply([&](http::Response response) {
                          answer = std::move(response);
                      }));
        return answer.value();
    }
};

} // namespace

TEST_CASE_METHOD(
    Links,
    "a link that one ward has taken is refused there at once, and by the others"
) {
    CHECK(open(here).status == 303);
    const auto again = open(here); // its own directory has not heard of it yet
    CHECK(again.status == 401);
    CHECK(again.body.contains("used already"));
    REQUIRE(directory_there.load(journal));
    const auto elsewhere = open(there);
    CHECK(elsewhere.status == 401);
    CHECK(elsewhere.body.contains("used already"));
    CHECK(journal.newest() == 1);
}

TEST_CASE_METHOD(Links, "a link whose use could not be stored can be used again") {
    journal.refuse_next(fail(ErrorCode::unavailable, "the journal is away").error());
    CHECK(open(here).status == 503);
    CHECK(open(here).status == 303);
}
