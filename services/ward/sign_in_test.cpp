// One-time links, used at two wards over one journal.
#include "ward/sign_in.hpp"

#include "access/sign_in_link.hpp"
#include "ward/test_desk.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
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

    void begin(SignIn& ward, std::optional<http::Response>& answer) {
        http::Request request;
        request.query["token"] = token;
        request.trace = trace;
        ward.use_link(request, http::Reply([&](http::Response response) {
                          answer = std::move(response);
                      }));
    }

    /// Each ward's directory follows the journal on its own.
    void follow(access::Directory& one) { one.apply(journal.read(one.state()->reaches).value()); }

    http::Response open(SignIn& ward) {
        std::optional<http::Response> answer;
        begin(ward, answer);
        follow(directory);
        return answer.value();
    }
};

} // namespace

TEST_CASE_METHOD(
    Links,
    "a link that one ward has taken is refused there at once, and by the others"
) {
    std::optional<http::Response> first;
    std::optional<http::Response> again;
    begin(here, first);
    begin(here, again); // its own directory has not heard of it yet
    follow(directory);
    CHECK(first.value().status == 303);
    CHECK(again.value().status == 401);
    CHECK(again->body.contains("used already"));
    REQUIRE(directory_there.load(journal));
    const auto elsewhere = open(there);
    CHECK(elsewhere.status == 401);
    CHECK(elsewhere.body.contains("used already"));
    CHECK(journal.newest() == 1);
}

TEST_CASE_METHOD(
    Links,
    "of two wards that are given a link at once the first in the journal takes it"
) {
    std::optional<http::Response> first;
    std::optional<http::Response> second;
    begin(here, first);
    begin(there, second);
    CHECK(!first); // neither knows whether it was the first
    CHECK(!second);
    follow(directory_there);
    REQUIRE(second);
    CHECK(second->status == 401);
    CHECK(second->body.contains("used already"));
    follow(directory);
    REQUIRE(first);
    CHECK(first->status == 303);

    access::Directory anew; // and a ward that starts now says the same of both
    REQUIRE(anew.load(journal));
    CHECK(anew.state()->used_links == directory.state()->used_links);
    CHECK(open(here).status == 401);

    // A key is text, since it is part of a subject.
    const auto note = journal.read(journal.newest() - 1).value().front();
    CHECK(std::ranges::all_of(note->entry.key(), [](char c) { return c > ' ' && c <= '~'; }));
}

TEST_CASE_METHOD(Links, "a link whose use could not be stored can be used again") {
    journal.refuse_next(fail(ErrorCode::unavailable, "the journal is away").error());
    CHECK(open(here).status == 503);
    CHECK(open(here).status == 303);
}
