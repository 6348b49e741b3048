// Makes played patients known, gives each a key, the same over restarts, and switches alarms on.
#include "access/device_key.hpp"
#include "vigil/all_in_one.hpp"

#include <format>
#include <fstream>
#include <future>

namespace vigil {

namespace {

using Keys = std::map<std::string, std::string>;

Keys read_keys(const std::filesystem::path& file) {
    Keys keys;
    std::ifstream in(file);
    for (std::string patient, key; in >> patient >> key;) {
        keys[patient] = key;
    }
    return keys;
}

Result<void> write_keys(const std::filesystem::path& file, const Keys& keys) {
    std::error_code failed;
    std::ofstream out(file, std::ios::trunc);
    std::filesystem::permissions(
        file,
        std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
        failed
    );
    for (const auto& [patient, key] : keys) {
        out << patient << ' ' << key << '\n';
    }
    if (!out.flush()) {
        return fail(
            ErrorCode::unavailable,
            std::format("{} cannot be written: is the disk full?", file.string())
        );
    }
    return {};
}

bool same(const v1::Patient& known, const v1::Patient& wanted) {
    return known.label() == wanted.label() && known.synthetic() == wanted.synthetic() &&
           known.monitoring() == wanted.monitoring();
}

/// A played patient's alarms are on: it is a demonstration.
v1::AlarmSettings switched_on(const std::string& patient, std::int64_t now_us) {
    v1::AlarmSettings settings;
    settings.set_patient(patient);
    settings.set_switched_on(true);
    settings.set_user("demonstration");
    settings.set_role(v1::StaffUser::CLINICIAN);
    settings.set_time_us(now_us);
    settings.set_reason("played by this server");
    return settings;
}

} // namespace

Result<Keys> AllInOne::enroll(const std::vector<v1::Patient>& patients) {
    auto keys = read_keys(folder_.played_keys());
    const auto state = directory_.state();
    const auto now = to_us(clock_.utc());
    journal::Batch batch;
    for (const auto& wanted : patients) {
        if (const auto* known = state->patient(wanted.id());
            known == nullptr || !same(*known, wanted)) {
            batch.entries.push_back(access::directory_entry(wanted, now, random_id(random_)));
        }
        if (!state->alarm_settings.contains(wanted.id())) {
            batch.entries.push_back(access::directory_entry(
                switched_on(wanted.id(), now),
                state->partitions,
                now,
                random_id(random_)
            ));
        }
        auto& key = keys[wanted.id()];
        const auto held = access::find_device_key(*state, secret_, key);
        if (!held || (*held)->patient() != wanted.id()) {
            auto made = access::make_device_key(
                secret_,
                random_,
                {.patient = wanted.id()},
                "played by this server",
                now
            );
            key = std::move(made.text);
            batch.entries.push_back(access::directory_entry(made.record, now, random_id(random_)));
        }
    }
    // The journal first: a key that is written down but not known would be no use.
    if (!batch.entries.empty()) {
        std::promise<Result<journal::Appended>> appended;
        journal_->append(std::move(batch), [&](Result<journal::Appended> result) {
            appended.set_value(std::move(result));
        });
        if (const auto result = appended.get_future().get(); !result) {
            return std::unexpected(result.error());
        }
        if (auto loaded = directory_.load(*journal_); !loaded) {
            return std::unexpected(loaded.error());
        }
    }
    if (auto written = write_keys(folder_.played_keys(), keys); !written) {
        return std::unexpected(written.error());
    }
    return keys;
}

} // namespace vigil
