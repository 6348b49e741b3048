// The directory in memory: patients, devices, keys and staff, as the journal's newest entries say.
// Every service has one.
#pragma once

#include "base/error.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/alarm.pb.h"
#include "vigil/v1/directory.pb.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace vigil::access {

/// A patient's models, and who chose them when: the entry says both.
struct AssignedModels {
    v1::ModelAssignment models;
    std::string by;
    std::int64_t at_us = 0;
};

/// One state of the directory; never changed once published.
struct DirectoryState {
    std::map<std::string, v1::Patient, std::less<>> patients;             // by id
    std::map<std::string, v1::Device, std::less<>> devices;               // by id
    std::map<std::string, v1::DeviceKey, std::less<>> keys;               // by id, revoked ones too
    std::map<std::string, v1::StaffUser, std::less<>> users;              // by name
    std::map<std::string, v1::AlarmSettings, std::less<>> alarm_settings; // by patient, where set
    std::map<std::string, AssignedModels, std::less<>> models;            // by patient
    std::map<std::string, v1::ModelPromotion, std::less<>> promotions;    // by id
    std::map<std::string, v1::SealedIdentity, std::less<>> identities;    // by patient
    std::map<std::uint32_t, std::string>
        patient_by_number; // the old contract's fk_user -> patient id
    std::uint32_t partitions = journal::default_partitions;
    journal::Sequence reaches = 0;

    [[nodiscard]] const v1::Patient* patient(std::string_view id) const;
};

/// threads any
class Directory {
public:
    Directory();
    /// Loads the newest entry of every key; apply() then follows the journal from state()->reaches.
    Result<void> load(journal::Journal& journal);
    /// Takes directory entries out of the journal's tail, in order; other entries are passed over.
    void apply(std::span<const journal::StoredPtr> entries);

    [[nodiscard]] std::shared_ptr<const DirectoryState> state() const { return state_.load(); }

private:
    std::mutex writing_;
    std::atomic<std::shared_ptr<const DirectoryState>> state_;
};

/// Directory entries ready for the journal, with key, id and times filled in.
[[nodiscard]] v1::Entry
directory_entry(const v1::Patient& patient, std::int64_t now_us, std::string id);
[[nodiscard]] v1::Entry
directory_entry(const v1::Device& device, std::int64_t now_us, std::string id);
[[nodiscard]] v1::Entry
directory_entry(const v1::DeviceKey& key, std::int64_t now_us, std::string id);
[[nodiscard]] v1::Entry
directory_entry(const v1::StaffUser& user, std::int64_t now_us, std::string id);
[[nodiscard]] v1::Entry
directory_entry(const v1::SealedIdentity& identity, std::int64_t now_us, std::string id);
/// In the patient's partition, whose owner reads it in order with the patient's values.
[[nodiscard]] v1::Entry directory_entry(
    const v1::AlarmSettings& settings,
    std::uint32_t partitions,
    std::int64_t now_us,
    std::string id
);
[[nodiscard]] v1::Entry
directory_entry(const v1::ModelPromotion& promotion, std::int64_t now_us, std::string id);

/// In the patient's partition, since what follows from its blocks depends on it; `by` is who chose.
[[nodiscard]] v1::Entry directory_entry(
    const v1::ModelAssignment& models,
    std::uint32_t partitions,
    std::string by,
    std::int64_t now_us,
    std::string id
);

/// A patient id: [A-Za-z0-9_-]{1,64}.
[[nodiscard]] bool is_patient_id(std::string_view text) noexcept;

} // namespace vigil::access
