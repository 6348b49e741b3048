// Random wards for tests: what is true of one patient, made and remembered apart from the machine.
#pragma once

#include "alarm/bed.hpp"

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace vigil::alarm {

/// One cause: condition, device and source.
using CauseKey = std::tuple<Condition, std::string, std::string>;

/// When it began lies between two clock entries, by the sum of their steps forward.
struct Truth {
    std::int64_t not_before_us = 0;
    std::optional<std::int64_t> not_after_us = {}; // nothing: no clock entry has come since
};

/// A patient to whom things happen. Each step() is one entry; what follows from it is `outputs`.
class AlarmWorld {
public:
    explicit AlarmWorld(std::uint32_t seed);

    void step();

    AlarmMachine machine{"p1"};
    Outputs outputs;
    std::optional<AlarmMachine> twin; // is given the same, where there is one
    Outputs twin_outputs;
    std::optional<v1::Act> act;    // of this step, where it was one
    std::int64_t now_us = 0;       // the sum of the clock entries' steps forward
    std::int64_t longest_gap_us{}; // between two clock entries, so far

    /// What may be a cause, whether or not it raises something now.
    std::map<CauseKey, Truth> truths;
    [[nodiscard]] bool is_silenced(Condition condition) const;

    [[nodiscard]] std::int64_t unanswered_us(Priority priority) const;
    std::optional<std::int64_t> audio_until_us;

private:
    struct Stream {
        std::string name;
        std::int64_t start_us = 0;     // by device_us_
        std::int64_t newest_us = 0;    // sample so far, in the stream
        std::int64_t clock_off_us = 0; // of the device
        std::int64_t block_us = second;
        bool is_sending = true;
        bool is_watched = false;
        Truth heard;
    };

    struct Known {
        EventInput newest;
        bool raises = false;
        bool is_prolonged = false;
        bool is_ongoing = false;
        Truth since;
    };

    [[nodiscard]] std::uint32_t pick(std::uint32_t bound) { return random_() % bound; }

    [[nodiscard]] bool chance(std::uint32_t percent) { return pick(100) < percent; }

    [[nodiscard]] Truth begun() const { return {.not_before_us = now_us, .not_after_us = {}}; }

    EntryStamp entry();

    template <class Input>
    void give(const Input& input) {
        const auto stamp = entry();
        outputs = input(machine, stamp);
        if (twin) {
            twin_outputs = input(*twin, stamp);
        }
    }

    void let_pass(std::int64_t us);
    void clock(std::int64_t by_us);
    void look_at_truths();
    void send();
    void end_stream();
    void change_heart();
    void change_technical();
    void call();
    void change_event();
    void begin_event();
    void go_on_with_event(int number);
    void merge_event(int part, int whole);
    void judge(Known& known) const;
    void know(std::vector<EventInput> inputs);
    void change_settings();
    void change_monitoring();
    void do_act();
    void acknowledge();

    std::mt19937 random_;
    std::int64_t wall_us_ = 1'795'900'000 * second;
    std::int64_t device_us_ = 60 * second; // as the wall clock, but that nobody sets it
    std::int64_t clock_us_ = 0;            // wall time of the newest clock entry
    std::string id_;
    std::uint64_t entries_ = 0;
    std::uint32_t quiet_ = 0; // so many steps more in which time alone passes
    v1::AlarmSettings settings_;
    v1::Patient::Monitoring monitoring_ = v1::Patient::ON;
    std::vector<Stream> streams_;
    int streams_made_ = 0;
    std::map<int, Known> events_;
    std::map<Condition, std::int64_t> offs_; // until, by now_us
    std::map<std::string, v1::Alarm> told_;  // what people saw, before this step
};

} // namespace vigil::alarm
