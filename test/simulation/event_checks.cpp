// What must hold of events when a world has finished: the newest revisions are what the recorded
// detections say in the order of their windows.
#include "detect/event_machine.hpp"
#include "records/queries.hpp"
#include "simulation/checks.hpp"

#include <algorithm>
#include <format>

namespace vigil::simulation {

namespace {

using Detections = std::map<std::string, std::map<std::uint64_t, v1::Detection>>;

std::string stream_of(const auto& message) {
    return std::format("{}/{}/{}", message.patient(), message.device(), message.stream());
}

Detections detections_of(const std::vector<journal::StoredPtr>& entries) {
    Detections found;
    for (const auto& stored : entries) {
        v1::Step step;
        if (stored->entry.type() != v1::STEP || !step.ParseFromString(stored->entry.payload())) {
            continue;
        }
        for (const auto& detection : step.detections()) {
            if (detection.window() != 0) {
                found[stream_of(detection)][detection.window()] = detection;
            }
        }
    }
    return found;
}

std::string said_of(std::uint64_t first_window, std::uint64_t end_window, std::uint32_t peak) {
    return std::format("{} to {} peak {}", first_window, end_window, peak);
}

Events in_order(const Detections& detections) {
    Events events;
    for (const auto& [stream, windows] : detections) {
        detect::EventMachine machine(event_parameters);
        const auto take = [&, &key = stream](const std::vector<detect::EventChange>& changes) {
            for (const auto& change : changes) {
                if (change.kind == detect::EventChange::Kind::ended) {
                    const auto& event = change.event;
                    events.insert(
                        key + ' ' + said_of(event.onset.window, event.end.window, event.peak_q16)
                    );
                }
            }
        };
        for (const auto& [number, detection] : windows) {
            const auto end_us = static_cast<std::int64_t>(number) * 1'000'000;
            detect::WindowScore window{
                .start_us = end_us - (detection.end_time_us() - detection.start_time_us()),
                .end_us = end_us,
                .onset = {.window = number},
                .end = {.window = number},
            };
            if (!detection.not_evaluated()) {
                window.score_q16 = detection.score_q16();
            }
            take(machine.push(window));
        }
        take(machine.finish()); // every sender has been silent for long
    }
    return events;
}

} // namespace

std::map<std::string, v1::Event> newest_events(const std::vector<journal::StoredPtr>& entries) {
    std::map<std::string, v1::Event> newest;
    for (const auto& stored : entries) {
        v1::Step step;
        if (stored->entry.type() != v1::STEP || !step.ParseFromString(stored->entry.payload())) {
            continue;
        }
        for (const auto& event : step.events()) {
            auto& known = newest[event.id()];
            require(event.revision() == known.revision() + 1, "a revision twice, or left out");
            require(!event.cause().empty(), "an event without a cause");
            known = event;
        }
    }
    return newest;
}

Events events_of(const std::vector<journal::StoredPtr>& entries) {
    Events standing;
    for (const auto& [id, event] : newest_events(entries)) {
        const auto& span = event.span();
        if (event.state() == v1::Event::ENDED) {
            standing.insert(
                stream_of(event) + ' ' +
                said_of(span.first_window(), span.end_window(), span.peak_q16())
            );
        }
        require(event.state() != v1::Event::ONGOING, "an event goes on for ever");
    }
    return standing;
}

void check_stored_events(World& world, const std::vector<journal::StoredPtr>& entries) {
    const records::Queries queries(world.records(), world.store());
    std::map<std::string, std::string> stored;
    std::set<std::string> patients;
    for (const auto& stream : world.streams()) {
        patients.insert(stream.patient);
    }
    for (const auto& patient : patients) {
        const auto page =
            queries.events(patient, {.from_us = 0, .until_us = to_us(epoch) * 2}, 10'000).value();
        for (const auto& row : page.rows) {
            require(
                stored.emplace(row.event.id(), row.event.SerializeAsString()).second,
                "an event stored twice"
            );
        }
    }
    std::map<std::string, std::string> told;
    for (const auto& [id, event] : newest_events(entries)) {
        told.emplace(id, event.SerializeAsString());
    }
    require(
        stored == told,
        std::format("{} events in the journal, {} stored", told.size(), stored.size())
    );
}

std::size_t check_events(const std::vector<journal::StoredPtr>& entries, const Events& replayed) {
    const auto found = events_of(entries);
    const auto expected = in_order(detections_of(entries));
    for (const auto& event : expected) {
        require(found.contains(event), "an event that nobody was told of: " + event);
    }
    for (const auto& event : found) {
        require(expected.contains(event), "an event that the windows do not make: " + event);
    }
    require(found == replayed, "a replay gives other events");
    return found.size();
}

} // namespace vigil::simulation
