#include "ward/mark_desk.hpp"

#include "ward/append_entries.hpp"
#include "ward/make_entry.hpp"
#include "ward/mark_requests.hpp"

#include <utility>

namespace vigil::ward {

void MarkDesk::post_mark(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    const auto& patient = request.parameters.at("id");
    const auto* const known = state->patient(patient);
    if (known == nullptr) {
        return reply(
            fail(ErrorCode::not_found, "There is no patient with this id.", "id").error(),
            request.id
        );
    }
    const auto now_us = to_us(clock_.utc());
    auto mark = read_mark(request.body, now_us);
    if (!mark) {
        return reply(mark.error(), request.id);
    }
    mark->set_patient(patient);
    mark->set_user(request.principal.id);
    mark->set_role(role_of(request.principal));
    mark->set_time_us(now_us);
    auto entry = make_entry(
        {.type = v1::MARK,
         .patient = patient,
         .source = source_of(request.principal.station),
         .at_us = now_us},
        *mark,
        directory_,
        random_
    );
    entry.set_unit(known->unit());
    log_.info("mark", {{"by", request.principal.id}, {"kind", v1::Mark::Kind_Name(mark->kind())}});
    append_act(journal_, std::move(entry), request, std::move(reply));
}

} // namespace vigil::ward
