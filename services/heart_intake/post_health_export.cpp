// POST /v1/health-auto-export, and the old POST /heartbeat and POST /heartbeat_chunks/add: the JSON
// of an iPhone app, and its points alone.
#include "heart_intake/routes.hpp"
#include "heart_intake/vital_answer.hpp"

namespace vigil::heart_intake {

namespace {

void submit(
    HeartIntake& service,
    const access::Sender& sender,
    bool counts,
    http::Request request,
    http::Reply reply
) {
    auto posted = read_health_export(request.body);
    if (!posted) {
        return reply(posted.error(), request.id);
    }
    service.submit(
        sender,
        std::move(*posted),
        request.trace,
        [reply = std::move(reply),
         counts,
         request_id = std::move(request.id)](Result<VitalOutcome> outcome) mutable {
            reply(
                outcome ? vital_answer(*outcome, counts, request_id)
                        : http::problem(outcome.error(), request_id)
            );
        }
    );
}

/// Whose heart an old call brings.
/// errors  unauthenticated: nothing says so
Result<access::Sender>
old_sender(const http::Principal& principal, const std::string& patient_without_key) {
    if (principal.kind == http::Principal::Kind::device) {
        return access::sender_of(principal);
    }
    if (patient_without_key.empty()) {
        return fail(
            ErrorCode::unauthenticated,
            "a device key is needed: nothing says whose heart this is"
        );
    }
    return access::Sender{.patient = patient_without_key};
}

} // namespace

http::Handler post_health_export(HeartIntake& service) {
    return [&service](http::Request request, http::Reply reply) {
        const auto sender = access::sender_of(request.principal);
        if (!sender) {
            return reply(sender.error(), request.id);
        }
        submit(service, *sender, true, std::move(request), std::move(reply));
    };
}

http::Handler legacy_heart(HeartIntake& service, std::string patient_without_key) {
    return [&service,
            patient_without_key =
                std::move(patient_without_key)](http::Request request, http::Reply reply) {
        const auto sender = old_sender(request.principal, patient_without_key);
        if (!sender) {
            return reply(sender.error(), request.id);
        }
        submit(service, *sender, false, std::move(request), std::move(reply));
    };
}

http::Handler legacy_heart_chunk(HeartIntake& service, std::string patient_without_key) {
    return [&service,
            patient_without_key =
                std::move(patient_without_key)](http::Request request, http::Reply reply) {
        const auto sender = old_sender(request.principal, patient_without_key);
        if (!sender) {
            return reply(sender.error(), request.id);
        }
        auto posted = read_heart_chunk(request.body);
        if (!posted) {
            return reply(posted.error(), request.id);
        }
        service.submit(
            *sender,
            std::move(*posted),
            request.trace,
            [reply = std::move(reply),
             request_id = std::move(request.id)](Result<VitalOutcome> outcome) mutable {
                if (!outcome) {
                    return reply(outcome.error(), request_id);
                }
                if (outcome->refused.empty()) {
                    return reply(http::Response::json(R"({"status":"success"})", 201));
                }
                reply(vital_answer(*outcome, true, request_id));
            }
        );
    };
}

} // namespace vigil::heart_intake
