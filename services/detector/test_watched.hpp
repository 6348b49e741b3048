// A patient for the detector's tests of alarms: a core that reads what the patient's device and
// staff put in. Only tests include it.
#pragma once

#include "detector/test_ward.hpp"
#include "vigil/v1/alarm.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vigil::detector {

inline constexpr std::uint64_t rate_hz = 60;
inline const std::uint32_t partition = journal::partition_of("p1", journal::default_partitions);
inline const BlockShape shape{.rate_numerator = rate_hz, .partition = partition};

inline v1::AlarmSettings settings(bool is_on) {
    v1::AlarmSettings settings;
    settings.set_patient("p1");
    settings.set_switched_on(is_on);
    settings.set_user("ada");
    settings.set_role(v1::StaffUser::CLINICIAN);
    return settings;
}

inline v1::Act act(v1::Act::Kind kind) {
    v1::Act act;
    act.set_kind(kind);
    act.set_patient("p1");
    act.set_user("grace");
    act.set_role(v1::StaffUser::CLINICIAN);
    return act;
}

/// A patient whose second k of EEG comes at second k + 1; owners may change at any time.
class Watched {
public:
    explicit Watched(std::uint64_t checkpoint_entries = 1'000'000)
        : checkpoint_entries_(checkpoint_entries) {
        change_owner();
    }

    void put(v1::EntryType type, const auto& payload, std::string key = {}) {
        v1::Entry entry;
        entry.set_type(type);
        entry.set_patient("p1");
        entry.set_partition(key.starts_with("patient/") ? 0 : partition);
        entry.set_key(std::move(key));
        entry.set_receipt_time_us(to_us(ward.now));
        entry.set_payload(payload.SerializeAsString());
        entry.set_id(derived_id(entry.payload(), std::to_string(to_us(ward.now))));
        ward.put(std::move(entry));
        run();
    }

    void set(const v1::AlarmSettings& wanted) { put(v1::ALARM_SETTINGS, wanted, "alarms/p1"); }

    /// A second of EEG, and then the clock.
    void second(bool is_loud) {
        put_second(is_loud);
        pass(1);
    }

    /// A second of EEG, and no clock.
    void put_second(bool is_loud) {
        auto block = block_of(shape, seconds_ * rate_hz, rate_hz);
        std::vector<std::int32_t> values;
        for (std::size_t channel = 0; channel < shape.channels; ++channel) {
            for (std::uint64_t i = 0; i < rate_hz; ++i) {
                values.push_back(sample_at(seconds_ * rate_hz + i, channel) * (is_loud ? 6 : 1));
            }
        }
        signal::set_block_samples(block, values, v1::INT16_LE).value();
        if (change) {
            change(values, seconds_);
            signal::set_block_samples(block, values, v1::INT16_LE).value();
        }
        block.set_start_time_us(block.start_time_us() + clock_off_us);
        ++seconds_;
        ward.put(entry_of(shape, block, ward.now));
        run();
    }

    void skip(std::uint64_t count) { seconds_ += count; }

    void seconds(int count, bool is_loud) {
        for (int i = 0; i < count; ++i) {
            second(is_loud);
        }
    }

    void pass(int length_s) {
        for (int i = 0; i < length_s; ++i) {
            ward.pass_second(*core_);
        }
    }

    void change_owner() {
        core_ = std::make_unique<Core>(
            scorer_,
            CoreOptions{.epoch = ++epochs_, .checkpoint_entries = checkpoint_entries_}
        );
        REQUIRE(core_->take_over(ward.journal, ward.now).has_value());
        run();
    }

    void run() { REQUIRE_FALSE(ward.run(*core_, 10).has_value()); }

    [[nodiscard]] std::vector<v1::Alarm> alarms() {
        std::vector<v1::Alarm> found;
        for (const auto& step : ward.steps()) {
            for (const auto& output : step.alarms()) {
                if (output.has_alarm()) {
                    found.push_back(output.alarm());
                }
            }
        }
        return found;
    }

    /// Everything that was put out, byte for byte but for the causes' and own ids.
    [[nodiscard]] std::vector<std::string> told() {
        std::vector<std::string> found;
        for (const auto& step : ward.steps()) {
            for (auto output : step.alarms()) {
                if (output.has_alarm()) {
                    auto& alarm = *output.mutable_alarm();
                    for (auto* id : {alarm.mutable_id(), alarm.mutable_cause()}) {
                        REQUIRE(id->size() == 16);
                        id->clear();
                    }
                    for (auto& cause : *alarm.mutable_causes()) {
                        cause.clear_source();
                    }
                } else {
                    output.mutable_notice()->clear_id();
                    output.mutable_notice()->clear_cause();
                    output.mutable_notice()->clear_source();
                    output.mutable_notice()->clear_alarm();
                }
                found.push_back(output.DebugString());
            }
        }
        return found;
    }

    /// Of the alarms so far the newest revision of each, as "condition device: sources".
    [[nodiscard]] std::vector<std::string> on() {
        std::map<std::string, v1::Alarm> newest;
        for (const auto& alarm : alarms()) {
            newest[alarm.id()] = alarm;
        }
        std::vector<std::string> found;
        for (const auto& [id, alarm] : newest) {
            if (alarm.state() == v1::Alarm::ENDED) {
                continue;
            }
            auto text = v1::Alarm::Condition_Name(alarm.condition()) + " " + alarm.device() + ":";
            for (const auto& cause : alarm.causes()) {
                text += " " + cause.source();
            }
            found.push_back(std::move(text));
        }
        return found;
    }

    Ward ward;
    /// Does something to a second's samples, [channels][rate_hz].
    std::function<void(std::span<std::int32_t>, std::uint64_t second)> change;
    std::int64_t clock_off_us = 0; // of the device

private:
    AmplitudeScorer scorer_;
    std::uint64_t checkpoint_entries_;
    std::uint64_t epochs_ = 0;
    std::uint64_t seconds_ = 0;
    std::unique_ptr<Core> core_;
};

} // namespace vigil::detector
