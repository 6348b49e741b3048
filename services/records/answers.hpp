// What the routes answer: rows and runs as JSON, samples as protobuf too.
#pragma once

#include "access/directory.hpp"
#include "http/message.hpp"
#include "records/queries.hpp"

#include <map>
#include <string>
#include <vector>

namespace vigil::records {

[[nodiscard]] http::Response patients_answer(
    const access::DirectoryState& directory,
    const std::map<std::string, NewestTimes>& newest
);
[[nodiscard]] http::Response eeg_json_answer(const std::string& patient, const EegPage& page);
/// An EegBlockBatch, one block a run (INT16_LE or wider); the cursor is in the header
/// Vigil-Next-Cursor.
[[nodiscard]] Result<http::Response> eeg_protobuf_answer(const EegPage& page);
[[nodiscard]] http::Response overview_answer(
    const std::string& patient,
    store::TimeRange time,
    const std::vector<StreamOverview>& all
);
[[nodiscard]] http::Response
detections_answer(const std::string& patient, const TimePage<store::DetectionRow>& page);
[[nodiscard]] http::Response
events_answer(const std::string& patient, const TimePage<store::EventRow>& page);
[[nodiscard]] http::Response
vitals_answer(const std::string& patient, const TimePage<store::VitalRow>& page);
[[nodiscard]] http::Response
beats_answer(const std::string& patient, const TimePage<store::BeatsRow>& page);
/// What is quarantined, by device.
[[nodiscard]] http::Response quarantine_answer(const std::vector<store::QuarantineSum>& held);

} // namespace vigil::records
