// The old POST /eeg_chunks/add: one window, answered as soon as it is held. Its score comes later.
#include "eeg_intake/legacy_window.hpp"
#include "eeg_intake/old_sender.hpp"

namespace vigil::eeg_intake {

namespace {

struct OldAdder {
    LocalZone zone;
    std::set<std::string> senders;
};

void submit(EegIntake& service, const OldAdder& route, http::Request request, http::Reply reply) {
    const auto window = read_legacy_chunk(request.body, route.zone);
    if (!window) {
        return reply(window.error(), request.id);
    }
    auto patient =
        patient_of(request.principal, window->number, *service.on.directory.state(), route.senders);
    if (!patient) {
        return reply(patient.error(), request.id);
    }
    Submission submission{
        .patient = std::move(*patient),
        .blocks = {},
        .numbered = false,
        .legacy = true,
        .id = {},
        .trace = request.trace
    };
    submission.blocks.push_back(legacy_block(*window));
    service.blocks.submit(
        std::move(submission),
        [reply = std::move(reply),
         request_id = std::move(request.id)](Result<std::vector<BlockOutcome>> outcomes) mutable {
            if (!outcomes) {
                return reply(outcomes.error(), request_id);
            }
            if (auto& error = outcomes->front().error) {
                name_as_sent(*error);
                return reply(*error, request_id);
            }
            reply(http::Response::json(R"({"status":"success"})", 201));
        }
    );
}

} // namespace

http::Handler post_legacy_chunk(EegIntake& service, const LegacyOptions& options) {
    const auto route = std::make_shared<const OldAdder>(OldAdder{options.zone, options.senders});
    return [&service, route](http::Request request, http::Reply reply) {
        submit(service, *route, std::move(request), std::move(reply));
    };
}

} // namespace vigil::eeg_intake
