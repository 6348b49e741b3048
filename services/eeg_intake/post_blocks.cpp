// POST /v1/eeg/blocks: one or many blocks, protobuf or JSON.
#include "eeg_intake/block_answer.hpp"
#include "eeg_intake/read_blocks.hpp"
#include "eeg_intake/routes.hpp"

namespace vigil::eeg_intake {

namespace {

Result<PostedBlocks> read(http::Request& request) {
    const auto type = request.content_type();
    return type == protobuf_type ? read_blocks_protobuf(request.body)
                                 : read_blocks_json(request.body);
}

} // namespace

http::Handler post_blocks(EegIntake& service) {
    return [&service](http::Request request, http::Reply reply) {
        auto sender = access::sender_of(request.principal);
        if (!sender) {
            return reply(sender.error(), request.id);
        }
        if (auto refused = http::refused_type(request, {protobuf_type, json_type})) {
            return reply(std::move(*refused));
        }
        auto posted = read(request);
        if (!posted) {
            return reply(posted.error(), request.id);
        }
        const bool protobuf = wants_protobuf(request);
        service.blocks.submit(
            {.patient = std::move(sender->patient),
             .blocks = std::move(posted->blocks),
             .numbered = posted->numbered,
             .legacy = false,
             .id = {},
             .trace = request.trace,
             .device = std::move(sender->device)},
            [reply = std::move(reply), protobuf, request_id = std::move(request.id)](
                Result<std::vector<BlockOutcome>> outcomes
            ) mutable {
                reply(
                    outcomes ? block_answer(*outcomes, protobuf, request_id)
                             : http::problem(outcomes.error(), request_id)
                );
            }
        );
    };
}

} // namespace vigil::eeg_intake
