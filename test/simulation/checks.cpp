// What must hold of every world when it has finished.
#include "simulation/checks.hpp"

#include "records/queries.hpp"

#include <algorithm>
#include <format>

namespace vigil::simulation {

namespace {

/// Everything that the store has of every stream, through the queries, page by page.
Shown::Samples stored_samples(World& world) {
    Shown::Samples stored;
    const records::Queries queries(world.records(), world.store());
    std::set<std::string> patients;
    for (const auto& stream : world.streams()) {
        patients.insert(stream.patient);
    }
    for (const auto& patient : patients) {
        store::TimeRange time{
            .from_us = to_us(epoch) - 3'600'000'000,
            .until_us = to_us(epoch) + 3'600'000'000
        };
        while (true) {
            const auto page = queries.eeg(patient, time, {.rows = 2, .bytes = 20'000}).value();
            for (const auto& [info, runs] : page.streams) {
                auto& samples = stored[patient + '/' + info->device + '/' + info->stream];
                for (const auto& run : runs) {
                    for (std::uint64_t i = 0; i < run.samples; ++i) {
                        SampleTable::Values values{};
                        for (std::size_t channel = 0; channel < info->channels.size(); ++channel) {
                            values.at(channel) = run.values.at(channel * run.samples + i);
                        }
                        require(samples.insert(run.first_sample + i, values), [&] {
                            return std::format(
                                "stored twice: {} {}",
                                info->stream,
                                run.first_sample + i
                            );
                        });
                    }
                }
            }
            if (!page.next_us) {
                break;
            }
            require(*page.next_us > time.from_us, "a page that does not go on");
            time.from_us = *page.next_us;
        }
    }
    return stored;
}

void check_samples(const World& world, const Shown::Samples& found, const char* where) {
    for (const auto& stream : world.streams()) {
        const auto held = found.find(stream.key());
        static const SampleTable none;
        const auto& samples = held == found.end() ? none : held->second;
        std::size_t accepted = 0;
        SampleTable indices;
        for (const auto& range : stream.accepted) {
            for (auto index = range.first; index < range.end; ++index) {
                if (!indices.insert(index, {})) {
                    continue;
                }
                const auto* at = samples.find(index);
                require(at != nullptr, [&] {
                    return std::format("accepted and not {}: {} {}", where, stream.key(), index);
                });
                for (std::size_t channel = 0; channel < stream.channels; ++channel) {
                    require(at->at(channel) == stream.sample(index, channel), [&] {
                        return std::format(
                            "accepted and {} with another value: {} {}",
                            where,
                            stream.key(),
                            index
                        );
                    });
                }
                ++accepted;
            }
        }
        require(
            indices.size() == samples.size(),
            std::format(
                "{} and never sent: {} {} of {}",
                where,
                stream.key(),
                samples.size(),
                indices.size()
            )
        );
        require(accepted > 0, "nothing was accepted: " + stream.key());
    }
}

struct Outputs {
    std::map<std::string, std::string> detections; // by window
    Events events;
    std::multiset<std::string> conflicts;
    std::map<std::string, std::vector<std::string>> heart; // of a source, news and record apart
};

std::string window_of(const v1::Detection& detection) {
    return std::format(
        "{}/{}/{} {}",
        detection.patient(),
        detection.device(),
        detection.stream(),
        detection.first_sample()
    );
}

Outputs outputs_of(const std::vector<journal::StoredPtr>& entries) {
    Outputs outputs;
    for (const auto& stored : entries) {
        v1::Step step;
        if (stored->entry.type() != v1::STEP) {
            continue;
        }
        require(step.ParseFromString(stored->entry.payload()), "a step that cannot be read");
        for (auto& detection : *step.mutable_detections()) {
            detection.clear_delay_us();
            detection.clear_cause();
            const auto [held, is_new] =
                outputs.detections.emplace(window_of(detection), detection.SerializeAsString());
            require(is_new, "a window was put out twice: " + held->first);
        }
        for (const auto& bytes : step.conflicts()) {
            v1::Conflict conflict;
            require(conflict.ParseFromString(bytes), "a conflict that cannot be read");
            outputs.conflicts.insert(std::format(
                "{}/{} {}-{}",
                conflict.device(),
                conflict.stream(),
                conflict.first_sample(),
                conflict.end_sample()
            ));
        }
        for (const auto& change : step.heart()) {
            require(!change.cause().empty(), "a heart's change without a cause");
            const auto source = std::format(
                "{}/{}/{} {}",
                change.patient(),
                change.device(),
                change.stream(),
                change.settled() ? "settled" : "told"
            );
            outputs.heart[source].push_back(change.SerializeAsString());
        }
    }
    outputs.events = events_of(entries);
    return outputs;
}

/// Of two owners only the one that took over last may have put something out.
void check_fences(const std::vector<journal::StoredPtr>& entries) {
    std::map<std::uint32_t, std::uint64_t> owner;
    for (const auto& stored : entries) {
        const auto& entry = stored->entry;
        if (entry.type() == v1::TAKEOVER) {
            v1::Takeover takeover;
            require(takeover.ParseFromString(entry.payload()), "a takeover that cannot be read");
            owner[entry.partition()] = takeover.owner_epoch();
        } else if (entry.type() == v1::STEP) {
            v1::Step step;
            require(
                step.ParseFromString(entry.payload()) &&
                    step.owner_epoch() == owner[entry.partition()],
                "an owner that was overtaken put out a step"
            );
        }
    }
}

/// One fresh detector over the same inputs.
Outputs replay(
    const std::vector<journal::StoredPtr>& entries,
    Engine& random,
    std::chrono::seconds memory
) {
    journal::MemoryJournal journal;
    for (const auto& stored : entries) {
        if (stored->entry.type() != v1::STEP && stored->entry.type() != v1::TAKEOVER) {
            journal.append(
                {.entries = {stored->entry}, .fences = {}},
                [](Result<journal::Appended>) {}
            );
        }
    }
    TinyScorer scorer;
    detector::CoreOptions options;
    options.partitions = World::partitions;
    options.memory = memory;
    options.events = event_parameters;
    detector::Core core(scorer, options);
    require(
        core.take_over(journal, from_us(entries.back()->entry.receipt_time_us())).has_value(),
        "a fresh detector cannot take over"
    );
    auto now = from_us(entries.back()->entry.receipt_time_us());
    const auto append = [&](journal::Batch batch) {
        if (!batch.entries.empty()) {
            journal.append(std::move(batch), [&](Result<journal::Appended> result) {
                core.committed(result.value());
            });
        }
    };
    journal::Batch time;
    std::size_t rounds = 0;
    do {
        require(++rounds <= 1'000, "in a replay something depends on time for ever");
        append(std::move(time));
        while (core.position() < journal.newest()) {
            const auto inputs =
                journal.read(core.position(), {.entries = 1 + pick(random, 50)}).value();
            // Outputs are entries too, and the detector's time is that of the entries.
            append(core.step(inputs, from_us(inputs.back()->entry.receipt_time_us())));
        }
        now += std::chrono::seconds{5};
        time = core.clock(now);
    } while (!time.entries.empty());
    return outputs_of(journal.read(0, {.entries = SIZE_MAX, .bytes = SIZE_MAX}).value());
}

void check_detections(World& world, const Outputs& outputs) {
    const records::Queries queries(world.records(), world.store());
    std::map<std::string, std::string> stored;
    std::set<std::string> patients;
    for (const auto& stream : world.streams()) {
        patients.insert(stream.patient);
    }
    for (const auto& patient : patients) {
        const auto rows =
            queries.detections(patient, {.from_us = 0, .until_us = to_us(epoch) * 2}, 10'000)
                .value();
        for (auto row : rows.rows) {
            row.detection.clear_delay_us();
            row.detection.clear_cause();
            require(
                stored.emplace(window_of(row.detection), row.detection.SerializeAsString()).second,
                "a detection stored twice"
            );
        }
    }
    require(
        stored == outputs.detections,
        std::format(
            "{} detections in the journal, {} stored",
            outputs.detections.size(),
            stored.size()
        )
    );
}

void check_conflicts(
    const World& world,
    const std::vector<journal::StoredPtr>& entries,
    const Outputs& outputs
) {
    for (const auto& conflict : world.let_in()) {
        // Perhaps it never reached the journal: then there is nothing to see.
        const bool held = std::ranges::any_of(entries, [&](const journal::StoredPtr& stored) {
            v1::EegBlock block;
            if (stored->entry.type() != v1::EEG_BLOCK ||
                !block.ParseFromString(stored->entry.payload())) {
                return false;
            }
            const auto end = block.first_sample() + block.samples();
            const auto key = std::format(
                "{}/{}/{} {}-{}",
                stored->entry.patient(),
                block.device(),
                block.stream(),
                block.first_sample(),
                end
            );
            const auto stream = std::ranges::find_if(world.streams(), [&](const Stream& s) {
                return conflict.starts_with(s.key() + ' ');
            });
            return key == conflict &&
                   block.data() != stream->block({block.first_sample(), end}).data();
        });
        require(
            !held || outputs.conflicts.contains(conflict.substr(conflict.find('/') + 1)),
            "a conflict that nobody saw: " + conflict
        );
    }
}

} // namespace

Checked check(World& world) {
    const auto entries = world.history();
    require(
        world.store().position().value() == world.journal().newest(),
        "the store has not reached the journal"
    );
    check_samples(world, stored_samples(world), "stored");
    auto shown = world.seen_on_pages();
    for (const auto& [key, samples] : world.shown().samples()) {
        shown[key].insert(samples);
    }
    check_samples(world, shown, "shown");
    check_fences(entries);
    const auto outputs = outputs_of(entries);
    check_detections(world, outputs);
    check_conflicts(world, entries, outputs);
    const auto again = replay(entries, world.random(), world.settings().memory);
    for (const auto& [window, detection] : outputs.detections) {
        const auto found = again.detections.find(window);
        require(found != again.detections.end(), "a replay does not give the window " + window);
        require(found->second == detection, "a replay gives another detection of " + window);
    }
    for (const auto& [window, detection] : again.detections) {
        require(outputs.detections.contains(window), "only a replay gives the window " + window);
    }
    require(outputs.heart == again.heart, "a replay gives other changes of a heart");
    std::size_t heart_changes = 0;
    for (const auto& [source, changes] : outputs.heart) {
        heart_changes += changes.size();
    }
    const auto alarms = check_alarms(entries);
    const auto events = check_events(entries, again.events);
    check_stored_events(world, entries);
    check_hearts(world, entries);
    return {
        .detections = outputs.detections.size(),
        .events = events,
        .heart_changes = heart_changes,
        .alarms = alarms
    };
}

} // namespace vigil::simulation
