#include "ward/call_ledger.hpp"

#include "access/directory.hpp"
#include "base/random.hpp"
#include "vigil/v1/detection.pb.h"

#include <algorithm>
#include <ranges>

namespace vigil::ward {

namespace {

constexpr std::size_t attempts_told = 20;

v1::Call call_of(const v1::Alarm& alarm, v1::Call::Reason reason, UtcTime now) {
    v1::Call call;
    const auto revision =
        reason == v1::Call::UNCONFIRMED ? alarm.urgent_revision() : alarm.revision();
    call.set_id(derived_id(
        alarm.id(),
        "call/" + std::to_string(static_cast<int>(reason)) + "/" + std::to_string(revision)
    ));
    call.set_reason(reason);
    *call.mutable_alarm() = alarm;
    call.set_at_us(to_us(now));
    return call;
}

bool is_over(const v1::Alarm& alarm) {
    return alarm.state() == v1::Alarm::ACKNOWLEDGED || alarm.state() == v1::Alarm::ENDED;
}

} // namespace

bool CallLedger::is_due(std::int64_t due_us, UtcTime now, Microseconds at_most_ahead) {
    return due_us <= to_us(now) || due_us > to_us(now + at_most_ahead);
}

void CallLedger::apply(const journal::Stored& stored, UtcTime now) {
    if (stored.sequence <= sequence_) {
        return;
    }
    sequence_ = stored.sequence;
    const auto& payload = stored.entry.payload();
    if (stored.entry.type() == v1::STEP) {
        if (v1::Step step; step.ParseFromString(payload)) {
            for (const auto& output : step.alarms()) {
                if (output.has_alarm()) {
                    take_alarm(output.alarm(), now);
                }
            }
        }
    } else if (stored.entry.type() == v1::ALARM_CONFIRMED) {
        if (v1::AlarmConfirmed confirmed; confirmed.ParseFromString(payload)) {
            take_confirmation(confirmed);
        }
    } else if (stored.entry.type() == v1::CALL) {
        if (v1::Call call; call.ParseFromString(payload)) {
            add(call);
        }
    } else if (stored.entry.type() == v1::CALL_ATTEMPT) {
        if (v1::CallAttempt attempt; attempt.ParseFromString(payload)) {
            add(attempt);
        }
    }
}

void CallLedger::take_alarm(const v1::Alarm& alarm, UtcTime now) {
    if (alarm.patient() == access::test_patient) {
        return;
    }
    const auto& id = alarm.id();
    const auto watched = watched_.find(id);
    if (is_over(alarm)) {
        watched_.erase(id);
        std::erase_if(wanted_, [&](const auto& one) { return one.second.alarm().id() == id; });
        for (auto& open : open_ | std::views::values) {
            open.needed = open.needed && open.call.alarm().id() != id;
        }
        return;
    }
    const bool is_urgent_now = alarm.urgent_revision() == alarm.revision();
    if (alarm.priority() == v1::Alarm::HIGH && (watched != watched_.end() || is_urgent_now)) {
        // What becomes worse while it is watched is not put off.
        const auto due_us =
            watched != watched_.end() ? watched->second.due_us : to_us(now + rules_.confirm_within);
        watched_[id] = {.alarm = alarm, .due_us = due_us};
    }
    if (alarm.change() == v1::Alarm::UNANSWERED) {
        auto call = call_of(alarm, v1::Call::UNANSWERED, now);
        if (!done_.contains(call.id()) && !open_.contains(call.id())) {
            wanted_[call.id()] = std::move(call);
        }
    }
}

void CallLedger::take_confirmation(const v1::AlarmConfirmed& confirmed) {
    const auto watched = watched_.find(confirmed.alarm());
    if (watched != watched_.end() &&
        confirmed.revision() >= watched->second.alarm.urgent_revision()) {
        watched_.erase(watched);
    }
}

std::vector<v1::Call> CallLedger::due(UtcTime now) const {
    std::vector<v1::Call> calls;
    for (const auto& [alarm, watched] : watched_) {
        if (is_due(watched.due_us, now, rules_.confirm_within)) {
            auto call = call_of(watched.alarm, v1::Call::UNCONFIRMED, now);
            if (!done_.contains(call.id()) && !open_.contains(call.id())) {
                calls.push_back(std::move(call));
            }
        }
    }
    for (const auto& call : wanted_ | std::views::values) {
        calls.push_back(call);
    }
    return calls;
}

void CallLedger::add(const v1::Call& call) {
    if (call.reason() == v1::Call::UNCONFIRMED) {
        watched_.erase(call.alarm().id());
    }
    wanted_.erase(call.id());
    if (done_.contains(call.id()) || open_.contains(call.id())) {
        return;
    }
    open_[call.id()] = {.call = call, .next_us = call.at_us()};
    told_.push_back({.call = call, .attempts = {}});
    if (told_.size() > most_told) {
        told_.pop_front();
    }
}

std::optional<CallLedger::Turn> CallLedger::turn(UtcTime now) const {
    const Open* first = nullptr;
    for (const auto& open : open_ | std::views::values) {
        const bool is_its_turn = !open.needed || is_due(open.next_us, now, rules_.longest_pause);
        if (is_its_turn && (first == nullptr || open.next_us < first->next_us)) {
            first = &open;
        }
    }
    return first == nullptr ? std::nullopt
                            : std::optional(Turn{
                                  .call = first->call,
                                  .attempt = first->attempts + 1,
                                  .accepted = first->accepted,
                                  .needed = first->needed,
                              });
}

v1::CallAttempt
CallLedger::attempt_of(const Turn& turn, bool delivered, UtcTime now, Microseconds wait) const {
    v1::CallAttempt attempt;
    attempt.set_call(turn.call.id());
    attempt.set_number(turn.attempt);
    attempt.set_at_us(to_us(now));
    if (!turn.needed) {
        attempt.set_outcome(v1::CallAttempt::NOT_NEEDED);
    } else if (delivered) {
        attempt.set_outcome(v1::CallAttempt::DELIVERED);
    } else if (to_us(now) - turn.call.at_us() > rules_.give_up_after.count()) {
        attempt.set_outcome(v1::CallAttempt::GIVEN_UP);
    } else {
        const auto doubled = std::min<std::uint32_t>(turn.attempt - 1, 20);
        const auto pause = std::min(
            rules_.longest_pause,
            std::max(wait, Microseconds(rules_.first_pause.count() << doubled))
        );
        attempt.set_outcome(v1::CallAttempt::FAILED);
        attempt.set_next_us(to_us(now + pause));
    }
    return attempt;
}

ToldCall* CallLedger::told(const std::string& id) {
    const auto found =
        std::ranges::find_if(told_, [&](const ToldCall& one) { return one.call.id() == id; });
    return found == told_.end() ? nullptr : &*found;
}

void CallLedger::add(const v1::CallAttempt& attempt) {
    if (auto* known = told(attempt.call());
        known != nullptr &&
        (known->attempts.empty() || known->attempts.back().number() < attempt.number())) {
        known->attempts.push_back(attempt);
        if (known->attempts.size() > attempts_told) {
            known->attempts.erase(known->attempts.begin());
        }
        known->open = attempt.outcome() == v1::CallAttempt::FAILED;
    }
    const auto found = open_.find(attempt.call());
    if (found == open_.end() || found->second.attempts >= attempt.number()) {
        return;
    }
    found->second.attempts = attempt.number();
    found->second.next_us = attempt.next_us();
    for (const auto& tried : attempt.tries()) {
        if (tried.accepted()) {
            found->second.accepted.insert(tried.way());
        }
    }
    if (attempt.outcome() != v1::CallAttempt::FAILED) {
        finish(attempt.call());
    }
    judge(attempt);
}

void CallLedger::judge(const v1::CallAttempt& attempt) {
    if (attempt.outcome() == v1::CallAttempt::DELIVERED) {
        standing_ = {.delivered_us = attempt.at_us()};
    } else if (attempt.outcome() != v1::CallAttempt::NOT_NEEDED) {
        standing_.trouble = attempt.detail();
        if (standing_.failing_since_us == 0) {
            standing_.failing_since_us = attempt.at_us();
        }
    }
    if (open_.empty()) {
        standing_.failing_since_us = 0;
    }
}

void CallLedger::finish(const std::string& id) {
    const std::string known = id; // it may be a part of what is erased
    open_.erase(known);
    if (done_.insert(known).second) {
        done_order_.push_back(known);
    }
    if (done_order_.size() > most_done) {
        done_.erase(done_order_.front());
        done_order_.pop_front();
    }
}

v1::SecondWayMemory CallLedger::memory() const {
    v1::SecondWayMemory memory;
    memory.set_sequence(sequence_);
    for (const auto& watched : watched_ | std::views::values) {
        auto& kept = *memory.add_watched();
        *kept.mutable_alarm() = watched.alarm;
        kept.set_due_us(watched.due_us);
    }
    const auto keep = [&](const Open& open) {
        auto& kept = *memory.add_open();
        *kept.mutable_call() = open.call;
        kept.set_attempts(open.attempts);
        kept.set_next_us(open.needed ? open.next_us : 0);
        for (const auto way : open.accepted) {
            kept.add_accepted(way);
        }
    };
    for (const auto& open : open_ | std::views::values) {
        keep(open);
    }
    for (const auto& call : wanted_ | std::views::values) {
        keep({.call = call, .next_us = call.at_us()});
    }
    for (const auto& id : done_order_) {
        memory.add_done(id);
    }
    return memory;
}

void CallLedger::load(const v1::SecondWayMemory& memory) {
    sequence_ = memory.sequence();
    for (const auto& kept : memory.watched()) {
        watched_[kept.alarm().id()] = {.alarm = kept.alarm(), .due_us = kept.due_us()};
    }
    for (const auto& kept : memory.open()) {
        add(kept.call());
        auto& open = open_[kept.call().id()];
        open.attempts = kept.attempts();
        open.next_us = kept.next_us();
        open.needed = kept.next_us() != 0;
        for (const auto way : kept.accepted()) {
            open.accepted.insert(static_cast<Way>(way));
        }
    }
    for (const auto& id : memory.done()) {
        done_.insert(id);
        done_order_.push_back(id);
    }
}

} // namespace vigil::ward
