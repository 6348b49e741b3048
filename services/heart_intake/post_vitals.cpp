// POST /v1/vitals: measured values, protobuf or JSON.
#include "heart_intake/routes.hpp"
#include "heart_intake/vital_answer.hpp"

namespace vigil::heart_intake {

namespace {

Result<PostedVitals> read(http::Request& request) {
    return request.content_type() == "application/json" ? read_vitals_json(request.body)
                                                        : read_vitals_protobuf(request.body);
}

} // namespace

http::Handler post_vitals(HeartIntake& service) {
    return [&service](http::Request request, http::Reply reply) {
        const auto sender = access::sender_of(request.principal);
        if (!sender) {
            return reply(sender.error(), request.id);
        }
        if (auto refused =
                http::refused_type(request, {"application/x-protobuf", "application/json"})) {
            return reply(std::move(*refused));
        }
        auto posted = read(request);
        if (!posted) {
            return reply(posted.error(), request.id);
        }
        service.submit(
            *sender,
            std::move(*posted),
            request.trace,
            [reply = std::move(reply),
             request_id = std::move(request.id)](Result<VitalOutcome> outcome) mutable {
                reply(
                    outcome ? vital_answer(*outcome, true, request_id)
                            : http::problem(outcome.error(), request_id)
                );
            }
        );
    };
}

} // namespace vigil::heart_intake
