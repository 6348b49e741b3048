// The alarms of a patient that are not over and done with, and how they change. Used by
// AlarmMachine.
#pragma once

#include "alarm/conditions.hpp"
#include "alarm/outputs.hpp"
#include "base/error.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vigil::alarm {

/// What makes one alarm of several causes.
struct AlarmPlace {
    Group group = Group::seizure;
    std::string device; // empty for physiological ones

    friend auto operator<=>(const AlarmPlace&, const AlarmPlace&) = default;
};

/// A cause that is on and long enough so.
struct ActiveCause {
    AlarmPlace place;
    Priority priority = v1::Alarm::LOW;
    std::int64_t onset_us = 0;
    v1::Alarm::Cause cause;
};

/// ```
///            raise                 acknowledge
///   (none) ────────▶ ON ─────────────────────────────▶ ACKNOWLEDGED
///                    │ ▲  ◀── another cause, or a ─────  │
///     condition over │ │      higher priority            │ condition over
///                    ▼ │ another cause                   ▼
///                  LATCHED ──────── acknowledge ──────▶ ENDED
/// ```
/// Without latching ON ends at once when its condition is over. The priority never falls before the
/// end. Whoever acknowledges must have seen the newest urgent revision: what made it urgent.
///
/// threads one      cost  of an update: a comparison of the causes with those of before
class HeldAlarms {
public:
    using Held = v1::AlarmMemory::Held;
    using All = std::map<AlarmPlace, Held>;

    HeldAlarms(std::string patient, std::uint64_t raised)
        : patient_(std::move(patient)), raised_(raised) {}

    /// These are the causes now, in the order of place, urgency and source. Gives the highest
    /// priority of what was raised or became more urgent.
    [[nodiscard]] Priority update(
        const std::vector<ActiveCause>& causes,
        const Moment& now,
        const v1::AlarmSettings& settings,
        Outputs& out
    );

    /// What nobody has answered, and what must be reminded of.
    void remind(const Moment& now, const v1::AlarmSettings& settings, Outputs& out);

    /// When remind() will have something to do; nothing: never.
    [[nodiscard]] std::optional<std::int64_t> next_us() const;

    /// errors  not_found: no alarm of this id is held
    ///         conflict: it has become more urgent since, or is acknowledged already
    [[nodiscard]] Result<void> acknowledge(
        const v1::Act& act,
        const Moment& now,
        const v1::AlarmSettings& settings,
        Outputs& out
    );

    /// What an event caused goes on under the id of the event that it became a part of.
    void
    rename_event(const std::string& from, const std::string& to, const Moment& now, Outputs& out);

    [[nodiscard]] Priority highest() const;

    [[nodiscard]] const All& all() const { return all_; }

    [[nodiscard]] std::uint64_t raised() const { return raised_; }

    void load(All all) { all_ = std::move(all); }

private:
    using Range = std::span<const ActiveCause>;
    void raise(const AlarmPlace& place, Range causes, const Moment& now, Outputs& out);
    /// True: it has become urgent.
    bool change(Held& held, Range causes, const Moment& now, Outputs& out);
    /// True: it has ended.
    bool finish(Held& held, const Moment& now, Outputs& out);

    std::string patient_;
    std::uint64_t raised_ = 0; // so far
    All all_;
};

} // namespace vigil::alarm
