#include "ward/device_desk.hpp"

#include "access/device_assignment.hpp"
#include "access/identity.hpp"
#include "base/json_text.hpp"
#include "base/parse_time.hpp"
#include "base/strict_json.hpp"
#include "ward/append_entries.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

namespace vigil::ward {

namespace {

constexpr std::size_t max_text = 100; // bytes of a label or an identifier
constexpr int max_assignments = 200;  // of one device: the oldest are then to be let go
constexpr std::array identifier_kinds{"id", "name", "born", "number", "bed"};

Result<std::string> text_of(const json::FlatObject& body, std::string_view name) {
    auto text = body.text_or(name, "");
    if (text && text->size() > max_text) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("has at most {} bytes", max_text),
            std::string(name)
        );
    }
    return text;
}

/// A time that may be missing.
Result<std::int64_t>
time_of(const json::FlatObject& body, std::string_view name, std::int64_t otherwise) {
    const auto text = body.text_or(name, "");
    if (!text) {
        return std::unexpected(text.error());
    }
    return text->empty() ? Result<std::int64_t>(otherwise) : parse_time(*text, name);
}

/// YYYY-MM-DD that exists, or nothing.
bool is_date(std::string_view text) {
    return text.empty() ||
           (text.size() == 10 && parse_time(std::format("{}T00:00:00Z", text), "born"));
}

std::string rfc3339(std::int64_t time_us) {
    return to_rfc3339(from_us(time_us));
}

void write(JsonText& json, const v1::Device::Assignment& one) {
    json.open_object().member("patient", one.patient()).member("from", rfc3339(one.from_us()));
    if (one.until_us() != 0) {
        json.member("until", rfc3339(one.until_us()));
    }
    json.member("by", one.by()).member("at", rfc3339(one.at_us())).key("identifiers").open_array();
    for (const auto& identifier : one.identifiers()) {
        json.value(identifier);
    }
    json.close_array();
    if (!one.ended_by().empty()) {
        json.member("ended_by", one.ended_by()).member("ended_at", rfc3339(one.ended_at_us()));
    }
    json.close_object();
}

} // namespace

void DeviceDesk::list(const http::Request& /*request*/, http::Reply reply) {
    const auto state = directory_.state();
    const auto now_us = to_us(clock_.utc());
    JsonText answer;
    answer.open_object().key("devices").open_array();
    for (const auto& [id, device] : state->devices) {
        answer.open_object().member("id", id).member("label", device.label());
        if (const auto* current = access::assignment_at(device, now_us)) {
            answer.member("patient", current->patient());
        }
        answer.key("assignments").open_array();
        for (const auto& one : device.assignments()) {
            write(answer, one);
        }
        answer.close_array().close_object();
    }
    answer.close_array().close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void DeviceDesk::put(
    const v1::Device& device,
    http::Response success,
    const http::Request& request,
    http::Reply reply
) {
    append_entries(
        journal_,
        {access::directory_entry(device, to_us(clock_.utc()), random_id(random_))},
        std::move(success),
        request,
        std::move(reply)
    );
}

void DeviceDesk::put_device(const http::Request& request, http::Reply reply) {
    const auto& id = request.parameters.at("id");
    if (!access::is_device_name(id)) {
        return reply(
            fail(
                ErrorCode::invalid_argument,
                "A device's name is 1 to 64 of A-Z a-z 0-9 _ . : -",
                "id"
            )
                .error(),
            request.id
        );
    }
    const auto body = json::FlatObject::read(request.body, {"label"});
    const auto label = body ? text_of(*body, "label") : std::unexpected(body.error());
    if (!label) {
        return reply(label.error(), request.id);
    }
    const auto state = directory_.state();
    const auto known = state->devices.find(id);
    auto device = known == state->devices.end() ? v1::Device{} : known->second;
    device.set_id(id);
    device.set_label(*label);
    log_.info("device_put", {{"device", id}, {"by", request.principal.id}});
    put(device, no_content(), request, std::move(reply));
}

Result<v1::Device> DeviceDesk::assigned(const http::Request& request) const {
    const auto state = directory_.state();
    const auto known = state->devices.find(request.parameters.at("id"));
    if (known == state->devices.end()) {
        return fail(ErrorCode::not_found, "There is no device with this id: make it known.", "id");
    }
    const auto body = json::FlatObject::read(
        request.body,
        {"patient", "from", "until", "id", "name", "born", "number", "bed"}
    );
    if (!body) {
        return std::unexpected(body.error());
    }
    const auto now_us = to_us(clock_.utc());
    const auto patient = body->text("patient");
    const auto from_us = time_of(*body, "from", now_us);
    const auto until_us = time_of(*body, "until", 0);
    for (const auto* error :
         {patient ? nullptr : &patient.error(),
          from_us ? nullptr : &from_us.error(),
          until_us ? nullptr : &until_us.error()}) {
        if (error != nullptr) {
            return std::unexpected(*error);
        }
    }
    if (state->patient(*patient) == nullptr) {
        return fail(ErrorCode::not_found, "There is no patient with this id.", "patient");
    }
    std::vector<access::Identifier> given;
    for (const auto* kind : identifier_kinds) {
        auto value = text_of(*body, kind);
        if (!value) {
            return std::unexpected(value.error());
        }
        if (!value->empty()) {
            given.push_back({.kind = kind, .value = std::move(*value)});
        }
    }
    const auto compared =
        access::check_identifiers(*patient, known_of(*state->patient(*patient)), given);
    if (!compared) {
        return std::unexpected(compared.error());
    }
    auto device = known->second;
    if (device.assignments_size() >= max_assignments) {
        device.mutable_assignments()->DeleteSubrange(0, 1);
    }
    v1::Device::Assignment assignment;
    assignment.set_patient(*patient);
    assignment.set_from_us(*from_us);
    assignment.set_until_us(*until_us);
    assignment.set_by(request.principal.id);
    assignment.set_at_us(now_us);
    assignment.mutable_identifiers()->Assign(compared->begin(), compared->end());
    if (auto added = access::assign(device, std::move(assignment)); !added) {
        return std::unexpected(added.error());
    }
    return device;
}

void DeviceDesk::assign(const http::Request& request, http::Reply reply) {
    const auto device = assigned(request);
    if (!device) {
        return reply(device.error(), request.id);
    }
    log_.info("device_assigned", {{"device", device->id()}, {"by", request.principal.id}});
    put(*device, http::Response::json(R"({"status":"success"})", 201), request, std::move(reply));
}

Result<v1::Device> DeviceDesk::ended(const http::Request& request) const {
    const auto state = directory_.state();
    const auto known = state->devices.find(request.parameters.at("id"));
    if (known == state->devices.end()) {
        return fail(ErrorCode::not_found, "There is no device with this id.", "id");
    }
    const auto body = json::FlatObject::read(request.body, {"at"});
    const auto now_us = to_us(clock_.utc());
    const auto at_us = body ? time_of(*body, "at", now_us) : std::unexpected(body.error());
    if (!at_us) {
        return std::unexpected(at_us.error());
    }
    auto device = known->second;
    const auto open = std::ranges::find_if(*device.mutable_assignments(), [&](const auto& one) {
        return one.from_us() < *at_us && (one.until_us() == 0 || one.until_us() > *at_us);
    });
    if (open == device.mutable_assignments()->end()) {
        return fail(ErrorCode::conflict, "The device is assigned to nobody at that time.", "at");
    }
    open->set_until_us(*at_us);
    open->set_ended_by(request.principal.id);
    open->set_ended_at_us(now_us);
    return device;
}

void DeviceDesk::end_assignment(const http::Request& request, http::Reply reply) {
    const auto device = ended(request);
    if (!device) {
        return reply(device.error(), request.id);
    }
    log_.info("device_assignment_ended", {{"device", device->id()}, {"by", request.principal.id}});
    put(*device, no_content(), request, std::move(reply));
}

Result<v1::Identity> DeviceDesk::identity_of(const std::string& patient) const {
    const auto state = directory_.state();
    if (state->patient(patient) == nullptr) {
        return fail(ErrorCode::not_found, "There is no patient with this id.", "id");
    }
    const auto sealed = state->identities.find(patient);
    return access::open_identity(
        secret_,
        sealed == state->identities.end() ? v1::SealedIdentity{} : sealed->second
    );
}

v1::Identity DeviceDesk::known_of(const v1::Patient& patient) const {
    auto identity = identity_of(patient.id()).value_or(v1::Identity{});
    if (identity.bed().empty()) {
        identity.set_bed(patient.label());
    }
    return identity;
}

void DeviceDesk::show_identity(const http::Request& request, http::Reply reply) {
    if (!request.principal.station.empty()) {
        return reply(
            fail(
                ErrorCode::forbidden,
                "A station shows no identities: whoever passes could read them."
            )
                .error(),
            request.id
        );
    }
    const auto& patient = request.parameters.at("id");
    const auto identity = identity_of(patient);
    if (!identity) {
        return reply(identity.error(), request.id);
    }
    JsonText answer;
    answer.open_object()
        .member("name", identity->name())
        .member("born", identity->born())
        .member("number", identity->number())
        .member("bed", identity->bed())
        .close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void DeviceDesk::seal(
    const v1::SealedIdentity& identity,
    const http::Request& request,
    http::Reply reply
) {
    log_.info("identity_put", {{"by", request.principal.id}});
    auto entry = access::directory_entry(identity, to_us(clock_.utc()), random_id(random_));
    entry.set_source(request.principal.id);
    append_entries(journal_, {std::move(entry)}, no_content(), request, std::move(reply));
}

void DeviceDesk::put_identity(const http::Request& request, http::Reply reply) {
    const auto& patient = request.parameters.at("id");
    if (directory_.state()->patient(patient) == nullptr) {
        return reply(
            fail(ErrorCode::not_found, "There is no patient with this id.", "id").error(),
            request.id
        );
    }
    const auto body = json::FlatObject::read(request.body, {"name", "born", "number", "bed"});
    if (!body) {
        return reply(body.error(), request.id);
    }
    v1::Identity identity;
    for (const auto& [name, into] :
         {std::pair{"name", identity.mutable_name()},
          std::pair{"born", identity.mutable_born()},
          std::pair{"number", identity.mutable_number()},
          std::pair{"bed", identity.mutable_bed()}}) {
        auto text = text_of(*body, name);
        if (!text) {
            return reply(text.error(), request.id);
        }
        *into = std::move(*text);
    }
    if (!is_date(identity.born())) {
        return reply(
            fail(ErrorCode::invalid_argument, "is a date such as 1987-06-05, or left out", "born")
                .error(),
            request.id
        );
    }
    seal(access::seal_identity(secret_, random_, patient, identity), request, std::move(reply));
}

void DeviceDesk::erase_identity(const http::Request& request, http::Reply reply) {
    const auto& patient = request.parameters.at("id");
    const auto state = directory_.state();
    if (!state->identities.contains(patient)) {
        return reply(
            fail(ErrorCode::not_found, "Nothing is known of who this patient is.", "id").error(),
            request.id
        );
    }
    v1::SealedIdentity erased;
    erased.set_patient(patient);
    seal(erased, request, std::move(reply));
}

} // namespace vigil::ward
