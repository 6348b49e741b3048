#include "ward/webhook.hpp"

#include "alarm/conditions.hpp"
#include "base/json_text.hpp"
#include "base/random.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <format>

namespace vigil::ward {

std::string_view reason_of(v1::Call::Reason reason) {
    switch (reason) {
        case v1::Call::UNCONFIRMED:
            return "unconfirmed";
        case v1::Call::UNANSWERED:
            return "unanswered";
        default:
            return "test";
    }
}

std::string_view priority_of(v1::Alarm::Priority priority) {
    return priority == v1::Alarm::HIGH ? "high" : priority == v1::Alarm::MEDIUM ? "medium" : "low";
}

std::string_view condition_of(v1::Alarm::Condition condition) {
    const auto rows = alarm::conditions();
    const auto found = std::ranges::find(rows, condition, &alarm::ConditionRow::id);
    return found == rows.end() ? "unknown" : found->name;
}

namespace {

/// Retry-After in seconds; one that is a date is not read.
std::chrono::seconds asked_to_wait(const http::Response& answer) {
    const auto found = std::ranges::find(answer.headers, "Retry-After", [](const auto& header) {
        return std::string_view(header.first);
    });
    unsigned seconds = 0;
    if (found != answer.headers.end()) {
        const auto& text = found->second;
        std::from_chars(text.data(), text.data() + text.size(), seconds);
    }
    return std::chrono::seconds(seconds);
}

} // namespace

std::string webhook_body(const v1::Call& call, std::uint32_t attempt, UtcTime now) {
    JsonText body;
    body.open_object()
        .member("call", to_hex(call.id()))
        .member("reason", reason_of(call.reason()))
        .member("attempt", attempt)
        .member("made", to_rfc3339(from_us(call.at_us())))
        .member("sent", to_rfc3339(now));
    if (call.reason() == v1::Call::TEST) {
        body.member("by", call.by());
    } else {
        const auto& alarm = call.alarm();
        body.member("alarm", to_hex(alarm.id()))
            .member("revision", alarm.revision())
            .member("condition", condition_of(alarm.condition()))
            .member("priority", priority_of(alarm.priority()))
            .member("patient", alarm.patient())
            .member("label", call.label())
            .member("raised", to_rfc3339(from_us(alarm.raised_us())))
            .member("unanswered", alarm.unanswered());
    }
    body.member(
            "disclaimer",
            "For research and evaluation. Not a medical device: not CE marked, not FDA cleared, "
            "never the sole source of an alarm."
    )
        .close_object();
    return std::move(body).text();
}

std::string webhook_signature(std::string_view secret, std::string_view body, UtcTime now) {
    const auto seconds = std::to_string(to_us(now) / 1'000'000);
    const auto covered = std::format("{}.{}", seconds, body);
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(
        &state,
        reinterpret_cast<const unsigned char*>(secret.data()),
        secret.size()
    );
    crypto_auth_hmacsha256_update(
        &state,
        reinterpret_cast<const unsigned char*>(covered.data()),
        covered.size()
    );
    std::string code(crypto_auth_hmacsha256_BYTES, '\0');
    crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(code.data()));
    return std::format("t={},v1={}", seconds, to_hex(code));
}

Delivery deliver(const http::OutgoingRequest& request, std::string_view whom) {
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = http::send_outgoing(request);
    Delivery delivery;
    delivery.took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begun
    );
    if (!answer) {
        delivery.detail = answer.error().detail;
        return delivery;
    }
    delivery.status = answer->status;
    if (!delivery.delivered()) {
        delivery.detail = std::format("{} answered {}.", whom, answer->status);
        delivery.wait = asked_to_wait(*answer);
    }
    return delivery;
}

Delivery post_webhook(
    const SecondWayConfig& config,
    const v1::Call& call,
    std::uint32_t attempt,
    UtcTime now
) {
    auto body = webhook_body(call, attempt, now);
    auto signature = webhook_signature(config.webhook_secret, body, now);
    return deliver(
        {
            .verb = http::Verb::post,
            .url = config.webhook_url,
            .body = std::move(body),
            .headers =
                {{"Content-Type", "application/json"},
                 {"X-Vigil-Call", to_hex(call.id())},
                 {"X-Vigil-Signature", std::move(signature)}},
            .ca_file = config.ca_file,
        },
        "The receiver"
    );
}

} // namespace vigil::ward
