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

} // namespace

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
        }
    } else {
        v1::Takeover takeover;
        if (takeover.ParseFromString(stored->entry.payload())) {
            output.input_sequence = takeover.input_sequence();
            output.replay_sequence = takeover.replay_sequence();
        }
    }
    return output;
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

std::vector<v1::Entry> step_entries(const StepHead& head, StepContent content, std::size_t most) {
    std::string cause = content.conflict_cause_;
    if (!content.detections_.empty()) {
        cause = content.detections_.front().cause();
    }
    std::vector<v1::Entry> entries;
    std::size_t next = 0;
    do {
        v1::Step step;
        const auto until = std::min(content.detections_.size(), next + most);
        for (; next < until; ++next) {
            *step.add_detections() = std::move(content.detections_[next]);
        }
        if (entries.empty()) {
            for (auto& conflict : content.conflicts_) {
                step.add_conflicts(std::move(conflict));
            }
        }
        step.set_input_sequence(head.input_sequence);
        step.set_replay_sequence(head.replay_sequence);
        step.set_state_digest(head.state_digest);
        step.set_owner_epoch(head.epoch);
        auto entry = output_entry(v1::STEP, head.partition, head.now);
        entry.set_cause(cause);
        const auto what =
            "step/" + std::to_string(head.partition) + "/" + std::to_string(entries.size());
        entry.set_id(
            cause.empty() ? derived_id("idle/" + std::to_string(head.input_sequence), what)
                          : derived_id(cause, what)
        );
        entry.set_payload(step.SerializeAsString());
        entries.push_back(std::move(entry));
    } while (next < content.detections_.size());
    return entries;
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
