#include "access/directory.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <utility>

namespace vigil::access {

namespace {

/// A used link whose end lies so far back is refused for its age.
constexpr std::int64_t forgotten_after_us = 86'400'000'000;

template <class Message>
bool parse(const v1::Entry& entry, Message& message) {
    return message.ParseFromString(entry.payload());
}

/// Takes one directory entry into the state; false when it is none, or one that cannot be read.
bool take(DirectoryState& state, const v1::Entry& entry) {
    switch (entry.type()) {
        case v1::PATIENT: {
            v1::Patient patient;
            if (!parse(entry, patient))
                return false;
            if (patient.number() != 0) {
                state.patient_by_number[patient.number()] = patient.id();
            }
            auto id = patient.id();
            state.patients.insert_or_assign(std::move(id), std::move(patient));
            return true;
        }
        case v1::DEVICE: {
            v1::Device device;
            if (!parse(entry, device))
                return false;
            auto id = device.id();
            state.devices.insert_or_assign(std::move(id), std::move(device));
            return true;
        }
        case v1::DEVICE_KEY: {
            v1::DeviceKey key;
            if (!parse(entry, key))
                return false;
            auto id = key.id();
            state.keys.insert_or_assign(std::move(id), std::move(key));
            return true;
        }
        case v1::STAFF_USER: {
            v1::StaffUser user;
            if (!parse(entry, user))
                return false;
            auto name = user.name();
            state.users.insert_or_assign(std::move(name), std::move(user));
            return true;
        }
        case v1::ALARM_SETTINGS: {
            v1::AlarmSettings settings;
            if (!parse(entry, settings))
                return false;
            auto patient = settings.patient();
            state.alarm_settings.insert_or_assign(std::move(patient), std::move(settings));
            return true;
        }
        case v1::MODEL_ASSIGNMENT: {
            AssignedModels assigned;
            if (!parse(entry, assigned.models))
                return false;
            assigned.by = entry.source();
            assigned.at_us = entry.receipt_time_us();
            auto patient = assigned.models.patient();
            state.models.insert_or_assign(std::move(patient), std::move(assigned));
            return true;
        }
        case v1::MODEL_PROMOTION: {
            v1::ModelPromotion promotion;
            if (!parse(entry, promotion))
                return false;
            auto promoted = promotion.id();
            state.promotions.insert_or_assign(std::move(promoted), std::move(promotion));
            return true;
        }
        case v1::IDENTITY: {
            v1::SealedIdentity identity;
            if (!parse(entry, identity))
                return false;
            auto patient = identity.patient();
            state.identities.insert_or_assign(std::move(patient), std::move(identity));
            return true;
        }
        case v1::STATION: {
            v1::Station station;
            if (!parse(entry, station))
                return false;
            auto id = station.id();
            state.stations.insert_or_assign(std::move(id), std::move(station));
            return true;
        }
        case v1::STAFF_PIN: {
            v1::StaffPin pin;
            if (!parse(entry, pin))
                return false;
            auto user = pin.user();
            state.pins.insert_or_assign(std::move(user), std::move(pin));
            return true;
        }
        case v1::PUSH_BROWSER: {
            v1::PushBrowser browser;
            if (!parse(entry, browser))
                return false;
            auto id = browser.id();
            state.push_browsers.insert_or_assign(std::move(id), std::move(browser));
            return true;
        }
        case v1::VIDEO_LINK: {
            v1::VideoLink link;
            if (!parse(entry, link))
                return false;
            auto patient = link.patient();
            state.video_links.insert_or_assign(std::move(patient), std::move(link));
            return true;
        }
        case v1::LINK_USED: {
            v1::LinkUsed link;
            if (!parse(entry, link))
                return false;
            std::erase_if(state.used_links, [&](const auto& one) {
                return one.second.expires_us < entry.receipt_time_us() - forgotten_after_us;
            });
            state.used_links.try_emplace(
                link.id(),
                UsedLink{.entry = entry.id(), .expires_us = link.expires_us()}
            );
            return true;
        }
        case v1::ACT: {
            v1::Act act;
            if (!parse(entry, act) || act.conditions().empty())
                return false;
            const auto condition = act.conditions(0);
            auto patient = act.patient();
            state.offs[std::move(patient)].insert_or_assign(condition, std::move(act));
            return true;
        }
        case v1::PARTITIONS: {
            v1::Partitions partitions;
            if (!parse(entry, partitions) || partitions.count() == 0)
                return false;
            state.partitions = partitions.count();
            return true;
        }
        default:
            return false;
    }
}

template <class Message>
v1::Entry entry_of(
    v1::EntryType type,
    const Message& message,
    std::string key,
    std::int64_t now_us,
    std::string id
) {
    v1::Entry entry;
    entry.set_id(std::move(id));
    entry.set_type(type);
    entry.set_schema_version(1);
    entry.set_source("directory");
    entry.set_receipt_time_us(now_us);
    entry.set_key(std::move(key));
    message.SerializeToString(entry.mutable_payload());
    return entry;
}

} // namespace

const v1::Patient* DirectoryState::patient(std::string_view id) const {
    const auto found = patients.find(id);
    return found == patients.end() ? nullptr : &found->second;
}

Directory::Directory() : state_(std::make_shared<const DirectoryState>()) {}

Result<void> Directory::load(journal::Journal& journal) {
    auto newest = journal.directory();
    if (!newest) {
        return std::unexpected(std::move(newest.error()));
    }
    auto state = std::make_shared<DirectoryState>();
    for (const auto& stored : newest->entries) {
        take(*state, stored->entry);
    }
    state->reaches = newest->reaches;
    publish(std::unique_lock(writing_), std::move(state));
    return {};
}

void Directory::apply(std::span<const journal::StoredPtr> entries) {
    const auto keyed = [](const journal::StoredPtr& stored) {
        return !stored->entry.key().empty();
    };
    if (entries.empty() || std::ranges::none_of(entries, keyed)) {
        return;
    }
    std::unique_lock lock(writing_);
    auto state = std::make_shared<DirectoryState>(*state_.load());
    for (const auto& stored : entries) {
        if (stored->sequence > state->reaches && keyed(stored)) {
            take(*state, stored->entry);
            state->reaches = stored->sequence;
        }
    }
    publish(std::move(lock), std::move(state));
}

void Directory::publish(
    std::unique_lock<std::mutex> lock,
    std::shared_ptr<const DirectoryState> state
) {
    decltype(waiting_) reached;
    for (const auto end = waiting_.upper_bound(state->reaches); waiting_.begin() != end;) {
        reached.insert(waiting_.extract(waiting_.begin()));
    }
    state_.store(std::move(state));
    lock.unlock();
    for (auto& [sequence, then] : reached) {
        then();
    }
}

void Directory::when_reached(journal::Sequence sequence, std::move_only_function<void()> then) {
    {
        const std::scoped_lock lock(writing_);
        if (state_.load()->reaches < sequence) {
            waiting_.emplace(sequence, std::move(then));
            return;
        }
    }
    then();
}

v1::Entry directory_entry(const v1::Patient& patient, std::int64_t now_us, std::string id) {
    auto entry = entry_of(v1::PATIENT, patient, "patient/" + patient.id(), now_us, std::move(id));
    entry.set_patient(patient.id());
    return entry;
}

v1::Entry directory_entry(const v1::Device& device, std::int64_t now_us, std::string id) {
    return entry_of(v1::DEVICE, device, "device/" + device.id(), now_us, std::move(id));
}

v1::Entry directory_entry(const v1::DeviceKey& key, std::int64_t now_us, std::string id) {
    return entry_of(v1::DEVICE_KEY, key, "key/" + key.id(), now_us, std::move(id));
}

v1::Entry directory_entry(const v1::StaffUser& user, std::int64_t now_us, std::string id) {
    return entry_of(v1::STAFF_USER, user, "user/" + user.name(), now_us, std::move(id));
}

v1::Entry directory_entry(const v1::Station& station, std::int64_t now_us, std::string id) {
    return entry_of(v1::STATION, station, "station/" + station.id(), now_us, std::move(id));
}

v1::Entry directory_entry(const v1::StaffPin& pin, std::int64_t now_us, std::string id) {
    return entry_of(v1::STAFF_PIN, pin, "pin/" + pin.user(), now_us, std::move(id));
}

v1::Entry directory_entry(const v1::PushBrowser& browser, std::int64_t now_us, std::string id) {
    return entry_of(v1::PUSH_BROWSER, browser, "push/" + browser.id(), now_us, std::move(id));
}

v1::Entry directory_entry(const v1::VideoLink& link, std::int64_t now_us, std::string id) {
    auto entry = entry_of(v1::VIDEO_LINK, link, "video/" + link.patient(), now_us, std::move(id));
    entry.set_patient(link.patient());
    return entry;
}

v1::Entry directory_entry(const v1::LinkUsed& link, std::int64_t now_us, std::string id) {
    // A key for each use: the newest of a key is what is kept, and the first use is what counts.
    auto key = "link/" + link.id() + "/" + to_hex(id);
    return entry_of(v1::LINK_USED, link, std::move(key), now_us, std::move(id));
}

v1::Entry directory_entry(
    const v1::AlarmSettings& settings,
    std::uint32_t partitions,
    std::int64_t now_us,
    std::string id
) {
    const auto& patient = settings.patient();
    auto entry = entry_of(v1::ALARM_SETTINGS, settings, "alarms/" + patient, now_us, std::move(id));
    entry.set_patient(patient);
    entry.set_partition(journal::partition_of(patient, partitions));
    return entry;
}

v1::Entry directory_entry(
    const v1::ModelAssignment& models,
    std::uint32_t partitions,
    std::string by,
    std::int64_t now_us,
    std::string id
) {
    const auto& patient = models.patient();
    auto entry = entry_of(v1::MODEL_ASSIGNMENT, models, "models/" + patient, now_us, std::move(id));
    entry.set_patient(patient);
    entry.set_partition(journal::partition_of(patient, partitions));
    entry.set_source(std::move(by));
    return entry;
}

v1::Entry directory_entry(const v1::SealedIdentity& identity, std::int64_t now_us, std::string id) {
    return entry_of(
        v1::IDENTITY,
        identity,
        "identity/" + identity.patient(),
        now_us,
        std::move(id)
    );
}

v1::Entry
directory_entry(const v1::ModelPromotion& promotion, std::int64_t now_us, std::string id) {
    return entry_of(
        v1::MODEL_PROMOTION,
        promotion,
        "promotion/" + promotion.id(),
        now_us,
        std::move(id)
    );
}

std::string off_key(const v1::Act& act) {
    const int condition = act.conditions().empty() ? 0 : act.conditions(0);
    return "off/" + act.patient() + "/" + std::to_string(condition);
}

bool is_patient_id(std::string_view text) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

} // namespace vigil::access
