#include "ward/administration.hpp"

#include "access/device_key.hpp"
#include "access/session.hpp"
#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "ward/append_entries.hpp"
#include "ward/clock_quality.hpp"

#include <format>
#include <utility>

namespace vigil::ward {

namespace {

constexpr std::size_t max_label = 100;

Result<void> check_label(std::string_view label) {
    if (label.size() > max_label) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("A label has at most {} bytes.", max_label),
            "label"
        );
    }
    return {};
}

Result<v1::Patient::Monitoring> monitoring_of(std::string_view word) {
    if (word == "on")
        return v1::Patient::ON;
    if (word == "standby")
        return v1::Patient::STANDBY;
    if (word == "off")
        return v1::Patient::OFF;
    return fail(ErrorCode::invalid_argument, "\"monitoring\" is on, standby or off.", "monitoring");
}

Result<v1::StaffUser::Role> role_of(std::string_view word) {
    if (word == "viewer")
        return v1::StaffUser::VIEWER;
    if (word == "clinician")
        return v1::StaffUser::CLINICIAN;
    if (word == "administrator")
        return v1::StaffUser::ADMINISTRATOR;
    return fail(
        ErrorCode::invalid_argument,
        "\"role\" is viewer, clinician or administrator.",
        "role"
    );
}

std::string_view word_of(v1::StaffUser::Role role) {
    switch (role) {
        case v1::StaffUser::ADMINISTRATOR:
            return "administrator";
        case v1::StaffUser::CLINICIAN:
            return "clinician";
        default:
            return "viewer";
    }
}

/// What a request asks for, or the error to answer with: lets the handlers below read like
/// sentences.
Result<v1::Patient> patient_of(const access::DirectoryState& directory, std::string_view body) {
    const auto asked =
        json::FlatObject::read(std::string(body), {"id", "label", "number", "monitoring"});
    if (!asked)
        return std::unexpected(asked.error());
    const auto id = asked->text("id");
    if (!id)
        return std::unexpected(id.error());
    if (!access::is_patient_id(*id)) {
        return fail(
            ErrorCode::invalid_argument,
            "A patient id has 1 to 64 letters, digits, - and _.",
            "id"
        );
    }
    const auto* known = directory.patient(*id);
    v1::Patient patient = known != nullptr ? *known : v1::Patient{};
    patient.set_id(*id);
    const auto label = asked->text_or("label", known != nullptr ? patient.label() : *id);
    if (!label)
        return std::unexpected(label.error());
    if (auto checked = check_label(*label); !checked)
        return std::unexpected(checked.error());
    const auto number = asked->number_or("number", patient.number());
    if (!number)
        return std::unexpected(number.error());
    if (*number < 0 || *number > 2'000'000'000) {
        return fail(ErrorCode::invalid_argument, "\"number\" is 0 to 2000000000.", "number");
    }
    if (const auto taken = directory.patient_by_number.find(static_cast<std::uint32_t>(*number));
        *number != 0 && taken != directory.patient_by_number.end() && taken->second != *id) {
        return fail(
            ErrorCode::conflict,
            std::format("Number {} is patient {}'s.", *number, taken->second),
            "number"
        );
    }
    const auto word = asked->text_or("monitoring", "on");
    if (!word)
        return std::unexpected(word.error());
    const auto monitoring = monitoring_of(*word);
    if (!monitoring)
        return std::unexpected(monitoring.error());
    patient.set_label(*label);
    patient.set_number(static_cast<std::uint32_t>(*number));
    patient.set_monitoring(*monitoring);
    return patient;
}

Result<v1::StaffUser> user_of(const access::DirectoryState& directory, std::string_view body) {
    const auto asked =
        json::FlatObject::read(std::string(body), {"name", "password", "role", "disabled"});
    if (!asked)
        return std::unexpected(asked.error());
    const auto name = asked->text("name");
    const auto password = asked->text_or("password", "");
    const auto word = asked->text_or("role", "viewer");
    const auto disabled = asked->flag_or("disabled", false);
    for (const auto* text : {&name, &password, &word}) {
        if (!*text)
            return std::unexpected(text->error());
    }
    if (!disabled)
        return std::unexpected(disabled.error());
    if (!access::is_patient_id(*name) || *name == access::local_user) {
        return fail(
            ErrorCode::invalid_argument,
            "A user name has 1 to 64 letters, digits, - and _, and is not \"local\".",
            "name"
        );
    }
    const auto role = role_of(*word);
    if (!role)
        return std::unexpected(role.error());
    const auto known = directory.users.find(*name);
    v1::StaffUser user = known != directory.users.end() ? known->second : v1::StaffUser{};
    user.set_name(*name);
    user.set_role(*role);
    user.set_disabled(*disabled);
    if (!password->empty() || known == directory.users.end()) {
        if (auto checked = access::check_new_password(*password); !checked)
            return std::unexpected(checked.error());
        auto hash = access::hash_password(*password);
        if (!hash)
            return std::unexpected(hash.error());
        user.set_password_hash(*hash);
    }
    return user;
}

struct AskedKey {
    access::Sender sender;
    std::string label;
};

/// A key is a patient's or a device's.
Result<AskedKey> key_of(const std::string& body) {
    const auto asked = json::FlatObject::read(body, {"patient", "device", "label"});
    if (!asked)
        return std::unexpected(asked.error());
    const auto patient = asked->text_or("patient", "");
    const auto device = asked->text_or("device", "");
    const auto label = asked->text_or("label", "");
    for (const auto* text : {&patient, &device, &label}) {
        if (!*text)
            return std::unexpected(text->error());
    }
    if (patient->empty() == device->empty()) {
        return fail(
            ErrorCode::invalid_argument,
            "A key is a patient's or a device's: one of both is needed.",
            "patient"
        );
    }
    if (!patient->empty() && !access::is_patient_id(*patient)) {
        return fail(
            ErrorCode::invalid_argument,
            "A patient id has 1 to 64 letters, digits, - and _.",
            "patient"
        );
    }
    if (!device->empty() && !access::is_device_name(*device)) {
        return fail(
            ErrorCode::invalid_argument,
            "A device's name has 1 to 64 letters, digits, _ . : and -.",
            "device"
        );
    }
    if (auto checked = check_label(*label); !checked)
        return std::unexpected(checked.error());
    return AskedKey{.sender = {.patient = *patient, .device = *device}, .label = *label};
}

void write_sender(JsonText& json, const v1::DeviceKey& key) {
    if (key.device().empty()) {
        json.member("patient", key.patient());
    } else {
        json.member("device", key.device());
    }
}

} // namespace

void Administration::add_key(const http::Request& request, http::Reply reply) {
    const auto asked = key_of(request.body);
    if (!asked) {
        return reply(asked.error(), request.id);
    }
    const auto& [sender, label] = *asked;
    const auto now = to_us(clock_.utc());
    const auto state = directory_.state();
    auto key = access::make_device_key(secret_, random_, sender, label, now);
    std::vector<v1::Entry> entries;
    if (!sender.patient.empty() && state->patient(sender.patient) == nullptr) {
        v1::Patient made;
        made.set_id(sender.patient);
        made.set_label(sender.patient);
        made.set_monitoring(v1::Patient::ON);
        entries.push_back(access::directory_entry(made, now, id()));
    }
    if (!sender.device.empty() && !state->devices.contains(sender.device)) {
        v1::Device made;
        made.set_id(sender.device);
        made.set_label(label);
        entries.push_back(access::directory_entry(made, now, id()));
    }
    entries.push_back(access::directory_entry(key.record, now, id()));
    log_.info("key_added", {{"key", key.record.id()}, {"by", request.principal.id}});
    JsonText answer;
    answer.open_object().member("id", key.record.id()).member("key", key.text);
    write_sender(answer, key.record);
    answer.close_object();
    append_entries(
        journal_,
        std::move(entries),
        http::Response::json(std::move(answer).text(), 201),
        request,
        std::move(reply)
    );
}

void Administration::list_keys(const http::Request& /*request*/, http::Reply reply) {
    const auto state = directory_.state();
    JsonText answer;
    answer.open_object().key("keys").open_array();
    for (const auto& [id, key] : state->keys) {
        answer.open_object()
            .member("id", id)
            .member("label", key.label())
            .member("created", to_rfc3339(from_us(key.created_us())));
        write_sender(answer, key);
        if (key.revoked_us() != 0) {
            answer.member("revoked", to_rfc3339(from_us(key.revoked_us())));
        }
        answer.close_object();
    }
    answer.close_array().close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void Administration::revoke_key(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    const auto found = state->keys.find(request.parameters.at("id"));
    if (found == state->keys.end()) {
        return reply(
            fail(ErrorCode::not_found, "There is no key with this id.", "id").error(),
            request.id
        );
    }
    auto key = found->second;
    if (key.revoked_us() == 0) {
        key.set_revoked_us(to_us(clock_.utc()));
    }
    log_.info("key_revoked", {{"key", key.id()}, {"by", request.principal.id}});
    append_entries(
        journal_,
        {access::directory_entry(key, to_us(clock_.utc()), id())},
        no_content(),
        request,
        std::move(reply)
    );
}

void Administration::put_patient(const http::Request& request, http::Reply reply) {
    const auto patient = patient_of(*directory_.state(), request.body);
    if (!patient) {
        return reply(patient.error(), request.id);
    }
    log_.info("patient_put", {{"by", request.principal.id}});
    append_entries(
        journal_,
        {access::directory_entry(*patient, to_us(clock_.utc()), id())},
        no_content(),
        request,
        std::move(reply)
    );
}

void Administration::put_user(const http::Request& request, http::Reply reply) {
    const auto user = user_of(*directory_.state(), request.body);
    if (!user) {
        return reply(user.error(), request.id);
    }
    log_.info("user_put", {{"user", user->name()}, {"by", request.principal.id}});
    append_entries(
        journal_,
        {access::directory_entry(*user, to_us(clock_.utc()), id())},
        no_content(),
        request,
        std::move(reply)
    );
}

void Administration::list_users(const http::Request& /*request*/, http::Reply reply) {
    const auto state = directory_.state();
    JsonText answer;
    answer.open_object().key("users").open_array();
    for (const auto& [name, user] : state->users) {
        answer.open_object()
            .member("name", name)
            .member("role", word_of(user.role()))
            .member("disabled", user.disabled())
            .close_object();
    }
    answer.close_array().close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void Administration::show_clock(const http::Request& /*request*/, http::Reply reply) {
    const auto quality = clock_quality();
    JsonText answer;
    answer.open_object()
        .member("time", to_rfc3339(clock_.utc()))
        .member("synchronised", quality.is_synchronised)
        .member("largest_error_ms", quality.largest_error_ms)
        .close_object();
    reply(http::Response::json(std::move(answer).text()));
}

} // namespace vigil::ward
