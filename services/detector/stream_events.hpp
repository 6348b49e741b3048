// The events of one stream: recorded detections in, revisions out. Used by Core.
#pragma once

#include "detect/event_timeline.hpp"
#include "vigil/v1/detection.pb.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace vigil::detector {

/// One timeline for the active model, and one for each shadow. A detection of another active model,
/// of another version, or that may lead to something else, ends what goes on and begins anew:
/// scores of two models are never joined, and an event is of one standing.
///
/// threads one
class StreamEvents {
public:
    explicit StreamEvents(const detect::EventParameters& parameters) : parameters_(parameters) {}

    /// Takes a detection that was recorded; old-contract windows make no events. The revisions lack
    /// `cause`.
    [[nodiscard]] std::vector<v1::Event>
    push(const v1::Detection& detection, const detect::EventTimeline::NewId& new_id);

    /// The stream ends before `end_sample`. The revisions lack `cause`, patient, device and stream.
    [[nodiscard]] std::vector<v1::Event> finish(std::uint64_t end_sample);

    /// Nothing has come for long: detect::EventTimeline::fall_silent(). The revisions lack what
    /// those of finish() lack.
    [[nodiscard]] std::vector<v1::Event> fall_silent();
    [[nodiscard]] bool goes_on() const;

    [[nodiscard]] std::vector<v1::EventMemory> memory() const;
    void load(const v1::EventMemory& memory);

private:
    struct OfModel {
        v1::Event head; // what its events have in common: model, version, standing
        detect::EventTimeline timeline;
    };

    detect::EventParameters parameters_;
    std::map<std::string, OfModel> models_; // by the shadow's name; the active one's is empty
};

} // namespace vigil::detector
