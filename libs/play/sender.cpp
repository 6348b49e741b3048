#include "play/sender.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <string_view>

namespace vigil::play {

namespace {

constexpr const char* protobuf_type = "application/x-protobuf";
constexpr std::chrono::seconds longest_retry_after{60};

std::string_view target_of(Kind kind) {
    switch (kind) {
        case Kind::eeg_block:
            return "/v1/eeg/blocks";
        case Kind::vital:
            return "/v1/vitals";
        case Kind::beats:
            return "/v1/beats";
        case Kind::stream_end:
            return "/v1/eeg/streams/end";
        case Kind::legacy_window:
            return "/eeg";
        case Kind::legacy_heart:
            return "/heartbeat";
    }
    return "/";
}

bool is_legacy(Kind kind) {
    return kind == Kind::legacy_window || kind == Kind::legacy_heart;
}

/// 408, 425 and 429 ask for another try too; the rest of 4xx is final (RFC 9110 section 15.5, RFC
/// 6585). A server that is away, busy or full says nothing against what was sent; beyond 511 are
/// proxies whose server does not answer.
bool asks_again(unsigned status) {
    return status == 408 || status == 425 || status == 429 || (status >= 502 && status <= 504) ||
           status == 507 || status > 511;
}

/// Refusals of a block that say nothing against the block itself (libs/base/error.hpp).
bool asks_again(std::string_view code) {
    return code == "overloaded" || code == "unavailable" || code == "timeout";
}

std::optional<std::chrono::milliseconds> retry_after(const http::Response& response) {
    for (const auto& [name, value] : response.headers) {
        const bool found =
            std::ranges::equal(name, std::string_view("retry-after"), [](char a, char b) {
                return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
            });
        unsigned seconds = 0;
        const auto end = value.data() + value.size();
        if (found && std::from_chars(value.data(), end, seconds).ptr == end) {
            return std::min<std::chrono::milliseconds>(
                std::chrono::seconds(seconds),
                longest_retry_after
            );
        }
    }
    return std::nullopt;
}

Answer read_block_reply(std::size_t count, const http::Response& response) {
    Answer answer;
    v1::BlockReply reply;
    if (response.content_type.find(protobuf_type) == std::string::npos ||
        !reply.ParseFromString(response.body) || reply.results_size() != static_cast<int>(count)) {
        answer.fates.assign(count, Fate::refused);
        answer.why = std::format(
            "{} without a result for each block: is this the intake's address?",
            response.status
        );
        return answer;
    }
    for (const auto& result : reply.results()) {
        answer.fates.push_back(fate_of(result));
        if (result.status() == v1::BlockResult::REFUSED) {
            answer.why = std::format("{}: {}", result.code(), result.detail());
        }
    }
    return answer;
}

} // namespace

Fate fate_of(const v1::BlockResult& result) {
    switch (result.status()) {
        case v1::BlockResult::ACCEPTED:
        case v1::BlockResult::QUARANTINED:
            return Fate::accepted;
        case v1::BlockResult::DUPLICATE:
            return Fate::duplicate;
        default:
            return result.code() == "internal" ? Fate::failed
                   : asks_again(result.code()) ? Fate::again
                                               : Fate::refused;
    }
}

Answer read_answer(Kind kind, std::size_t count, const http::Response& response) {
    Answer answer;
    if (response.status >= 200 && response.status < 300) {
        if (kind == Kind::eeg_block) {
            return read_block_reply(count, response);
        }
        if (response.status != 207) {
            answer.fates.assign(count, Fate::accepted);
            return answer;
        }
    }
    answer.why = std::format("{} {}", response.status, response.body.substr(0, 200));
    if (asks_again(response.status)) {
        answer.fates.assign(count, Fate::again);
        // what a proxy says where its server dropped the request or did not answer
        answer.in_doubt = response.status == 502 || response.status == 504;
        answer.retry_after = retry_after(response);
        return answer;
    }
    // One wrong item makes the whole request wrong; a key that is not accepted is wrong for each of
    // them.
    const bool whole = response.status == 401 || response.status == 403 || count == 1;
    const auto fate = response.status >= 500 ? Fate::failed : Fate::refused;
    answer.fates.assign(count, whole ? fate : Fate::alone);
    return answer;
}

Sender::Sender(std::string url, std::chrono::milliseconds timeout)
    : client_(std::move(url), timeout) {}

Answer Sender::send(const std::vector<Item>& items, const std::string& key) {
    const Kind kind = items.front().kind;
    std::string body;
    for (const auto& item : items) {
        body += item.body; // serialized messages of repeated fields alone are joined by joining
                           // their bytes
    }
    std::vector<std::pair<std::string, std::string>> headers{
        {"Content-Type", is_legacy(kind) ? "application/json" : protobuf_type}
    };
    if (kind == Kind::eeg_block) {
        headers.emplace_back("Accept", protobuf_type);
    }
    if (!key.empty()) {
        headers.emplace_back("Authorization", "Bearer " + key);
    }
    auto response =
        client_.request(http::Verb::post, std::string(target_of(kind)), std::move(body), headers);
    if (!response) {
        return {
            .fates = std::vector(items.size(), Fate::again),
            .in_doubt = response.error().retry == Retry::in_doubt,
            .why = response.error().detail,
        };
    }
    return read_answer(kind, items.size(), *response);
}

} // namespace vigil::play
