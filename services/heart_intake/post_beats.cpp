// POST /v1/beats: consecutive R-R intervals, protobuf or JSON.
#include "heart_intake/routes.hpp"

namespace vigil::heart_intake {

namespace {

Result<v1::Beats> read(http::Request& request) {
    const auto type = request.content_type();
    if (type == "application/json") {
        return read_beats_json(request.body);
    }
    if (type != "application/x-protobuf") {
        return fail(
            ErrorCode::invalid_argument,
            "must be application/x-protobuf or application/json",
            "content-type"
        );
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
        if (request.principal.patient.empty()) {
            return reply(fail(ErrorCode::forbidden, "a device key is needed").error(), request.id);
        }
        auto beats = read(request);
        if (!beats) {
            return reply(beats.error(), request.id);
        }
        service.submit(
            std::move(request.principal.patient),
            std::move(*beats),
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
