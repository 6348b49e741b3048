#include "ward/push_desk.hpp"

#include "access/secret.hpp"
#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "http/outgoing.hpp"
#include "ward/append_entries.hpp"
#include "ward/push_way.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <ranges>
#include <utility>

namespace vigil::ward {

namespace {

constexpr std::size_t longest_endpoint = 1024; // bytes
constexpr std::size_t longest_label = 100;     // bytes

std::unexpected<Error> wrong(std::string detail, std::string field) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

/// "endpoint", "p256dh" and "auth" of a request.
Result<http::PushAddress> address_of(const json::FlatObject& asked) {
    http::PushAddress address;
    for (const auto& [name, into] :
         {std::pair("endpoint", &address.endpoint),
          std::pair("p256dh", &address.p256dh),
          std::pair("auth", &address.auth)}) {
        auto text = asked.text(name);
        if (!text) {
            return std::unexpected(text.error());
        }
        *into = *std::move(text);
    }
    for (const auto& [name, key] :
         {std::pair("p256dh", &address.p256dh), std::pair("auth", &address.auth)}) {
        auto bytes = http::from_base64url(*key);
        if (!bytes) {
            bytes.error().field = name;
            return std::unexpected(bytes.error());
        }
        *key = *std::move(bytes);
    }
    return address;
}

} // namespace

Result<http::PushKey> push_key(const access::Secret& secret) {
    auto key = Result<http::PushKey>(fail(ErrorCode::internal, "No key was made."));
    for (int turn = 0; turn < 16 && !key; ++turn) { // one in 2^32 is not below the group's order
        const auto digest = access::keyed_digest(secret, "web push key", std::to_string(turn));
        std::array<std::uint8_t, 32> scalar{};
        std::ranges::copy(digest, scalar.begin());
        key = http::PushKey::from_scalar(scalar);
    }
    return key;
}

Result<void> PushDesk::check(const http::PushAddress& address) const {
    if (address.endpoint.size() > longest_endpoint) {
        return wrong(std::format("It has at most {} bytes.", longest_endpoint), "endpoint");
    }
    if (auto checked = http::check_push_address(address); !checked) {
        return checked;
    }
    if (!hosts_.allows(address.endpoint)) {
        return wrong(
            std::format(
                "{} is no push service that this server may ask.",
                http::destination_of(address.endpoint)->origin
            ),
            "endpoint"
        );
    }
    return {};
}

Result<v1::PushBrowser> PushDesk::read(const http::Request& request) const {
    if (!request.principal.station.empty()) {
        return fail(ErrorCode::forbidden, "A station calls nobody; sign in as a person.");
    }
    if (!is_set_up_) {
        return fail(
            ErrorCode::not_found,
            "Web Push is not set up: push_contact in the file of vigil serve --second-way."
        );
    }
    const auto asked =
        json::FlatObject::read(request.body, {"endpoint", "p256dh", "auth", "label"});
    const auto label =
        asked ? asked->text("label") : Result<std::string>(std::unexpected(asked.error()));
    if (!label) {
        return std::unexpected(label.error());
    }
    if (label->empty() || label->size() > longest_label) {
        return wrong(std::format("A browser's label has 1 to {} bytes.", longest_label), "label");
    }
    const auto address = address_of(*asked);
    const auto checked = address ? check(*address) : Result<void>();
    if (!address || !checked) {
        return std::unexpected(address ? checked.error() : address.error());
    }
    v1::PushBrowser browser;
    browser.set_id(to_hex(derived_id(address->endpoint, "push")));
    browser.set_user(request.principal.id);
    browser.set_label(*label);
    browser.set_endpoint(address->endpoint);
    browser.set_p256dh(address->p256dh);
    browser.set_auth(address->auth);
    return browser;
}

Result<void> PushDesk::has_room(const v1::PushBrowser& browser) const {
    const auto state = directory_.state();
    std::size_t all = 0;
    std::size_t own = 0;
    for (const auto& known : state->push_browsers | std::views::values) {
        if (known.ended_us() == 0 && known.id() != browser.id()) {
            ++all;
            own += known.user() == browser.user() ? 1 : 0;
        }
    }
    if (own >= most_of_a_person || all >= most) {
        return fail(
            ErrorCode::conflict,
            own >= most_of_a_person
                ? std::format(
                      "You have {} browsers that are called; take one off first.",
                      most_of_a_person
                  )
                : std::format("{} browsers are called already: there is no room for more.", most)
        );
    }
    return {};
}

void PushDesk::list(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    JsonText answer;
    answer.open_object()
        .member("set_up", is_set_up_)
        .member("key", http::to_base64url(key_.public_bytes()))
        .key("browsers")
        .open_array();
    for (const auto& [id, browser] : state->push_browsers) {
        if (browser.ended_us() == 0 && browser.user() == request.principal.id) {
            answer.open_object()
                .member("id", id)
                .member("label", browser.label())
                .member(
                    "push_service",
                    http::destination_of(browser.endpoint()).value_or(http::Destination{}).host
                )
                .member("added", to_rfc3339(from_us(browser.created_us())))
                .close_object();
        }
    }
    answer.close_array().close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void PushDesk::add(const http::Request& request, http::Reply reply) {
    auto browser = read(request);
    const auto room = browser ? has_room(*browser) : Result<void>();
    if (!browser || !room) {
        return reply(browser ? room.error() : browser.error(), request.id);
    }
    const auto now_us = to_us(clock_.utc());
    browser->set_created_us(now_us);
    log_.info("push_browser_added", {{"by", request.principal.id}, {"browser", browser->id()}});
    JsonText answer;
    answer.open_object().member("id", browser->id()).close_object();
    append_entries(
        journal_,
        {access::directory_entry(*browser, now_us, random_id(random_))},
        http::Response::json(std::move(answer).text(), 201),
        request,
        std::move(reply)
    );
}

void PushDesk::remove(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    const auto found = state->push_browsers.find(request.parameters.at("id"));
    const bool is_there =
        found != state->push_browsers.end() &&
        (found->second.user() == request.principal.id || request.principal.administrator);
    if (!is_there) {
        return reply(
            fail(ErrorCode::not_found, "You have no browser with this id.", "id").error(),
            request.id
        );
    }
    const auto now_us = to_us(clock_.utc());
    const auto browser = ended(found->second, request.principal.id, now_us);
    log_.info("push_browser_ended", {{"by", request.principal.id}, {"browser", browser.id()}});
    append_entries(
        journal_,
        {access::directory_entry(browser, now_us, random_id(random_))},
        no_content(),
        request,
        std::move(reply)
    );
}

} // namespace vigil::ward
