// Reads what a sender posted into vitals and beats: the export of an iPhone app, our own JSON,
// protobuf. Fuzzed.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "vigil/v1/vitals.pb.h"

#include <string>
#include <string_view>
#include <vector>

namespace vigil::heart_intake {

/// One value that could not be read or is out of bounds: the others are taken all the same.
struct RefusedPoint {
    std::size_t index = 0; // of the point in its list
    std::string field;     // "data.metrics[0].data[3].Avg"
    std::string detail;
};

struct PostedVitals {
    struct Point {
        v1::Vital vital;
        std::size_t index = 0;
        std::string place; // "data.metrics[0].data[3]"
    };

    std::vector<Point> points;
    std::vector<RefusedPoint> refused;
    std::size_t skipped = 0; // points of metrics that Vigil does not keep
};

/// The JSON of Health Auto Export: metrics in any order, those that Vigil does not keep are skipped
/// and counted. A value is Avg, avg or qty; Min, min, Max and max go with it. Every value counts as
/// batched: the app sends long after the time.
///
/// errors  invalid_argument: broken JSON, or no data.metrics; too_large: more than max_points or
/// max_metrics
///         A point's own fault is in `refused`.
[[nodiscard]] Result<PostedVitals> read_health_export(std::string& body);

/// The body of the old `POST /heartbeat_chunks/add`: {"heartbeat_data": [{"date": ..., "Avg":
/// ...}]}, the points of one metric of the export, heart_rate.
///
/// errors  as read_health_export(), for heartbeat_data
[[nodiscard]] Result<PostedVitals> read_heart_chunk(std::string& body);

/// {"vitals": [{"name": ..., "unit": ..., "value": ..., "start_time_us": ...}]} by the names of the
/// schema.
[[nodiscard]] Result<PostedVitals> read_vitals_json(std::string& body);
[[nodiscard]] Result<PostedVitals> read_vitals_protobuf(std::string_view body);

/// {"device": ..., "stream": ..., "first_beat": ..., "start_time_us": ..., "rr_us": [...]}
[[nodiscard]] Result<v1::Beats> read_beats_json(std::string& body);

struct OffsetTime {
    UtcTime utc;
    std::int32_t offset_s = 0;
};

/// "2024-09-09 10:00:00 +0200", as Health Auto Export writes times.
/// errors  invalid_argument: anything else, a day that its month has not
[[nodiscard]] Result<OffsetTime> read_offset_time(std::string_view text);

} // namespace vigil::heart_intake
