// A call as its receiver gets it: the body, and the signature that shows whom it is from. Used by
// SecondWay.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "http/outgoing.hpp"
#include "vigil/v1/station.pb.h"
#include "ward/second_way_config.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigil::ward {

/// JSON: "call" (its id, the same in every attempt), "reason" ("unconfirmed", "unanswered",
/// "test"), "attempt", "sent", and of an alarm "alarm", "revision", "condition", "priority",
/// "patient", "label", "raised", "unanswered". No name of a person, no sample.
[[nodiscard]] std::string webhook_body(const v1::Call& call, std::uint32_t attempt, UtcTime now);

/// Words of both ways: "unconfirmed", "unanswered" or "test"; "high", "medium" or "low"; the name
/// of the condition in docs/alarms.md.
[[nodiscard]] std::string_view reason_of(v1::Call::Reason reason);
[[nodiscard]] std::string_view priority_of(v1::Alarm::Priority priority);
[[nodiscard]] std::string_view condition_of(v1::Alarm::Condition condition);

/// "t=SECONDS,v1=HEX": HMAC-SHA256 of "SECONDS.BODY". A receiver refuses what is minutes old, so
/// that nobody plays a call again.
[[nodiscard]] std::string
webhook_signature(std::string_view secret, std::string_view body, UtcTime now);

struct Delivery {
    unsigned status = 0; // 0: no answer
    std::string detail{};
    std::chrono::microseconds took{0};
    std::chrono::seconds wait{0}; // what the answer asks for by Retry-After

    [[nodiscard]] bool delivered() const { return status >= 200 && status < 300; }
};

/// Sends it once, and says what came of it; `whom` is the word for who answered.
[[nodiscard]] Delivery deliver(const http::OutgoingRequest& request, std::string_view whom);

/// Posts it once. Only a status from 200 to 299 is a delivery.
[[nodiscard]] Delivery post_webhook(
    const SecondWayConfig& config,
    const v1::Call& call,
    std::uint32_t attempt,
    UtcTime now
);

} // namespace vigil::ward
