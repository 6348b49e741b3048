#include "ward/push_way.hpp"

#include "access/session.hpp"
#include "base/json_text.hpp"

#include <algorithm>
#include <format>
#include <ranges>
#include <utility>

namespace vigil::ward {

namespace {

/// Somebody who may not sign in any more hears of no patient.
bool may_be_called(const access::DirectoryState& state, const std::string& user) {
    const auto found = state.users.find(user);
    return user == access::local_user || (found != state.users.end() && !found->second.disabled());
}

std::string origin_of(const std::string& endpoint) {
    return http::destination_of(endpoint)
        .transform([](const http::Destination& where) { return where.origin; })
        .value_or("");
}

} // namespace

std::string push_message(const v1::Call& call) {
    JsonText message;
    message.open_object()
        .member("call", to_hex(call.id()))
        .member("reason", reason_of(call.reason()))
        .member("made", to_rfc3339(from_us(call.at_us())));
    if (call.reason() != v1::Call::TEST) {
        const auto& alarm = call.alarm();
        message.member("condition", condition_of(alarm.condition()))
            .member("priority", priority_of(alarm.priority()))
            .member("patient", alarm.patient())
            .member("label", call.label().empty() ? alarm.patient() : call.label())
            .member("since", to_rfc3339(from_us(alarm.raised_us())));
    }
    message.close_object();
    return std::move(message).text();
}

v1::PushBrowser ended(v1::PushBrowser browser, std::string_view by, std::int64_t now_us) {
    if (browser.ended_us() == 0) {
        browser.set_ended_us(now_us);
        browser.set_ended_by(std::string(by));
    }
    browser.clear_endpoint();
    browser.clear_p256dh();
    browser.clear_auth();
    return browser;
}

std::vector<v1::PushBrowser> PushWay::called(const access::DirectoryState& state) const {
    std::vector<v1::PushBrowser> browsers;
    for (const auto& browser : state.push_browsers | std::views::values) {
        if (browser.ended_us() == 0 && may_be_called(state, browser.user()) &&
            hosts_.allows(browser.endpoint())) {
            browsers.push_back(browser);
        }
    }
    return browsers;
}

std::vector<PushWay::Due>
PushWay::requests_for(std::vector<Pushed>& pushed, const v1::Call& call, UtcTime now) {
    const http::PushTerms terms{
        .keep = keep,
        .topic = http::to_base64url(call.id()), // an attempt takes the place of the one before
        .contact = contact_
    };
    const auto message = push_message(call);
    std::vector<Due> due;
    for (auto& one : pushed) {
        const auto& browser = one.browser;
        const auto asked = not_before_.find(origin_of(browser.endpoint()));
        // A clock that was set back holds nothing up for longer than a service may ask for.
        if (asked != not_before_.end() && asked->second > now &&
            asked->second <= now + longest_wait) {
            one.delivery.detail = std::format("{} asked to wait.", asked->first);
            one.delivery.wait = std::chrono::ceil<std::chrono::seconds>(asked->second - now);
            continue;
        }
        auto request = http::push_request(
            {.endpoint = browser.endpoint(), .p256dh = browser.p256dh(), .auth = browser.auth()},
            message,
            key_,
            terms,
            random_,
            now
        );
        if (request) {
            due.push_back({.request = *std::move(request), .into = &one});
        } else {
            one.delivery.detail = request.error().detail;
        }
    }
    return due;
}

std::vector<Pushed>
PushWay::send(std::vector<v1::PushBrowser> browsers, const v1::Call& call, UtcTime now) {
    std::vector<Pushed> pushed;
    for (auto& browser : browsers) {
        pushed.push_back({.browser = std::move(browser)});
    }
    {
        std::vector<std::jthread> sending;
        for (auto& [request, into] : requests_for(pushed, call, now)) {
            run_beside(sending, [request = std::move(request), into] {
                into->delivery = deliver(request, origin_of(request.url));
            });
        }
    }
    for (auto& one : pushed) {
        auto& delivery = one.delivery;
        delivery.wait = std::min(delivery.wait, longest_wait);
        if (delivery.status != 0 && delivery.wait.count() > 0) {
            not_before_[origin_of(one.browser.endpoint())] = now + delivery.wait;
        }
    }
    return pushed;
}

} // namespace vigil::ward
