// POST /v1/beats: consecutive R-R intervals, protobuf or JSON.
#include "heart_intake/routes.hpp"
#include "heart_intake/vital_answer.hpp"

namespace vigil::heart_intake {

namespace {

Result<v1::Beats> read(http::Request& request) {
    if (request.content_type() == "application/json") {
        return read_beats_json(request.body);
    }
    v1::Beats beats;
    if (!beats.ParseFromString(request.body)) {
        return fail(ErrorCode::invalid_argument, "the body is not a whole Beats");
    }
    return beats;
}

} // namespace

http::Handler post_beats(HeartIntake& service) {
    return [&service](http::Request request, http::Reply reply) {
        const auto sender = access::sender_of(request.principal);
        if (!sender) {
            return reply(sender.error(), request.id);
        }
        if (auto refused =
                http::refused_type(request, {"application/x-protobuf", "application/json"})) {
            return reply(std::move(*refused));
        }
        auto beats = read(request);
        if (!beats) {
            return reply(beats.error(), request.id);
        }
        service.submit(
            *sender,
            std::move(*beats),
            request.trace,
            [reply = std::move(reply),
             request_id = std::move(request.id)](Result<bool> known) mutable {
                if (!known) {
                    return reply(known.error(), request_id);
                }
                reply(http::Response::json(
                    *known ? R"({"status":"success","result":"duplicate"})"
                           : R"({"status":"success","result":"accepted"})"
                ));
            }
        );
    };
}

} // namespace vigil::heart_intake
