#include "records/releaser.hpp"

#include <future>
#include <limits>
#include <utility>

namespace vigil::records {

namespace {

constexpr std::size_t rows_at_once = 64; // of at most 512 KiB each

v1::Entry released(
    const store::QuarantinedRow& row,
    const std::string& patient,
    const access::DirectoryState& directory,
    std::int64_t now_us
) {
    v1::Entry entry;
    entry.set_id(derived_id(row.id, "released"));
    entry.set_cause(row.id);
    entry.set_type(row.held.type());
    entry.set_schema_version(1);
    entry.set_patient(patient);
    entry.set_partition(journal::partition_of(patient, directory.partitions));
    entry.set_source("records");
    entry.set_device_time_us(row.held.start_us());
    entry.set_receipt_time_us(now_us);
    if (const auto* known = directory.patient(patient)) {
        entry.set_unit(known->unit());
    }
    entry.set_payload(row.held.payload());
    return entry;
}

} // namespace

Result<std::vector<store::QuarantinedRow>>
Releaser::first_of(const v1::Device& device, std::string& patient) {
    for (const auto& assignment : device.assignments()) {
        const store::TimeRange time{
            .from_us = assignment.from_us(),
            .until_us = assignment.until_us() == 0 ? std::numeric_limits<std::int64_t>::max()
                                                   : assignment.until_us()
        };
        auto rows = store_.quarantined(device.id(), time, rows_at_once);
        if (!rows || !rows->empty()) {
            patient = assignment.patient();
            return rows;
        }
    }
    return std::vector<store::QuarantinedRow>{};
}

Result<std::vector<std::string>> Releaser::release() {
    const auto directory = directory_.state();
    journal::Batch batch;
    std::vector<std::string> ids;
    for (const auto& [id, device] : directory->devices) {
        std::string patient;
        const auto rows = first_of(device, patient);
        if (!rows) {
            return std::unexpected(rows.error());
        }
        for (const auto& row : *rows) {
            batch.entries.push_back(released(row, patient, *directory, to_us(clock_.utc())));
            ids.push_back(row.id);
        }
        if (!ids.empty()) {
            break;
        }
    }
    if (ids.empty()) {
        return ids;
    }
    std::promise<Result<journal::Appended>> appended;
    journal_.append(std::move(batch), [&appended](Result<journal::Appended> result) {
        appended.set_value(std::move(result));
    });
    return appended.get_future().get().transform([&ids](const auto&) { return std::move(ids); });
}

} // namespace vigil::records
