#include "records/routes.hpp"

#include "records/answers.hpp"
#include "records/chosen_channels.hpp"
#include "records/chronicle_answers.hpp"
#include "records/clocks_answer.hpp"
#include "records/edf_export.hpp"
#include "records/legacy_answers.hpp"
#include "records/parameters.hpp"
#include "records/queries.hpp"

#include <algorithm>

namespace vigil::records {

namespace {

using http::Access;
using http::Reply;
using http::Request;
using http::Response;
using http::Verb;

constexpr std::chrono::hours hour{1};
constexpr std::chrono::hours year{366 * 24};

/// Answers a request; runs on the pool and may block.
using Question = Result<Response> (*)(const RouteParts&, const Request&);

/// What every question about one patient and a time reads from its request.
struct Asked {
    std::string patient;
    store::TimeRange time;
    std::size_t limit = 0;
};

Result<Asked> read_asked(
    const RouteParts& parts,
    const Request& request,
    Microseconds default_length,
    Microseconds longest,
    std::size_t limit,
    std::size_t most
) {
    const auto patient = patient_parameter(request);
    if (!patient) {
        return std::unexpected(patient.error());
    }
    auto time = time_parameters(request, parts.clock.utc(), default_length, longest);
    if (!time) {
        return std::unexpected(time.error());
    }
    const auto rows = number_parameter(request, "limit", limit, 1, most);
    if (!rows) {
        return std::unexpected(rows.error());
    }
    if (const auto cursor = text_parameter(request, "cursor")) {
        // A cursor is where the next page begins, so that it needs no memory here.
        const auto begin = parse_time(*cursor, "cursor");
        if (!begin || *begin < time->from_us || *begin >= time->until_us) {
            return fail(
                ErrorCode::invalid_argument,
                "not a cursor of this question; from and until stay the same on each page",
                "cursor"
            );
        }
        time->from_us = *begin;
    }
    return Asked{.patient = *patient, .time = *time, .limit = *rows};
}

Result<Response> ask_patients(const RouteParts& parts, const Request& request) {
    return check_names(request, {}).transform([&] {
        return patients_answer(*parts.directory.state(), parts.core.newest_times());
    });
}

Result<Response> ask_eeg(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(
            request,
            {"from", "until", "limit", "cursor", "format", "device", "channels"}
        );
        !known) {
        return std::unexpected(known.error());
    }
    const auto asked = read_asked(parts, request, std::chrono::minutes{1}, year, 100, 1000);
    if (!asked) {
        return std::unexpected(asked.error());
    }
    const auto device = text_parameter(request, "device").value_or("");
    Result<std::vector<std::uint32_t>> channels{std::in_place};
    if (const auto text = text_parameter(request, "channels")) {
        channels = read_channel_numbers(*text);
    }
    if (!channels) {
        return std::unexpected(channels.error());
    }
    const auto format =
        text_parameter(request, "format")
            .value_or(request.header("accept") == "application/x-protobuf" ? "protobuf" : "json");
    if (format != "json" && format != "protobuf") {
        return fail(ErrorCode::invalid_argument, "json or protobuf", "format");
    }
    return Queries(parts.core, parts.store)
        .eeg(asked->patient, asked->time, {.rows = asked->limit})
        .and_then([&](EegPage page) -> Result<Response> {
            keep_channels(page, device, *channels);
            return format == "json" ? Result<Response>(eeg_json_answer(asked->patient, page))
                                    : eeg_protobuf_answer(page);
        });
}

Result<Response> ask_overview(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(request, {"from", "until", "points"}); !known) {
        return std::unexpected(known.error());
    }
    const auto asked = read_asked(parts, request, 24 * hour, 7 * 24 * hour, 1, 1);
    if (!asked) {
        return std::unexpected(asked.error());
    }
    const auto points = number_parameter(request, "points", 1000, 1, 4000);
    if (!points) {
        return std::unexpected(points.error());
    }
    return Queries(parts.core, parts.store)
        .overview(asked->patient, asked->time, *points)
        .transform([&](const auto& all) {
            return overview_answer(asked->patient, asked->time, all);
        });
}

Result<Response> ask_edf(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(request, {"from", "until", "device"}); !known) {
        return std::unexpected(known.error());
    }
    const EdfExportLimits limits;
    const auto asked = read_asked(parts, request, std::chrono::minutes{1}, limits.longest, 1, 1);
    if (!asked) {
        return std::unexpected(asked.error());
    }
    const Queries queries(parts.core, parts.store);
    const auto device = text_parameter(request, "device").value_or("");
    return edf_export(queries, asked->patient, asked->time, device, limits)
        .transform([](EdfExport made) {
            return Response{
                .status = 200,
                .content_type = "application/octet-stream",
                .body = std::move(made.bytes),
                .headers =
                    {{"Content-Disposition", "attachment; filename=\"" + made.file_name + "\""},
                     {"Cache-Control", "no-store"}}
            };
        });
}

/// Detections, vitals and beats differ in what they ask and how they write it.
template <auto Ask, auto Answer>
Result<Response> ask_rows(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(request, {"from", "until", "limit", "cursor"}); !known) {
        return std::unexpected(known.error());
    }
    const auto asked = read_asked(parts, request, 24 * hour, year, 1000, 10'000);
    if (!asked) {
        return std::unexpected(asked.error());
    }
    const Queries queries(parts.core, parts.store);
    return (queries.*Ask)(asked->patient, asked->time, asked->limit)
        .transform([&](const auto& page) { return Answer(asked->patient, page); });
}

Result<Response> ask_clocks(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(request, {}); !known) {
        return std::unexpected(known.error());
    }
    return patient_parameter(request).transform([&](const std::string& patient) {
        return clocks_answer(patient, parts.core.clocks(patient));
    });
}

Result<Response> ask_quarantine(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(request, {}); !known) {
        return std::unexpected(known.error());
    }
    return parts.store.quarantine().transform(quarantine_answer);
}

/// Rows of the chronicle differ in their kind.
template <store::ChronicleRow::Kind kind, auto Answer>
Result<Response> ask_chronicle(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(request, {"from", "until", "limit", "cursor"}); !known) {
        return std::unexpected(known.error());
    }
    const auto asked = read_asked(parts, request, 24 * hour, year, 1000, 10'000);
    if (!asked) {
        return std::unexpected(asked.error());
    }
    return Queries(parts.core, parts.store)
        .chronicle(kind, asked->patient, asked->time, asked->limit)
        .transform([&](const auto& page) { return Answer(asked->patient, page); });
}

/// With `past=true` what raised no alarm.
Result<Response> ask_alarms(const RouteParts& parts, const Request& request) {
    using Kind = store::ChronicleRow::Kind;
    const auto past = text_parameter(request, "past").value_or("false");
    if (past != "true" && past != "false") {
        return fail(ErrorCode::invalid_argument, "true or false", "past");
    }
    auto asked = request;
    asked.query.erase("past");
    return past == "true" ? ask_chronicle<Kind::past_event, past_events_answer>(parts, asked)
                          : ask_chronicle<Kind::alarm, alarms_answer>(parts, asked);
}

Result<Response> ask_figures(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(request, {"from", "until"}); !known) {
        return std::unexpected(known.error());
    }
    const auto asked = read_asked(parts, request, 24 * hour, 31 * 24 * hour, 1, 1);
    if (!asked) {
        return std::unexpected(asked.error());
    }
    return Queries(parts.core, parts.store)
        .figures(asked->patient, asked->time)
        .transform([&](const auto& figures) {
            return figures_answer(asked->patient, asked->time, figures);
        });
}

Result<Response> ask_last_eeg(const RouteParts& parts, const Request& request) {
    return check_names(request, {}).transform([&] {
        return last_eeg_answer(*parts.directory.state(), parts.core.newest_windows());
    });
}

Result<Response> ask_last_heart(const RouteParts& parts, const Request& request) {
    if (const auto known = check_names(request, {}); !known) {
        return std::unexpected(known.error());
    }
    return Queries(parts.core, parts.store).newest_heart_rates().transform([&](const auto& rates) {
        return last_heart_answer(*parts.directory.state(), rates);
    });
}

http::Handler on_pool(RouteParts parts, Question question) {
    return [parts, question](Request request, Reply reply) {
        // Shared, so that the reply is still here when the pool is full.
        auto waiting =
            std::make_shared<std::pair<Request, Reply>>(std::move(request), std::move(reply));
        std::move_only_function<void()> work = [parts, question, waiting] {
            auto& [asked, answer] = *waiting;
            if (std::chrono::steady_clock::now() > asked.deadline &&
                asked.deadline != std::chrono::steady_clock::time_point{}) {
                answer(
                    fail(ErrorCode::timeout, "the question waited too long", {}, {}, Retry::safe)
                        .error(),
                    asked.id
                );
                return;
            }
            auto response = question(parts, asked);
            if (response) {
                answer(std::move(*response));
            } else {
                answer(response.error(), asked.id);
            }
        };
        if (!parts.pool.submit(work)) {
            waiting->second(
                fail(ErrorCode::overloaded, "too many questions wait", {}, {}, Retry::safe).error(),
                waiting->first.id
            );
        }
    };
}

http::RouteOptions question_options(const RouteParts& parts, Access access) {
    return {.access = access, .max_body = 1 << 10, .slots = parts.slots, .sized = true};
}

} // namespace

void add_routes(http::Router& router, RouteParts parts) {
    const auto ask = [&](std::string pattern, Question question) {
        router.add(
            Verb::get,
            std::move(pattern),
            question_options(parts, Access::staff),
            on_pool(parts, question)
        );
    };
    ask("/v1/patients", ask_patients);
    ask("/v1/patients/{id}/eeg", ask_eeg);
    ask("/v1/patients/{id}/overview", ask_overview);
    // A file is held in memory while it is made and sent: few at once.
    auto whole_files = question_options(parts, Access::staff);
    whole_files.slots = std::min<std::size_t>(whole_files.slots, 2);
    whole_files.deadline = std::chrono::seconds{30};
    router.add(Verb::get, "/v1/patients/{id}/edf", whole_files, on_pool(parts, ask_edf));
    ask("/v1/patients/{id}/detections", ask_rows<&Queries::detections, detections_answer>);
    ask("/v1/patients/{id}/events", ask_rows<&Queries::events, events_answer>);
    using Kind = store::ChronicleRow::Kind;
    ask("/v1/patients/{id}/alarms", ask_alarms);
    ask("/v1/patients/{id}/heart", ask_chronicle<Kind::heart, heart_answer>);
    ask("/v1/patients/{id}/marks", ask_chronicle<Kind::mark, marks_answer>);
    ask("/v1/patients/{id}/figures", ask_figures);
    ask("/v1/patients/{id}/vitals", ask_rows<&Queries::vitals, vitals_answer>);
    ask("/v1/patients/{id}/beats", ask_rows<&Queries::beats, beats_answer>);
    ask("/v1/patients/{id}/clocks", ask_clocks);
    ask("/v1/quarantine", ask_quarantine);
}

void add_legacy_routes(http::Router& router, RouteParts parts, const LegacyOptions& options) {
    const auto access = [&](const char* path, Access closed) {
        return options.open.contains(path) ? Access::open : closed;
    };
    const auto ask = [&](const char* path, Question question) {
        router.add(
            Verb::get,
            path,
            question_options(parts, access(path, Access::staff)),
            on_pool(parts, question)
        );
    };
    ask("/eeg_data", ask_last_eeg);
    ask("/eeg_chunks/get_last_chunks_list", ask_last_eeg);
    ask("/heartbeat_data", ask_last_heart);
    ask("/heartbeat_chunks/get_last_chunks_list", ask_last_heart);
}

} // namespace vigil::records
