#include "ward/append_entries.hpp"

#include "base/json_text.hpp"
#include "base/random.hpp"

#include <utility>

namespace vigil::ward {

void append_entries(
    journal::Journal& journal,
    std::vector<v1::Entry> entries,
    http::Response success,
    const http::Request& request,
    http::Reply reply
) {
    for (auto& entry : entries) {
        entry.set_trace_id(std::string(request.trace.bytes()));
    }
    journal.append(
        {.entries = std::move(entries), .fences = {}},
        [success = std::move(success),
         request_id = request.id,
         reply = std::move(reply)](Result<journal::Appended> done) mutable {
            if (done) {
                reply(std::move(success));
            } else {
                reply(done.error(), request_id);
            }
        }
    );
}

void append_act(
    journal::Journal& journal,
    v1::Entry entry,
    const http::Request& request,
    http::Reply reply
) {
    JsonText answer;
    answer.open_object().member("id", to_hex(entry.id())).close_object();
    append_entries(
        journal,
        {std::move(entry)},
        http::Response::json(std::move(answer).text(), 202),
        request,
        std::move(reply)
    );
}

http::Response no_content() {
    return {.status = 204, .content_type = "", .body = "", .headers = {}};
}

} // namespace vigil::ward
