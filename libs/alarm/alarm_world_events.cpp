// The events of a random ward.
#include "alarm/alarm_world.hpp"

namespace vigil::alarm {

namespace {

using v1::Event;

} // namespace

void AlarmWorld::change_event() {
    if (events_.empty() || chance(25)) {
        begin_event();
        return;
    }
    const auto number = static_cast<int>(pick(static_cast<std::uint32_t>(events_.size())));
    const auto other = static_cast<int>(pick(static_cast<std::uint32_t>(events_.size())));
    if (number != other && chance(20)) {
        merge_event(number, other);
    } else {
        go_on_with_event(number);
    }
}

/// Known at once, or long after; of a stream that the machine does not know, so that the wall clock
/// says how old it is (stream_watch_test has the rest).
void AlarmWorld::begin_event() {
    const auto number = static_cast<int>(events_.size());
    auto& known = events_[number];
    known.newest.is_active = chance(70);
    auto& event = known.newest.event;
    event.set_id(event_id(number));
    event.set_revision(1);
    event.set_state(chance(80) ? Event::ONGOING : Event::ENDED);
    event.set_device("other");
    event.set_stream("s");
    event.set_model("window-178");
    event.set_model_version(chance(70) ? "2.0.0" : "3.0.0");
    const auto age = (chance(25) ? 121 + pick(4000) : pick(119)) * second;
    event.mutable_span()->set_onset_us(wall_us_ - age);
    judge(known);
    known.is_ongoing = event.state() == Event::ONGOING;
    known.since = begun();
    know({known.newest});
}

/// What is under two minutes old raises: its onset, or that it has lasted for five.
void AlarmWorld::judge(Known& known) const {
    const auto& span = known.newest.event.span();
    const auto age = wall_us_ - span.onset_us();
    const bool is_prolonged_now = span.prolonged() && age < 7 * minute;
    known.raises = known.raises || age < 2 * minute || is_prolonged_now;
    known.is_prolonged = known.is_prolonged || is_prolonged_now;
}

void AlarmWorld::go_on_with_event(int number) {
    auto& known = events_[number];
    auto& event = known.newest.event;
    event.set_revision(event.revision() + 1);
    auto& span = *event.mutable_span();
    if (!span.prolonged() && known.is_ongoing && wall_us_ - span.onset_us() >= 5 * minute) {
        span.set_prolonged(true);
    } else {
        event.set_state(chance(60) ? Event::ENDED : chance(50) ? Event::ONGOING : Event::WITHDRAWN);
    }
    if (event.state() != Event::WITHDRAWN) {
        judge(known);
    }
    known.is_ongoing = event.state() == Event::ONGOING;
    known.since = begun();
    know({known.newest});
}

void AlarmWorld::merge_event(int part, int whole) {
    auto& from = events_[part];
    auto& into = events_[whole];
    auto& event = from.newest.event;
    if (event.state() == Event::MERGED) {
        return;
    }
    event.set_revision(event.revision() + 1);
    event.set_state(Event::MERGED);
    event.set_merged_into(into.newest.event.id());
    if (from.raises && from.is_ongoing && into.is_ongoing) {
        into.raises = true;
        into.is_prolonged = into.is_prolonged || from.is_prolonged;
    }
    from.is_ongoing = false;
    know({from.newest});
}

void AlarmWorld::know(std::vector<EventInput> inputs) {
    give([&](AlarmMachine& one, const EntryStamp& stamp) { return one.events(stamp, inputs); });
}

} // namespace vigil::alarm
