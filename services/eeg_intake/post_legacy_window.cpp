// The old POST /eeg: one window, answered with the score that the detector gave to this very
// window.
#include "base/json_text.hpp"
#include "eeg_intake/legacy_window.hpp"
#include "eeg_intake/old_sender.hpp"
#include "eeg_intake/routes.hpp"

#include <format>

namespace vigil::eeg_intake {

namespace {

struct OldRoute {
    LocalZone zone;
    std::set<std::string> senders;
    std::chrono::milliseconds wait;
};

http::Response answer(const std::optional<WindowScore>& score) {
    JsonText json;
    json.open_object().member("status", "success");
    const bool scored = score && !score->not_evaluated;
    json.member(
        "message",
        scored  ? "Completed"
        : score ? "Accepted, not evaluable"
                : "Accepted, not yet scored"
    );
    json.key("response").open_object().member("message", "Received").key("response");
    if (scored) {
        json.value(static_cast<double>(score->score_q16) / 65536);
    } else {
        json.value(-1);
    }
    json.close_object().close_object();
    return http::Response::json(std::move(json).text(), score ? 200 : 202);
}

void submit(EegIntake& service, const OldRoute& route, http::Request request, http::Reply reply) {
    auto window = read_legacy_window(request.body, route.zone);
    if (!window) {
        return reply(window.error(), request.id);
    }
    const auto directory = service.on.directory.state();
    auto patient = patient_of(request.principal, window->number, *directory, route.senders);
    if (!patient) {
        return reply(patient.error(), request.id);
    }
    const auto partition = journal::partition_of(*patient, directory->partitions);
    auto id = random_id(service.on.random);
    service.waiter.wait(
        id,
        partition,
        service.on.clock.steady() + route.wait,
        [reply = std::move(reply),
         request_id = std::move(request.id)](Result<std::optional<WindowScore>> score) mutable {
            reply(score ? answer(*score) : http::problem(score.error(), request_id));
        }
    );
    Submission submission{
        .patient = std::move(*patient),
        .blocks = {},
        .numbered = false,
        .legacy = true,
        .id = id,
        .trace = request.trace
    };
    submission.blocks.push_back(legacy_block(*window));
    service.blocks.submit(
        std::move(submission),
        [&service, id = std::move(id)](Result<std::vector<BlockOutcome>> outcomes) {
            if (!outcomes) {
                return service.waiter.failed(id, outcomes.error());
            }
            auto& outcome = outcomes->front();
            if (outcome.error) {
                name_as_sent(*outcome.error);
                return service.waiter.failed(id, *outcome.error);
            }
            if (outcome.status == v1::BlockResult::DUPLICATE) {
                return service.waiter.follow(id, outcome.id);
            }
            service.waiter.accepted(id);
        }
    );
}

} // namespace

http::Handler post_legacy_window(EegIntake& service, const LegacyOptions& options) {
    const auto route =
        std::make_shared<const OldRoute>(OldRoute{options.zone, options.senders, options.wait});
    return [&service, route](http::Request request, http::Reply reply) {
        submit(service, *route, std::move(request), std::move(reply));
    };
}

} // namespace vigil::eeg_intake
