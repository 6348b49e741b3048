// Which of a patient's events are worth an alarm, and which are past. Used by AlarmMachine.
#pragma once

#include "alarm/conditions.hpp"
#include "alarm/outputs.hpp"
#include "alarm/stream_watch.hpp"
#include "vigil/v1/detection.pb.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vigil::alarm {

struct EventInput {
    v1::Event event;
    /// The model's standing on the stream: its card matches the signal, and it is no shadow.
    bool is_active = false;
};

/// An event raises where its onset was under `late_after_us` old when it became known; what else
/// becomes known is listed as past. That it is prolonged has an onset of its own: 5 minutes later.
///
/// threads one      cost  a look-up in a map of at most `most_events` for each revision
class EventWatch {
public:
    /// Vigil's own. Beyond it the one that is over, else the oldest, is forgotten.
    static constexpr std::size_t most_events = 64;
    /// What is over may be revised so long; Vigil's own.
    static constexpr std::int64_t remembered_us = 3'600'000'000;
    /// source  detect::EventParameters::prolonged_us
    static constexpr std::int64_t prolonged_us = 300'000'000;

    using Known = v1::AlarmMemory::KnownEvent;
    using Events = std::map<std::string, Known>;

    struct Rules {
        std::int64_t late_after_us = 0;
        const StreamWatch* streams = nullptr;
        /// Of a condition of this model's that raises no alarm now; empty: it does.
        std::function<std::string(const Known&)> why_silent;
    };

    /// What begins or becomes more urgent; what is over already counts as going on until fall().
    /// Gives the ids of events that became a part of another, with the other's.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>>
    rise(std::span<const EventInput> inputs, const Moment& now, const Rules& rules, Outputs& out);

    /// What is over.
    void fall(std::span<const EventInput> inputs);

    /// No revision was later than the newest clock entry.
    void clamp(std::int64_t passed_us);

    /// Drops what has been over for `remembered_us`.
    void forget(std::int64_t passed_us);

    /// When forget() will have something to drop.
    [[nodiscard]] std::optional<std::int64_t> next_forget_us() const;

    [[nodiscard]] const Events& events() const { return events_; }

    void load(Events events) { events_ = std::move(events); }

private:
    Known& know(const std::string& id, const Moment& now, Outputs& out);
    [[nodiscard]] bool inherit(const v1::Event& part, std::span<const EventInput> inputs);
    void take(const EventInput& input, const Moment& now, const Rules& rules, Outputs& out);

    Events events_;
};

/// An event of a model that is active and signed off is a seizure, any other at most possible.
[[nodiscard]] Condition
condition_of(const EventWatch::Known& event, bool is_prolonged, const v1::AlarmSettings& settings);

/// Behind an event's id where it is the cause for being prolonged.
inline constexpr std::string_view prolonged_mark = "/prolonged";

} // namespace vigil::alarm
