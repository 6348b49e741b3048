// The directory in memory: patients, devices, keys and staff, as the journal's newest entries say.
// Every service has one.
#pragma once

#include "base/error.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/alarm.pb.h"
#include "vigil/v1/directory.pb.h"
#include "vigil/v1/station.pb.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace vigil::access {

/// The built-in patient that tries the chain from the intake to a station: no person, and not
/// counted.
inline constexpr std::string_view test_patient = "vigil-test";

/// A patient's models, and who chose them when: the entry says both.
struct AssignedModels {
    v1::ModelAssignment models;
    std::string by;
    std::int64_t at_us = 0;
};

/// The use of a sign-in link that the journal took first: whoever wrote it is signed in, nobody
/// else.
struct UsedLink {
    std::string entry; // its id
    std::int64_t expires_us = 0;

    bool operator==(const UsedLink&) const = default;
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
    std::map<std::string, v1::Station, std::less<>> stations;             // by id, revoked ones too
    std::map<std::string, v1::StaffPin, std::less<>> pins;                // by user
    std::map<std::uint32_t, std::string>
        patient_by_number; // the old contract's fk_user -> patient id
    std::uint32_t partitions = journal::default_partitions;
    journal::Sequence reaches = 0;
    std::map<std::string, v1::PushBrowser, std::less<>> push_browsers; // by id, ended ones too
    std::map<std::string, v1::VideoLink, std::less<>> video_links;     // by patient, where set
    std::map<std::string, UsedLink, std::less<>> used_links;           // of sign-in, by id
    /// By patient and condition: the newest act that switched it off or back on.
    std::map<std::string, std::map<v1::Alarm::Condition, v1::Act>, std::less<>> offs;

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

    /// Calls once the directory entry of that sequence is in the state: at once when it is, else
    /// from the thread that applies it, which ends before what `then` refers to.
    void when_reached(journal::Sequence sequence, std::move_only_function<void()> then);

private:
    void publish(std::unique_lock<std::mutex> lock, std::shared_ptr<const DirectoryState> state);

    std::mutex writing_;
    std::multimap<journal::Sequence, std::move_only_function<void()>> waiting_; // by sequence
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
[[nodiscard]] v1::Entry
directory_entry(const v1::Station& station, std::int64_t now_us, std::string id);
[[nodiscard]] v1::Entry
directory_entry(const v1::StaffPin& pin, std::int64_t now_us, std::string id);
[[nodiscard]] v1::Entry
directory_entry(const v1::PushBrowser& browser, std::int64_t now_us, std::string id);
[[nodiscard]] v1::Entry
directory_entry(const v1::VideoLink& link, std::int64_t now_us, std::string id);
[[nodiscard]] v1::Entry
directory_entry(const v1::LinkUsed& link, std::int64_t now_us, std::string id);

/// In the patient's partition, since what follows from its blocks depends on it; `by` is who chose.
[[nodiscard]] v1::Entry directory_entry(
    const v1::ModelAssignment& models,
    std::uint32_t partitions,
    std::string by,
    std::int64_t now_us,
    std::string id
);

/// The key of an act that switches a condition off or back on.
[[nodiscard]] std::string off_key(const v1::Act& act);

/// A patient id: [A-Za-z0-9_-]{1,64}.
[[nodiscard]] bool is_patient_id(std::string_view text) noexcept;

} // namespace vigil::access
