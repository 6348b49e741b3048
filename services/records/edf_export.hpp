// A stretch of one device's samples as an EDF+ file, with the events in it and what people said of
// it as annotations. Used by the routes.
#pragma once

#include "records/queries.hpp"

#include <cstddef>
#include <string>

namespace vigil::records {

struct EdfExportLimits {
    Microseconds longest = std::chrono::hours{1};
    std::size_t file_bytes = 64 << 20; // held in memory while it is sent
};

struct EdfExport {
    std::string bytes;
    std::string file_name;
};

/// Samples that follow each other by their index stay together; every other break is a gap of an
/// EDF+D file. The last record before a gap is filled with its last value, and an annotation says
/// from when on. Samples wider than 16 bits are divided until they fit, and an annotation says so.
/// Within a stretch without gaps the times are those of its first sample and its rate.
///
/// device  of several the one with most samples where it is empty; of its layouts likewise
/// errors  not_found: no samples in the time; too_large: a file over the limits; those of Queries
/// threads any, blocking
[[nodiscard]] Result<EdfExport> edf_export(
    const Queries& queries,
    const std::string& patient,
    store::TimeRange time,
    const std::string& device,
    const EdfExportLimits& limits = {}
);

} // namespace vigil::records
