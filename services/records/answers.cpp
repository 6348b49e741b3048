#include "records/answers.hpp"

#include "base/json_text.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "signal/block_samples.hpp"

namespace vigil::records {

namespace {

constexpr std::uint32_t not_evaluated_q16 = 65537; // Detection.channel_q16

void time_member(JsonText& json, std::string_view name, std::int64_t us) {
    json.key(name);
    if (us == 0) {
        json.null();
    } else {
        json.value(to_rfc3339(from_us(us)));
    }
}

void cursor_member(JsonText& json, const std::optional<std::int64_t>& next_us) {
    if (next_us) {
        json.member("cursor", std::to_string(*next_us));
    }
}

void stream_members(JsonText& json, const store::StreamRow& stream) {
    json.member("device", stream.device).member("stream", stream.stream);
    json.member("rate_numerator", stream.rate_numerator)
        .member("rate_denominator", stream.rate_denominator);
    json.member("isolated", stream.isolated)
        .member("synthetic", stream.synthetic)
        .member("ended", stream.ended);
    json.key("channels").open_array();
    for (const auto& channel : stream.channels) {
        json.open_object().member("label", channel.label()).member("unit", channel.unit());
        json.member("scale", channel.scale()).member("offset", channel.offset()).close_object();
    }
    json.close_array();
}

template <class Values>
void array_member(JsonText& json, std::string_view name, const Values& values) {
    json.key(name).open_array();
    for (const auto value : values) {
        json.value(value);
    }
    json.close_array();
}

/// Of [rows][columns], an array of arrays; `empty` becomes null.
void table_member(
    JsonText& json,
    std::string_view name,
    std::span<const std::int32_t> values,
    std::size_t columns,
    bool nulls
) {
    json.key(name).open_array();
    for (std::size_t row = 0; row * columns < values.size(); ++row) {
        json.open_array();
        for (const auto value : values.subspan(row * columns, columns)) {
            if (nulls && value == StreamOverview::empty) {
                json.null();
            } else {
                json.value(value);
            }
        }
        json.close_array();
    }
    json.close_array();
}

double score(std::uint32_t q16) {
    return q16 / 65536.0;
}

std::string_view doubt_word(int doubt) {
    switch (doubt) {
        case v1::Detection::KIND_UNKNOWN:
            return "kind_unknown";
        case v1::Detection::KIND_DIFFERS:
            return "kind_differs";
        case v1::Detection::REFERENCE_UNKNOWN:
            return "reference_unknown";
        case v1::Detection::REFERENCE_DIFFERS:
            return "reference_differs";
        case v1::Detection::RATE_DIFFERS:
            return "rate_differs";
        case v1::Detection::FALSE_ALARMS_UNKNOWN:
            return "false_alarms_unknown";
        case v1::Detection::LINE_LENGTH_UNBEATEN:
            return "line_length_unbeaten";
        default:
            return "unknown";
    }
}

std::string_view state_word(v1::Detection::State state) {
    switch (state) {
        case v1::Detection::WARMING_UP:
            return "warming_up";
        case v1::Detection::RATE_REFUSED:
            return "rate_refused";
        case v1::Detection::MODEL_MISSING:
            return "model_missing";
        default:
            return "not_evaluated";
    }
}

/// Of a detection or an event: what it may lead to, as it was when it was recorded.
void standing_members(JsonText& json, const auto& of) {
    json.member("shadow", of.shadow());
    json.member("standing", of.standing() == v1::Detection::ACTIVE ? "active" : "shadow");
    json.key("doubts").open_array();
    for (const auto doubt : of.doubts()) {
        json.value(doubt_word(doubt));
    }
    json.close_array();
}

void detection_object(JsonText& json, const store::DetectionRow& row) {
    const auto& detection = row.detection;
    json.open_object().member("id", to_hex(row.id));
    json.member("device", detection.device()).member("stream", detection.stream());
    json.member("model", detection.model()).member("model_version", detection.model_version());
    standing_members(json, detection);
    json.member("first_sample", detection.first_sample())
        .member("end_sample", detection.end_sample());
    time_member(json, "start_time", detection.start_time_us());
    time_member(json, "end_time", detection.end_time_us());
    json.key("score");
    if (detection.not_evaluated()) {
        json.null();
    } else {
        json.value(score(detection.score_q16()));
    }
    if (detection.not_evaluated()) {
        json.member("state", state_word(detection.state()));
    }
    json.key("channel_scores").open_array();
    for (const auto q16 : detection.channel_q16()) {
        if (q16 == not_evaluated_q16) {
            json.null();
        } else {
            json.value(score(q16));
        }
    }
    json.close_array().close_object();
}

std::string_view state_word(v1::Event::State state) {
    switch (state) {
        case v1::Event::ONGOING:
            return "ongoing";
        case v1::Event::ENDED:
            return "ended";
        case v1::Event::WITHDRAWN:
            return "withdrawn";
        case v1::Event::MERGED:
            return "merged";
        default:
            return "unknown";
    }
}

void event_object(JsonText& json, const store::EventRow& row) {
    const auto& event = row.event;
    const auto& span = event.span();
    json.open_object().member("id", to_hex(event.id())).member("revision", event.revision());
    json.member("state", state_word(event.state())).member("prolonged", span.prolonged());
    json.member("device", event.device()).member("stream", event.stream());
    json.member("model", event.model()).member("model_version", event.model_version());
    standing_members(json, event);
    json.member("first_sample", span.first_sample()).member("end_sample", span.end_sample());
    time_member(json, "onset", span.onset_us());
    json.member("duration_s", static_cast<double>(span.end_us() - span.onset_us()) / 1e6);
    json.member("peak_score", score(span.peak_q16())).key("channel_peak_scores").open_array();
    for (const auto q16 : span.channel_peak_q16()) {
        if (q16 == not_evaluated_q16) {
            json.null();
        } else {
            json.value(score(q16));
        }
    }
    json.close_array();
    if (!event.merged_into().empty()) {
        json.member("merged_into", to_hex(event.merged_into()));
    }
    json.close_object();
}

void vital_object(JsonText& json, const store::VitalRow& row) {
    const auto& vital = row.vital;
    json.open_object()
        .member("name", vital.name())
        .member("unit", vital.unit())
        .member("value", vital.value());
    if (vital.has_minimum()) {
        json.member("minimum", vital.minimum());
    }
    if (vital.has_maximum()) {
        json.member("maximum", vital.maximum());
    }
    time_member(json, "time", vital.start_time_us());
    json.member("utc_offset_s", vital.utc_offset_s()).member("source", vital.source());
    json.member("batched", vital.batched()).member("synthetic", vital.synthetic()).close_object();
}

template <class Row, class Object>
http::Response rows_answer(
    const std::string& patient,
    std::string_view name,
    const TimePage<Row>& page,
    Object object
) {
    JsonText json;
    json.open_object().member("patient", patient).key(name).open_array();
    for (const auto& row : page.rows) {
        object(json, row);
    }
    json.close_array();
    cursor_member(json, page.next_us);
    json.close_object();
    return http::Response::json(std::move(json).text());
}

} // namespace

namespace {

/// Of a patient that the directory does not know any more: off.
std::string_view monitoring_word(const v1::Patient* known) {
    if (known == nullptr || known->monitoring() == v1::Patient::OFF) {
        return "off";
    }
    return known->monitoring() == v1::Patient::STANDBY ? "standby" : "on";
}

} // namespace

http::Response patients_answer(
    const access::DirectoryState& directory,
    const std::map<std::string, NewestTimes>& newest
) {
    JsonText json;
    json.open_object().key("patients").open_array();
    const auto one = [&](const std::string& id, const v1::Patient* known) {
        const auto found = newest.find(id);
        const auto times = found == newest.end() ? NewestTimes{} : found->second;
        json.open_object().member("id", id).member(
            "label",
            known != nullptr ? known->label() : std::string{}
        );
        json.member("synthetic", known != nullptr && known->synthetic());
        json.member("test", id == access::test_patient);
        json.member("monitoring", monitoring_word(known));
        time_member(json, "newest_sample_time", times.sample_us);
        time_member(json, "newest_detection_time", times.detection_us);
        time_member(json, "newest_vital_time", times.vital_us);
        json.close_object();
    };
    for (const auto& [id, patient] : directory.patients) {
        one(id, &patient);
    }
    for (const auto& [id, times] : newest) {
        if (!directory.patients.contains(id)) {
            one(id, nullptr);
        }
    }
    json.close_array().close_object();
    return http::Response::json(std::move(json).text());
}

http::Response eeg_json_answer(const std::string& patient, const EegPage& page) {
    JsonText json;
    json.open_object().member("patient", patient).key("streams").open_array();
    for (const auto& [stream, runs] : page.streams) {
        json.open_object();
        stream_members(json, *stream);
        json.key("runs").open_array();
        for (const auto& run : runs) {
            json.open_object().member("first_sample", run.first_sample);
            time_member(json, "start_time", run.start_us);
            json.member("start_time_us", run.start_us).member("samples", run.samples);
            table_member(json, "data", run.values, run.samples, false);
            json.close_object();
        }
        json.close_array().close_object();
    }
    json.close_array();
    cursor_member(json, page.next_us);
    json.close_object();
    return http::Response::json(std::move(json).text());
}

Result<http::Response> eeg_protobuf_answer(const EegPage& page) {
    v1::EegBlockBatch batch;
    for (const auto& [stream, runs] : page.streams) {
        for (const auto& run : runs) {
            auto& block = *batch.add_blocks();
            block.set_device(stream->device);
            block.set_stream(stream->stream);
            block.set_first_sample(run.first_sample);
            block.set_rate_numerator(stream->rate_numerator);
            block.set_rate_denominator(stream->rate_denominator);
            block.set_start_time_us(run.start_us);
            block.mutable_channels()->Assign(stream->channels.begin(), stream->channels.end());
            block.set_isolated(stream->isolated);
            block.set_synthetic(stream->synthetic);
            if (auto set = signal::set_block_samples(block, run.values, v1::INT16_LE); !set) {
                return std::unexpected(std::move(set.error()));
            }
        }
    }
    http::Response response{
        .status = 200,
        .content_type = "application/x-protobuf",
        .body = batch.SerializeAsString(),
        .headers = {}
    };
    if (page.next_us) {
        response.headers.emplace_back("Vigil-Next-Cursor", std::to_string(*page.next_us));
    }
    return response;
}

http::Response overview_answer(
    const std::string& patient,
    store::TimeRange time,
    const std::vector<StreamOverview>& all
) {
    JsonText json;
    json.open_object().member("patient", patient);
    time_member(json, "from", time.from_us);
    time_member(json, "until", time.until_us);
    json.key("streams").open_array();
    for (const auto& overview : all) {
        json.open_object();
        stream_members(json, *overview.stream);
        json.member("from_us", overview.from_us).member("bin_us", overview.bin_us);
        table_member(json, "minimum", overview.minimum, overview.bins, true);
        table_member(json, "maximum", overview.maximum, overview.bins, true);
        json.close_object();
    }
    json.close_array().close_object();
    return http::Response::json(std::move(json).text());
}

http::Response
detections_answer(const std::string& patient, const TimePage<store::DetectionRow>& page) {
    return rows_answer(patient, "detections", page, detection_object);
}

http::Response events_answer(const std::string& patient, const TimePage<store::EventRow>& page) {
    return rows_answer(patient, "events", page, event_object);
}

http::Response vitals_answer(const std::string& patient, const TimePage<store::VitalRow>& page) {
    return rows_answer(patient, "vitals", page, vital_object);
}

http::Response beats_answer(const std::string& patient, const TimePage<store::BeatsRow>& page) {
    return rows_answer(patient, "beats", page, [](JsonText& json, const store::BeatsRow& row) {
        const auto& beats = row.beats;
        json.open_object()
            .member("device", beats.device())
            .member("stream", beats.stream())
            .member("first_beat", beats.first_beat());
        time_member(json, "start_time", beats.start_time_us());
        array_member(json, "rr_us", beats.rr_us());
        json.member("synthetic", beats.synthetic()).close_object();
    });
}

http::Response quarantine_answer(const std::vector<store::QuarantineSum>& held) {
    JsonText json;
    json.open_object().key("quarantine").open_array();
    for (const auto& sum : held) {
        json.open_object()
            .member("device", sum.device)
            .member("entries", sum.entries)
            .member("bytes", sum.bytes);
        time_member(json, "first", sum.first_us);
        time_member(json, "last", sum.last_us);
        json.close_object();
    }
    json.close_array().close_object();
    return http::Response::json(std::move(json).text());
}

} // namespace vigil::records
