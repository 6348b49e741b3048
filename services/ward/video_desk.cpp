#include "ward/video_desk.hpp"

#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "ward/append_entries.hpp"
#include "ward/video_link.hpp"

#include <format>
#include <utility>

namespace vigil::ward {

namespace {

std::unexpected<Error> unknown_patient() {
    return fail(ErrorCode::not_found, "There is no patient with this id.", "id");
}

} // namespace

void VideoDesk::show(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    const auto& patient = request.parameters.at("id");
    if (state->patient(patient) == nullptr) {
        return reply(unknown_patient().error(), request.id);
    }
    const auto found = state->video_links.find(patient);
    const auto link = found == state->video_links.end() ? v1::VideoLink() : found->second;
    JsonText answer;
    answer.open_object().member("address", link.address()).member("offset_s", link.offset_s());
    if (link.set_us() != 0) {
        answer.member("by", link.by()).member("set", to_rfc3339(from_us(link.set_us())));
    }
    answer.close_object();
    reply(http::Response::json(std::move(answer).text()));
}

Result<v1::VideoLink> VideoDesk::read(const http::Request& request) const {
    const auto& patient = request.parameters.at("id");
    if (directory_.state()->patient(patient) == nullptr) {
        return unknown_patient();
    }
    const auto asked = json::FlatObject::read(request.body, {"address", "offset_s"});
    if (!asked) {
        return std::unexpected(asked.error());
    }
    const auto address = asked->text("address");
    const auto offset = asked->number_or("offset_s", 0);
    if (!address || !offset) {
        return std::unexpected(address ? offset.error() : address.error());
    }
    if (*offset < -most_video_offset_s || *offset > most_video_offset_s) {
        return fail(
            ErrorCode::invalid_argument,
            std::format(
                "The recorder's clock is at most {} seconds (a day) off; set it right.",
                most_video_offset_s
            ),
            "offset_s"
        );
    }
    if (const auto checked = check_video_address(*address); !address->empty() && !checked) {
        return std::unexpected(checked.error());
    }
    v1::VideoLink link;
    link.set_patient(patient);
    link.set_address(*address);
    link.set_offset_s(static_cast<std::int32_t>(*offset));
    link.set_by(request.principal.id);
    return link;
}

void VideoDesk::put(const http::Request& request, http::Reply reply) {
    auto link = read(request);
    if (!link) {
        return reply(link.error(), request.id);
    }
    const auto now_us = to_us(clock_.utc());
    link->set_set_us(now_us);
    log_.info("video_link_put", {{"by", request.principal.id}});
    append_entries(
        journal_,
        {access::directory_entry(*link, now_us, random_id(random_))},
        no_content(),
        request,
        std::move(reply)
    );
}

} // namespace vigil::ward
