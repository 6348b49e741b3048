// What holds in every random ward, checked against what is true there and against what was told.
#include "alarm/alarm_world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <source_location>

namespace vigil::alarm {

namespace {

using v1::Alarm;
using v1::AlarmNotice;

struct Counts {
    std::size_t raised = 0;
    std::size_t high = 0;
    std::size_t acknowledged = 0;
    std::size_t refused = 0;
    std::size_t latched = 0;
    std::size_t ended = 0;
    std::size_t unanswered = 0;
    std::size_t resumed = 0;
};

/// As REQUIRE, which would take most of the time.
void must(bool holds, std::source_location where = std::source_location::current()) {
    if (!holds) {
        FAIL(where.file_name() << ':' << where.line());
    }
}

class Observer {
public:
    explicit Observer(AlarmWorld& world) : world_(world) {}

    void look(Counts& counts) {
        bool is_resumed = false;
        bool is_urgent = false;
        for (const auto& output : world_.outputs) {
            if (output.has_alarm()) {
                const auto& alarm = output.alarm();
                is_urgent |= alarm.priority() == Alarm::HIGH && is_raised(alarm);
                look_at(alarm, counts);
            } else {
                look_at(output.notice(), counts);
                is_resumed |= output.notice().kind() == AlarmNotice::AUDIO_RESUMED;
            }
        }
        look_at_audio(is_urgent, is_resumed);
        look_at_all();
        look_at_causes();
    }

private:
    static bool is_raised(const Alarm& alarm) {
        return alarm.change() == Alarm::RAISED || alarm.change() == Alarm::ESCALATED;
    }

    [[nodiscard]] bool is_acknowledged_now(const Alarm& before) const {
        return world_.act && world_.act->kind() == v1::Act::ACKNOWLEDGE &&
               world_.act->alarm() == before.id() &&
               world_.act->revision() >= before.urgent_revision() &&
               world_.act->revision() <= before.revision();
    }

    void look_at(const Alarm& alarm, Counts& counts) {
        must(alarm.id().size() == 16);
        const auto found = told_.find(alarm.id());
        if (found == told_.end()) {
            must(alarm.revision() == 1);
            must(alarm.change() == Alarm::RAISED);
            ++counts.raised;
            counts.high += alarm.priority() == Alarm::HIGH ? 1 : 0;
            waiting_since_[alarm.id()] = world_.now_us;
        } else {
            look_at_change(found->second, alarm);
        }
        const bool was_low = found != told_.end() && found->second.priority() == Alarm::LOW;
        if (alarm.change() == Alarm::UNANSWERED || was_low ||
            (found != told_.end() && found->second.state() == Alarm::ACKNOWLEDGED)) {
            waiting_since_[alarm.id()] = world_.now_us;
        }
        counts.acknowledged += alarm.change() == Alarm::ACKNOWLEDGE ? 1 : 0;
        counts.latched += alarm.change() == Alarm::CONDITION_OVER ? 1 : 0;
        counts.ended += alarm.state() == Alarm::ENDED ? 1 : 0;
        counts.unanswered += alarm.change() == Alarm::UNANSWERED ? 1 : 0;
        told_[alarm.id()] = alarm;
    }

    /// No path loses an alarm that latches, and above all no high one.
    void look_at_change(const Alarm& before, const Alarm& alarm) {
        must(before.state() != Alarm::ENDED);
        must(alarm.revision() == before.revision() + 1);
        must(alarm.priority() >= before.priority());
        must(alarm.urgent_revision() >= before.urgent_revision());
        if (alarm.state() == Alarm::ACKNOWLEDGED && before.state() != Alarm::ACKNOWLEDGED) {
            must(before.state() == Alarm::ON);
            must(is_acknowledged_now(before));
            must(alarm.acknowledged_by() == world_.act->user());
        }
        must(alarm.change() != Alarm::ACKNOWLEDGE || before.state() == Alarm::ON);
        if (alarm.state() == Alarm::LATCHED) {
            must(before.state() == Alarm::ON || before.state() == Alarm::LATCHED);
        }
        if (alarm.state() == Alarm::ENDED) {
            const bool latches =
                before.priority() == Alarm::HIGH || row_of(before.condition())->latching;
            if (before.state() == Alarm::LATCHED || (before.state() == Alarm::ON && latches)) {
                must(is_acknowledged_now(before));
            }
        }
    }

    void look_at(const AlarmNotice& notice, Counts& counts) {
        must(notice.id().size() == 16);
        must(notices_.insert(notice.id()).second);
        must(notice.patient() == "p1");
        counts.refused += notice.kind() == AlarmNotice::ACT_REFUSED ? 1 : 0;
        counts.resumed += notice.kind() == AlarmNotice::AUDIO_RESUMED ? 1 : 0;
    }

    void look_at_audio(bool is_urgent, bool is_resumed) {
        if (is_resumed) {
            world_.audio_until_us.reset();
        }
        if (world_.audio_until_us) {
            must(!(is_urgent)); // a high alarm is heard
            must(world_.now_us < *world_.audio_until_us);
        }
    }

    /// What was told is what is held, and nobody waits for ever.
    void look_at_all() {
        std::size_t held = 0;
        for (const auto& [place, one] : world_.machine.alarms()) {
            const auto& alarm = one.alarm();
            const auto found = told_.find(alarm.id());
            must(found != told_.end());
            must(found->second.revision() == alarm.revision());
            must(found->second.state() == alarm.state());
            ++held;
            if (alarm.state() != Alarm::ACKNOWLEDGED && alarm.priority() >= Alarm::MEDIUM) {
                const auto waiting = world_.now_us - waiting_since_[alarm.id()];
                // It may have risen to high meanwhile, and the time of medium ones be the shorter.
                const auto longest = std::max(
                    world_.unanswered_us(Alarm::HIGH),
                    world_.unanswered_us(Alarm::MEDIUM)
                );
                must(waiting <= longest + world_.longest_gap_us);
            }
        }
        const auto open = std::ranges::count_if(told_, [](const auto& one) {
            return one.second.state() != Alarm::ENDED;
        });
        must(static_cast<std::size_t>(open) == held);
    }

    /// No alarm without a cause, and no cause without an alarm: what is on is what has lasted long
    /// enough, to the clock entry.
    void look_at_causes() {
        std::set<CauseKey> on;
        for (const auto& [place, one] : world_.machine.alarms()) {
            if (one.alarm().state() != Alarm::LATCHED) {
                for (const auto& cause : one.alarm().causes()) {
                    on.emplace(cause.condition(), one.alarm().device(), cause.source());
                }
            }
        }
        for (const auto& key : on) {
            const auto found = world_.truths.find(key);
            must(found != world_.truths.end());
            const auto& row = *row_of(std::get<Condition>(key));
            must(!(world_.is_silenced(row.id)));
            must(world_.now_us - found->second.not_before_us >= row.delay_us);
        }
        for (const auto& [key, truth] : world_.truths) {
            const auto& row = *row_of(std::get<Condition>(key));
            const auto lasted = world_.now_us - truth.not_after_us.value_or(world_.now_us);
            if (!world_.is_silenced(row.id) && lasted >= row.delay_us) {
                must(on.contains(key));
                look_at_priority(key, row, lasted);
            }
        }
    }

    void look_at_priority(const CauseKey& key, const ConditionRow& row, std::int64_t lasted) {
        for (const auto& [place, one] : world_.machine.alarms()) {
            if (place.group == row.group && place.device == std::get<1>(key)) {
                must(one.alarm().priority() >= *priority_after(row, lasted));
            }
        }
    }

    AlarmWorld& world_;
    std::map<std::string, Alarm> told_; // the newest revisions
    std::set<std::string> notices_;
    std::map<std::string, std::int64_t> waiting_since_;
};

} // namespace

TEST_CASE("in every ward alarms have causes, causes have alarms, and no high one is lost") {
    Counts counts;
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        AlarmWorld world(seed);
        Observer observer(world);
        observer.look(counts);
        for (int step = 0; step < 1'500; ++step) {
            INFO("seed " << seed << ", step " << step);
            world.step();
            observer.look(counts);
        }
    }
    CHECK(counts.raised > 2'000);
    CHECK(counts.high > 120);
    CHECK(counts.acknowledged > 1'000);
    CHECK(counts.refused > 1'000);
    CHECK(counts.latched > 300);
    CHECK(counts.ended > 2'000);
    CHECK(counts.unanswered > 200);
    CHECK(counts.resumed > 200);
}

} // namespace vigil::alarm
