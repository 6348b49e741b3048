// Which models were promoted: recorded in the journal, listed for whoever administers.
#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "evaluate/gate.hpp"
#include "ward/administration.hpp"
#include "ward/append_entries.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace vigil::ward {

namespace {

constexpr std::size_t longest_text = 1000;
constexpr std::size_t most_checks = 16;
constexpr std::int64_t most_counted = 1'000'000'000;

using json::Path;
using json::ondemand::value;

Result<void> read_text(value from, const Path& path, bool may_be_empty, std::string& into) {
    const auto text = json::text(from, path);
    if (!text) {
        return std::unexpected(text.error());
    }
    if ((text->empty() && !may_be_empty) || text->size() > longest_text) {
        return json::wrong(path, "must have 1 to 1000 bytes");
    }
    into = *text;
    return {};
}

Result<void> read_digest(value from, const Path& path, bool may_be_empty, std::string& into) {
    auto read = read_text(from, path, may_be_empty, into);
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (read && !into.empty() && (into.size() != 64 || !std::ranges::all_of(into, is_digit))) {
        return json::wrong(path, "must be 64 lower-case hexadecimal digits");
    }
    return read;
}

Result<void> read_count(value from, const Path& path, std::uint64_t least, std::uint64_t& into) {
    return json::keep(
               json::integer(from, path, 0, most_counted),
               [&](std::int64_t count) { into = static_cast<std::uint64_t>(count); }
    ).and_then([&]() -> Result<void> {
        return into >= least
                   ? Result<void>()
                   : Result<void>(json::wrong(path, std::format("must be at least {}", least)));
    });
}

Result<void> read_check(value from, const Path& path, v1::ModelPromotion::Check& check) {
    static constexpr std::array<std::string_view, 5>
        names{"figure", "estimate", "bound", "limit", "holds"};
    const auto visit = [&](std::size_t index, value v, const Path& here) -> Result<void> {
        if (index == 0) {
            return read_text(v, here, false, *check.mutable_figure());
        }
        if (index == 4) {
            return json::keep(json::boolean(v, here), [&](bool holds) { check.set_holds(holds); });
        }
        return json::keep(json::number(v, here), [&](double number) {
            index == 1   ? check.set_estimate(number)
            : index == 2 ? check.set_bound(number)
                         : check.set_limit(number);
        });
    };
    const auto seen = json::each_member_of(from, names, path, visit);
    if (!seen) {
        return std::unexpected(seen.error());
    }
    return *seen == 0x1f && check.holds()
               ? Result<void>()
               : Result<void>(json::wrong(path, "must be a whole check that holds"));
}

Result<void> read_checks(value from, const Path& path, v1::ModelPromotion& promotion) {
    const auto count =
        json::each_element(from, most_checks, path, [&](std::size_t, value v, const Path& here) {
            return read_check(v, here, *promotion.add_checks());
        });
    if (!count) {
        return std::unexpected(count.error());
    }
    return *count > 0 ? Result<void>() : Result<void>(json::wrong(path, "must not be empty"));
}

Result<v1::ModelPromotion> promotion_of(std::string body) {
    static constexpr std::array<std::string_view, 13> names{
        "because",
        "decided_by",
        "model",
        "version",
        "detector",
        "active",
        "card_sha256",
        "results_sha256",
        "active_results_sha256",
        "file_sha256",
        "patients",
        "seizures",
        "checks"
    };
    v1::ModelPromotion made;
    const std::array texts{
        made.mutable_because(),
        made.mutable_decided_by(),
        made.mutable_model(),
        made.mutable_version(),
        made.mutable_detector(),
        made.mutable_active()
    };
    const std::array digests{
        made.mutable_card_sha256(),
        made.mutable_results_sha256(),
        made.mutable_active_results_sha256(),
        made.mutable_file_sha256()
    };
    std::uint64_t patients = 0;
    std::uint64_t seizures = 0;
    const auto visit = [&](std::size_t index, value v, const Path& here) -> Result<void> {
        if (index < 6) {
            return read_text(v, here, false, *texts[index]);
        }
        if (index < 10) {
            return read_digest(v, here, index == 9, *digests[index - 6]);
        }
        return index == 10   ? read_count(v, here, evaluate::gate_patients, patients)
               : index == 11 ? read_count(v, here, evaluate::gate_seizures, seizures)
                             : read_checks(v, here, made);
    };
    const auto read = [&](json::ondemand::object root, const Path& path) -> Result<std::uint64_t> {
        return json::each_member(root, names, path, visit);
    };
    const auto seen = json::read_object(body, read);
    if (!seen) {
        return std::unexpected(seen.error());
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        if ((*seen >> i & 1U) == 0) {
            return json::wrong(Path{}.member(names[i]), "is missing");
        }
    }
    made.set_patients(patients);
    made.set_seizures(seizures);
    return made;
}

void add(JsonText& json, const v1::ModelPromotion& one) {
    json.open_object()
        .member("id", one.id())
        .member("promoted", to_rfc3339(from_us(one.promoted_us())))
        .member("by", one.by())
        .member("decided_by", one.decided_by())
        .member("because", one.because())
        .member("model", one.model())
        .member("version", one.version())
        .member("card_sha256", one.card_sha256())
        .member("file_sha256", one.file_sha256())
        .member("detector", one.detector())
        .member("results_sha256", one.results_sha256())
        .member("active", one.active())
        .member("active_results_sha256", one.active_results_sha256())
        .member("patients", one.patients())
        .member("seizures", one.seizures())
        .key("checks")
        .open_array();
    for (const auto& check : one.checks()) {
        json.open_object()
            .member("figure", check.figure())
            .member("estimate", check.estimate())
            .member("bound", check.bound())
            .member("limit", check.limit())
            .member("holds", check.holds())
            .close_object();
    }
    json.close_array().close_object();
}

} // namespace

void Administration::add_promotion(const http::Request& request, http::Reply reply) {
    auto promotion = promotion_of(request.body);
    if (!promotion) {
        return reply(promotion.error(), request.id);
    }
    const auto now = to_us(clock_.utc());
    const auto entry_id = id();
    promotion->set_id(to_hex(entry_id));
    promotion->set_promoted_us(now);
    promotion->set_by(request.principal.id);
    log_.info(
        "model_promoted",
        {{"model", promotion->model() + " " + promotion->version()}, {"by", request.principal.id}}
    );
    JsonText answer;
    answer.open_object().member("id", promotion->id()).close_object();
    append_entries(
        journal_,
        {access::directory_entry(*promotion, now, entry_id)},
        http::Response::json(std::move(answer).text(), 201),
        request,
        std::move(reply)
    );
}

void Administration::list_promotions(const http::Request& /*request*/, http::Reply reply) {
    const auto state = directory_.state();
    std::vector<const v1::ModelPromotion*> by_time;
    for (const auto& [id, promotion] : state->promotions) {
        by_time.push_back(&promotion);
    }
    std::ranges::stable_sort(by_time, {}, &v1::ModelPromotion::promoted_us);
    JsonText answer;
    answer.open_object().key("promotions").open_array();
    for (const auto* promotion : by_time) {
        add(answer, *promotion);
    }
    answer.close_array().close_object();
    reply(http::Response::json(std::move(answer).text()));
}

} // namespace vigil::ward
