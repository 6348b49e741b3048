// Web Push: the RFC's own example, signatures that OpenSSL believes, and addresses that are
// refused.
#include "http/web_push.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace vigil;
using namespace vigil::http;

namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> array_of(std::string_view base64url) {
    const auto bytes = from_base64url(base64url).value();
    REQUIRE(bytes.size() == Size);
    std::array<std::uint8_t, Size> out{};
    std::ranges::copy(bytes, out.begin());
    return out;
}

// RFC 8291, section 5 and appendix A
constexpr std::string_view browser_public =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr std::string_view server_secret = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr std::string_view server_public =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

PushAddress browser() {
    return {
        .endpoint = "https://push.example/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        .p256dh = from_base64url(browser_public).value(),
        .auth = from_base64url("BTBZMqHH6r4Tts7J_aSIgg").value(),
    };
}

PushKey server() {
    return PushKey::from_scalar(array_of<32>(server_secret)).value();
}

} // namespace

TEST_CASE("a push message is what RFC 8291's example says") {
    const auto key = server();
    CHECK(to_base64url(key.public_bytes()) == server_public);
    const auto body = encrypt_push(
        browser(),
        "When I grow up, I want to be a watermelon",
        key,
        array_of<16>("DGv6ra1nlYgDCS1FRnbzlw")
    );
    REQUIRE(body);
    CHECK(
        to_base64url(*body) ==
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_"
        "c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_"
        "Qu"
        "lcy4a-fN"
    );
}

TEST_CASE("both sides agree on the same secret, and only points of the curve are taken") {
    const auto ours = server();
    const auto theirs =
        PushKey::from_scalar(array_of<32>("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")).value();
    CHECK(to_base64url(theirs.public_bytes()) == browser_public);
    CHECK(ours.agree(theirs.public_bytes()).value() == theirs.agree(ours.public_bytes()).value());
    auto off_curve = theirs.public_bytes();
    off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
    CHECK_FALSE(ours.agree(off_curve));
    CHECK_FALSE(ours.agree(""));
    CHECK_FALSE(PushKey::from_scalar(std::array<std::uint8_t, 32>{}));
    std::array<std::uint8_t, 32> too_large{};
    too_large.fill(0xFF);
    CHECK_FALSE(PushKey::from_scalar(too_large));
}

TEST_CASE("a request says who sends it, for how long and for whom alone") {
    const auto key = server();
    SeededRandom random(1);
    const auto now = from_us(1'800'000'000'000'000);
    const PushTerms terms{.topic = "call", .contact = "mailto:night@ward.example"};
    const auto request = push_request(browser(), "{}", key, terms, random, now);
    REQUIRE(request);
    CHECK(request->url == browser().endpoint);
    const auto header = [&](std::string_view name) {
        const auto found =
            std::ranges::find(request->headers, name, [](const auto& one) { return one.first; });
        return found == request->headers.end() ? std::string() : found->second;
    };
    CHECK(header("Content-Encoding") == "aes128gcm");
    CHECK(header("TTL") == "300");
    CHECK(header("Urgency") == "high");
    CHECK(header("Topic") == "call");
    const auto token = header("Authorization");
    REQUIRE(token.starts_with("vapid t="));
    CHECK(token.ends_with(", k=" + std::string(server_public)));
    const auto claims_begin = token.find('.') + 1;
    const auto claims =
        from_base64url(token.substr(claims_begin, token.find('.', claims_begin) - claims_begin));
    CHECK(
        claims.value() ==
        R"({"aud":"https://push.example","exp":1800043200,"sub":"mailto:night@ward.example"})"
    );
    const auto again = push_request(browser(), "{}", key, terms, random, now);
    CHECK(again->body != request->body); // another key and salt each time
    CHECK_FALSE(push_request(browser(), std::string(longest_push + 1, 'x'), key, terms, random, now)
    );
    CHECK(
        push_request(browser(), std::string(longest_push, 'x'), key, terms, random, now)
            ->body.size() == 4096
    );
}

TEST_CASE("an address that is none is refused with the member") {
    CHECK(check_push_address(browser()));
    auto wrong = browser();
    wrong.endpoint = "http://push.example/x";
    CHECK(check_push_address(wrong).error().field == "endpoint");
    wrong = browser();
    wrong.auth.pop_back();
    CHECK(check_push_address(wrong).error().field == "auth");
    wrong = browser();
    wrong.p256dh[10] = static_cast<char>(wrong.p256dh[10] ^ 1);
    CHECK(check_push_address(wrong).error().field == "p256dh");
    CHECK_FALSE(from_base64url("a=="));
    CHECK_FALSE(from_base64url("a+b/"));
}
