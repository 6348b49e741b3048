// POST /v1/events/button: the patient, or somebody beside them, has pressed the device's button.
#include "base/strict_json.hpp"
#include "eeg_intake/block_answer.hpp"
#include "eeg_intake/routes.hpp"

namespace vigil::eeg_intake {

http::Handler post_button(EegIntake& service) {
    return [&service](http::Request request, http::Reply reply) {
        const auto sender = access::sender_of(request.principal);
        if (!sender) {
            return reply(sender.error(), request.id);
        }
        if (auto refused = http::refused_type(request, {json_type})) {
            return reply(std::move(*refused));
        }
        const auto asked = json::FlatObject::read(request.body, {"device", "press", "age_s"});
        if (!asked) {
            return reply(asked.error(), request.id);
        }
        const auto device = asked->text("device");
        const auto press = asked->text_or("press", {});
        const auto age_s = asked->number_or("age_s", 0);
        if (!device || !press || !age_s) {
            const auto& error = !device ? device.error() : !press ? press.error() : age_s.error();
            return reply(error, request.id);
        }
        service.blocks.press_button(
            *sender,
            {.device = *device, .press = *press, .age = std::chrono::seconds{*age_s}},
            request.trace,
            [reply = std::move(reply),
             request_id = std::move(request.id)](Result<void> pressed) mutable {
                reply(
                    pressed ? http::Response::json(R"({"status":"success"})")
                            : http::problem(pressed.error(), request_id)
                );
            }
        );
    };
}

} // namespace vigil::eeg_intake
