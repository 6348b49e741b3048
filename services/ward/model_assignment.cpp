// Which models run on a patient's streams: Administration's part of it.
#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "ward/administration.hpp"
#include "ward/append_entries.hpp"

#include <algorithm>
#include <array>
#include <format>

namespace vigil::ward {

namespace {

/// Each costs as much as the active model. Ours.
constexpr std::size_t most_shadows = 4;

bool is_model_name(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

Result<std::string> read_model(json::ondemand::value value, const json::Path& path) {
    auto name = json::text(value, path);
    if (!name) {
        return std::unexpected(std::move(name.error()));
    }
    if (!is_model_name(*name)) {
        return json::wrong(path, "must be 1 to 64 of a-z 0-9 -");
    }
    return std::string(*name);
}

Result<v1::ModelAssignment> read_assignment(std::string body) {
    static constexpr std::array<std::string_view, 2> names{"active", "shadows"};
    using json::Path;
    using json::ondemand::value;
    return json::read_object(
        body,
        [](json::ondemand::object root, const Path& path) -> Result<v1::ModelAssignment> {
            v1::ModelAssignment models;
            const auto add_shadow = [&](std::size_t, value v, const Path& here) -> Result<void> {
                return json::keep(read_model(v, here), [&](std::string name) {
                    models.add_shadows(std::move(name));
                });
            };
            auto seen = json::each_member(
                root,
                names,
                path,
                [&](std::size_t name, value v, const Path& here) -> Result<void> {
                    if (name == 0) {
                        return json::keep(read_model(v, here), [&](std::string active) {
                            models.set_active(std::move(active));
                        });
                    }
                    return json::done(json::each_element(v, most_shadows, here, add_shadow));
                }
            );
            if (!seen) {
                return std::unexpected(std::move(seen.error()));
            }
            if (models.active().empty()) {
                return json::wrong(path.member("active"), "is missing");
            }
            std::vector<std::string> all(models.shadows().begin(), models.shadows().end());
            all.push_back(models.active());
            std::ranges::sort(all);
            if (std::ranges::adjacent_find(all) != all.end()) {
                return json::wrong(path.member("shadows"), "has a model twice, or the active one");
            }
            return models;
        }
    );
}

} // namespace

void Administration::know_models(std::vector<LoadedModel> models) {
    known_models_ = std::move(models);
}

Result<v1::ModelAssignment> Administration::assignment_of(const http::Request& request) const {
    const auto& patient = request.parameters.at("id");
    if (directory_.state()->patient(patient) == nullptr) {
        return fail(ErrorCode::not_found, "There is no patient with this id.", "id");
    }
    auto models = read_assignment(request.body);
    if (!models) {
        return models;
    }
    models->set_patient(patient);
    const auto unknown = [this](const std::string& name) {
        return !known_models_.empty() &&
               !std::ranges::contains(known_models_, name, &LoadedModel::name);
    };
    if (unknown(models->active())) {
        return fail(ErrorCode::unprocessable, "No such model is loaded.", "active");
    }
    if (const auto found = std::ranges::find_if(models->shadows(), unknown);
        found != models->shadows().end()) {
        const auto place = found - models->shadows().begin();
        return fail(
            ErrorCode::unprocessable,
            "No such model is loaded.",
            std::format("shadows[{}]", place)
        );
    }
    return models;
}

void Administration::put_models(const http::Request& request, http::Reply reply) {
    const auto models = assignment_of(request);
    if (!models) {
        return reply(models.error(), request.id);
    }
    log_.info("models_put", {{"model", models->active()}, {"by", request.principal.id}});
    append_entries(
        journal_,
        {access::directory_entry(
            *models,
            directory_.state()->partitions,
            request.principal.id,
            to_us(clock_.utc()),
            id()
        )},
        no_content(),
        request,
        std::move(reply)
    );
}

void Administration::show_models(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    const auto& patient = request.parameters.at("id");
    if (state->patient(patient) == nullptr) {
        return reply(
            fail(ErrorCode::not_found, "There is no patient with this id.", "id").error(),
            request.id
        );
    }
    const auto found = state->models.find(patient);
    JsonText answer;
    answer.open_object().member("patient", patient).key("loaded").open_array();
    for (const auto& [name, version] : known_models_) {
        answer.open_object().member("name", name).member("version", version).close_object();
    }
    answer.close_array().key("active");
    if (found == state->models.end()) {
        answer.null().key("shadows").open_array().close_array().close_object();
        return reply(http::Response::json(std::move(answer).text()));
    }
    const auto& [models, by, at_us] = found->second;
    answer.value(models.active()).key("shadows").open_array();
    for (const auto& name : models.shadows()) {
        answer.value(name);
    }
    answer.close_array()
        .member("assigned_by", by)
        .member("assigned_time", to_rfc3339(from_us(at_us)))
        .close_object();
    reply(http::Response::json(std::move(answer).text()));
}

} // namespace vigil::ward
