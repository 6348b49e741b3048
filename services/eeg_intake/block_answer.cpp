#include "eeg_intake/block_answer.hpp"

#include "base/json_text.hpp"

#include <algorithm>

namespace vigil::eeg_intake {

namespace {

std::string_view word(v1::BlockResult::Status status) {
    switch (status) {
        case v1::BlockResult::ACCEPTED:
            return "accepted";
        case v1::BlockResult::DUPLICATE:
            return "duplicate";
        case v1::BlockResult::QUARANTINED:
            return "quarantined";
        default:
            return "refused";
    }
}

std::string as_json(std::span<const BlockOutcome> outcomes) {
    JsonText json;
    json.open_object().key("results").open_array();
    for (const auto& outcome : outcomes) {
        json.open_object()
            .member("status", word(outcome.status))
            .member("device", outcome.device)
            .member("stream", outcome.stream)
            .member("first_sample", outcome.range.first)
            .member("end_sample", outcome.range.end);
        if (outcome.error) {
            json.member("code", name(outcome.error->code))
                .member("field", outcome.error->field)
                .member("detail", outcome.error->detail);
        }
        json.close_object();
    }
    json.close_array().close_object();
    return std::move(json).text();
}

} // namespace

v1::BlockReply block_reply(std::span<const BlockOutcome> outcomes) {
    v1::BlockReply reply;
    for (const auto& outcome : outcomes) {
        auto& result = *reply.add_results();
        result.set_status(outcome.status);
        result.set_device(outcome.device);
        result.set_stream(outcome.stream);
        result.set_first_sample(outcome.range.first);
        result.set_end_sample(outcome.range.end);
        if (outcome.error) {
            result.set_code(std::string(name(outcome.error->code)));
            const auto& error = *outcome.error;
            result.set_detail(
                error.field.empty() ? error.detail : error.field + ": " + error.detail
            );
        }
    }
    return reply;
}

http::Response
block_answer(std::span<const BlockOutcome> outcomes, bool protobuf, std::string_view request_id) {
    if (outcomes.size() == 1 && outcomes.front().error) {
        return http::problem(*outcomes.front().error, request_id);
    }
    const bool refused =
        std::ranges::any_of(outcomes, [](const BlockOutcome& o) { return o.error.has_value(); });
    http::Response response;
    response.status = refused ? 207 : 200;
    if (protobuf) {
        response.content_type = protobuf_type;
        response.body = block_reply(outcomes).SerializeAsString();
    } else {
        response.body = as_json(outcomes);
    }
    return response;
}

bool wants_protobuf(const http::Request& request) {
    const auto accept = request.header("accept");
    if (accept.contains(protobuf_type)) {
        return true;
    }
    return request.content_type() == protobuf_type && !accept.contains("application/json");
}

} // namespace vigil::eeg_intake
