#include "detector/step_entries.hpp"

#include "base/random.hpp"

#include <algorithm>

namespace vigil::detector {

namespace {

v1::Entry output_entry(v1::EntryType type, std::uint32_t partition, UtcTime now) {
    v1::Entry entry;
    entry.set_type(type);
    entry.set_schema_version(1);
    entry.set_partition(partition);
    entry.set_source("detector");
    entry.set_receipt_time_us(to_us(now));
    return entry;
}

/// Well under journal::max_entry_bytes: the largest detection, of 256 channels, has about 1 KiB.
constexpr std::size_t enough_bytes = 384 << 10;

void set_clock(v1::JournalClock& clock, const JournalTime::State& state) {
    clock.set_newest_us(state.newest_us);
    clock.set_passed_us(state.passed_us);
}

v1::Step headed_step(const StepHead& head) {
    v1::Step step;
    step.set_input_sequence(head.input_sequence);
    step.set_replay_sequence(head.replay_sequence);
    step.set_checkpoint_sequence(head.checkpoint_sequence);
    step.set_state_digest(head.state_digest);
    step.set_owner_epoch(head.epoch);
    if (head.replay_time) {
        set_clock(*step.mutable_replay_clock(), *head.replay_time);
    }
    return step;
}

v1::Entry step_entry(
    const StepHead& head,
    const v1::Step& step,
    const std::string& cause,
    const std::string& id
) {
    auto entry = output_entry(v1::STEP, head.partition, head.now);
    entry.set_id(id);
    entry.set_cause(cause);
    entry.set_payload(step.SerializeAsString());
    return entry;
}

} // namespace

std::optional<JournalTime::State> read_clock(bool is_there, const v1::JournalClock& clock) {
    return is_there ? std::optional(JournalTime::State{clock.newest_us(), clock.passed_us()})
                    : std::nullopt;
}

Output read_output(const journal::Stored* stored) {
    Output output;
    if (stored == nullptr) {
        return output;
    }
    output.sequence = stored->sequence;
    if (stored->entry.type() == v1::STEP) {
        v1::Step step;
        if (step.ParseFromString(stored->entry.payload())) {
            output.input_sequence = step.input_sequence();
            output.replay_sequence = step.replay_sequence();
            output.replay_time = read_clock(step.has_replay_clock(), step.replay_clock());
            output.checkpoint_sequence =
                step.has_checkpoint_clock() ? stored->sequence : step.checkpoint_sequence();
        }
    } else {
        v1::Takeover takeover;
        if (takeover.ParseFromString(stored->entry.payload())) {
            output.input_sequence = takeover.input_sequence();
            output.replay_sequence = takeover.replay_sequence();
            output.replay_time = read_clock(takeover.has_replay_clock(), takeover.replay_clock());
            output.checkpoint_sequence = takeover.checkpoint_sequence();
        }
    }
    return output;
}

v1::Entry
clock_entry(std::uint32_t partition, const std::string& owner, std::uint64_t epoch, UtcTime now) {
    auto entry = output_entry(v1::CLOCK, partition, now);
    entry.set_id(derived_id(
        owner + "/" + std::to_string(epoch),
        "clock/" + std::to_string(partition) + "/" + std::to_string(to_us(now))
    ));
    return entry;
}

v1::Entry takeover_entry(
    std::uint32_t partition,
    const std::string& owner,
    std::uint64_t epoch,
    const Output& before,
    UtcTime now
) {
    v1::Takeover takeover;
    takeover.set_owner(owner);
    takeover.set_owner_epoch(epoch);
    takeover.set_input_sequence(before.input_sequence);
    takeover.set_replay_sequence(before.replay_sequence);
    takeover.set_checkpoint_sequence(before.checkpoint_sequence);
    if (before.replay_time) {
        set_clock(*takeover.mutable_replay_clock(), *before.replay_time);
    }
    auto entry = output_entry(v1::TAKEOVER, partition, now);
    entry.set_id(derived_id(
        owner + "/" + std::to_string(epoch),
        "takeover/" + std::to_string(partition) + "/" + std::to_string(before.sequence)
    ));
    entry.set_payload(takeover.SerializeAsString());
    return entry;
}

void StepContent::add_conflict(const v1::Entry& entry, const v1::EegBlock& block) {
    v1::Conflict conflict;
    conflict.set_device(block.device());
    conflict.set_stream(block.stream());
    conflict.set_first_sample(block.first_sample());
    conflict.set_end_sample(block.first_sample() + block.samples());
    if (conflicts_.empty()) {
        conflict_cause_ = entry.id();
    }
    conflicts_.push_back(conflict.SerializeAsString());
}

namespace {

/// Moves as many of the items from `next` on into the step as an entry has room for.
template <class Item, class Add>
void fill(
    std::vector<Item>& items,
    std::size_t& next,
    std::size_t& room,
    std::size_t& bytes,
    Add add
) {
    for (; next < items.size() && room > 0 && bytes < enough_bytes; ++next, --room) {
        bytes += items[next].ByteSizeLong();
        *add() = std::move(items[next]);
    }
}

} // namespace

std::vector<v1::Entry> step_entries(const StepHead& head, StepContent content, std::size_t most) {
    std::string cause = content.conflict_cause_;
    if (!content.detections_.empty()) {
        cause = content.detections_.front().cause();
    } else if (!content.events_.empty()) {
        cause = content.events_.front().cause();
    } else if (!content.hearts_.empty()) {
        cause = content.hearts_.front().cause();
    } else if (!content.alarms_.empty()) {
        const auto& first = content.alarms_.front();
        cause = first.has_alarm() ? first.alarm().cause() : first.notice().cause();
    }
    std::vector<v1::Entry> entries;
    std::size_t next_detection = 0;
    std::size_t next_event = 0;
    std::size_t next_heart = 0;
    std::size_t next_alarm = 0;
    do {
        auto step = headed_step(head);
        std::size_t room = most;
        std::size_t bytes = 0;
        fill(content.detections_, next_detection, room, bytes, [&] {
            return step.add_detections();
        });
        fill(content.events_, next_event, room, bytes, [&] { return step.add_events(); });
        fill(content.hearts_, next_heart, room, bytes, [&] { return step.add_heart(); });
        fill(content.alarms_, next_alarm, room, bytes, [&] { return step.add_alarms(); });
        if (entries.empty()) {
            for (auto& conflict : content.conflicts_) {
                step.add_conflicts(std::move(conflict));
            }
        }
        const auto number = std::to_string(head.partition) + "/" + std::to_string(entries.size());
        entries.push_back(step_entry(head, step, cause, derived_id(cause, "step/" + number)));
    } while (next_detection < content.detections_.size() || next_event < content.events_.size() ||
             next_heart < content.hearts_.size() || next_alarm < content.alarms_.size());
    return entries;
}

v1::Entry checkpoint_entry(
    const StepHead& head,
    std::optional<JournalTime::State> time,
    std::vector<v1::StreamSeen> seen,
    std::vector<v1::ModelAssignment> models,
    const Hearts& hearts,
    const Alarms& alarms
) {
    auto step = headed_step(head);
    if (time) {
        set_clock(*step.mutable_checkpoint_clock(), *time);
    }
    for (auto& stream : seen) {
        *step.add_seen() = std::move(stream);
    }
    hearts.remember(step);
    alarms.remember(step);
    for (auto& assignment : models) {
        *step.add_models() = std::move(assignment);
    }
    const auto cause = "checkpoint/" + std::to_string(head.input_sequence);
    return step_entry(head, step, {}, derived_id(cause, std::to_string(head.partition)));
}

std::uint64_t fnv(std::uint64_t hash, std::string_view bytes) {
    for (const char byte : bytes) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
    }
    return hash;
}

std::uint64_t fnv(std::uint64_t hash, std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
        hash = (hash ^ ((number >> static_cast<unsigned>(shift)) & 0xffU)) * 1099511628211ULL;
    }
    return hash;
}

} // namespace vigil::detector
