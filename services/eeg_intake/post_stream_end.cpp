// POST /v1/eeg/streams/end: a stream ends on purpose, so that nobody is called for missing data.
#include "eeg_intake/block_answer.hpp"
#include "eeg_intake/read_stream_end.hpp"
#include "eeg_intake/routes.hpp"

namespace vigil::eeg_intake {

namespace {

Result<v1::StreamEnd> read(http::Request& request) {
    if (request.content_type() == json_type) {
        return read_stream_end_json(request.body);
    }
    v1::StreamEnd end;
    if (!end.ParseFromString(request.body)) {
        return fail(ErrorCode::invalid_argument, "the body is not a whole StreamEnd");
    }
    return end;
}

} // namespace

http::Handler post_stream_end(EegIntake& service) {
    return [&service](http::Request request, http::Reply reply) {
        const auto sender = access::sender_of(request.principal);
        if (!sender) {
            return reply(sender.error(), request.id);
        }
        if (auto refused = http::refused_type(request, {protobuf_type, json_type})) {
            return reply(std::move(*refused));
        }
        auto end = read(request);
        if (!end) {
            return reply(end.error(), request.id);
        }
        service.blocks.end_stream(
            *sender,
            std::move(*end),
            request.trace,
            [reply = std::move(reply),
             request_id = std::move(request.id)](Result<void> ended) mutable {
                reply(
                    ended ? http::Response::json(R"({"status":"success"})")
                          : http::problem(ended.error(), request_id)
                );
            }
        );
    };
}

} // namespace vigil::eeg_intake
