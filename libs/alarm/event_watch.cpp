#include "alarm/event_watch.hpp"

#include "alarm/bounds.hpp"

#include <algorithm>
#include <optional>
#include <ranges>

namespace vigil::alarm {

namespace {

using State = v1::Event;

bool is_ongoing_in(std::span<const EventInput> inputs, const std::string& id, bool otherwise) {
    bool is_ongoing = otherwise;
    for (const auto& input : inputs) {
        if (input.event.id() == id) {
            is_ongoing = input.event.state() == State::ONGOING;
        }
    }
    return is_ongoing;
}

std::int64_t age_us(const v1::Event& event, const StreamWatch& streams, const Moment& now) {
    const auto& span = event.span();
    return streams.age_us({event.device(), event.stream()}, span.start_in_stream_us(), now)
        .value_or(now.time_us - span.onset_us());
}

void list(const EventWatch::Known& event, std::string reason, Outputs& out) {
    auto& notice =
        add_notice(out, v1::AlarmNotice::LISTED, StreamName{event.device(), event.stream()});
    notice.add_conditions(v1::Alarm::SEIZURE_POSSIBLE);
    notice.set_source(event.id());
    notice.set_onset_us(event.onset_us());
    notice.set_reason(std::move(reason));
}

bool is_usable(const v1::Event& event) {
    constexpr std::size_t id_bytes = 16;
    const auto& span = event.span();
    return event.id().size() == id_bytes && is_time(span.onset_us()) &&
           is_time(span.start_in_stream_us()) && event.model().size() <= longest_name &&
           event.model_version().size() <= longest_name;
}

} // namespace

Condition
condition_of(const EventWatch::Known& event, bool is_prolonged, const v1::AlarmSettings& settings) {
    if (!event.active() || !is_signed_off(settings, event.model(), event.model_version())) {
        return v1::Alarm::SEIZURE_POSSIBLE;
    }
    return is_prolonged ? v1::Alarm::PROLONGED_SEIZURE : v1::Alarm::SEIZURE;
}

std::vector<std::pair<std::string, std::string>> EventWatch::rise(
    std::span<const EventInput> inputs,
    const Moment& now,
    const Rules& rules,
    Outputs& out
) {
    std::vector<std::pair<std::string, std::string>> joined;
    for (const auto& input : inputs) {
        if (input.event.state() == State::MERGED && inherit(input.event, inputs)) {
            joined.emplace_back(input.event.id(), input.event.merged_into());
        }
    }
    for (const auto& input : inputs) {
        if (is_usable(input.event)) {
            take(input, now, rules, out);
        }
    }
    return joined;
}

/// Whoever was raised goes on as a part of what it belongs to, where that goes on.
bool EventWatch::inherit(const v1::Event& part, std::span<const EventInput> inputs) {
    const auto known = events_.find(part.id());
    if (known == events_.end() || !known->second.raises() || !known->second.ongoing() ||
        part.revision() <= known->second.revision() || part.merged_into() == part.id()) {
        return false;
    }
    const auto whole = events_.find(part.merged_into());
    const bool is_known = whole != events_.end();
    if (!is_ongoing_in(inputs, part.merged_into(), is_known && whole->second.ongoing())) {
        return false;
    }
    auto& heir = is_known ? whole->second : events_[part.merged_into()];
    heir.set_id(part.merged_into());
    heir.set_raises(true);
    heir.set_raises_prolonged(heir.raises_prolonged() || known->second.raises_prolonged());
    known->second.set_ongoing(false);
    return true;
}

void EventWatch::take(
    const EventInput& input,
    const Moment& now,
    const Rules& rules,
    Outputs& out
) {
    const auto& event = input.event;
    auto& known = know(event.id(), now, out);
    if (event.revision() <= known.revision()) {
        return;
    }
    const auto& span = event.span();
    known.set_revision(event.revision());
    known.set_device(event.device());
    known.set_stream(event.stream());
    known.set_model(event.model());
    known.set_model_version(event.model_version());
    known.set_active(input.is_active);
    known.set_peak_q16(span.peak_q16());
    known.set_onset_us(span.onset_us());
    known.set_seen_passed_us(now.passed_us);
    if (event.state() != State::ONGOING && event.state() != State::ENDED) {
        return;
    }
    const auto age = age_us(event, *rules.streams, now);
    const bool had_raised = known.raises();
    const bool is_prolonged_now = span.prolonged() && age - prolonged_us < rules.late_after_us;
    known.set_raises(had_raised || age < rules.late_after_us || is_prolonged_now);
    known.set_raises_prolonged(known.raises_prolonged() || is_prolonged_now);
    known.set_ongoing(known.ongoing() || event.state() == State::ONGOING || !had_raised);
    const auto reason = known.raises() ? rules.why_silent(known) : "late";
    if (!reason.empty() && !known.listed()) {
        known.set_listed(true);
        list(known, reason, out);
    }
}

EventWatch::Known& EventWatch::know(const std::string& id, const Moment& now, Outputs& out) {
    if (const auto found = events_.find(id); found != events_.end()) {
        return found->second;
    }
    if (events_.size() >= most_events) {
        const auto oldest = std::ranges::min_element(events_, {}, [](const auto& entry) {
            return std::pair(entry.second.ongoing(), entry.second.seen_passed_us());
        });
        if (oldest->second.ongoing()) {
            auto& notice = add_notice(out, v1::AlarmNotice::FORGOTTEN);
            notice.set_source(oldest->first);
            notice.set_reason("too many events go on: this one is followed no more");
        }
        events_.erase(oldest);
    }
    auto& known = events_[id];
    known.set_id(id);
    known.set_seen_passed_us(now.passed_us);
    return known;
}

void EventWatch::fall(std::span<const EventInput> inputs) {
    for (const auto& input : inputs) {
        const auto known = events_.find(input.event.id());
        if (known != events_.end() && known->second.ongoing() &&
            known->second.revision() == input.event.revision() &&
            input.event.state() != State::ONGOING) {
            known->second.set_ongoing(false);
        }
    }
}

void EventWatch::clamp(std::int64_t passed_us) {
    for (auto& [id, event] : events_) {
        if (event.seen_passed_us() > passed_us) {
            event.set_seen_passed_us(passed_us);
        }
    }
}

void EventWatch::forget(std::int64_t passed_us) {
    std::erase_if(events_, [passed_us](const auto& entry) {
        return !entry.second.ongoing() &&
               passed_us - entry.second.seen_passed_us() >= remembered_us;
    });
}

std::optional<std::int64_t> EventWatch::next_forget_us() const {
    std::optional<std::int64_t> next;
    for (const auto& [id, event] : events_) {
        if (!event.ongoing()) {
            const auto at = event.seen_passed_us() + remembered_us;
            next = std::min(next.value_or(at), at);
        }
    }
    return next;
}

} // namespace vigil::alarm
