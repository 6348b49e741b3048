#include "detector/core_inside.hpp"

#include <algorithm>
#include <stdexcept>

namespace vigil::detector {

/// A model that was chosen beside the standard one does not take the others with it when it fails:
/// its windows are not evaluated then.
void Core::Inside::score_windows(Waiting& waiting, std::size_t place) {
    auto& batch = waiting.batches[place];
    if (batch.windows == 0) {
        return;
    }
    auto scored = models.at(place).scorer->score(batch.windows_uv);
    if (scored && scored->size() == batch.windows) {
        batch.scores = std::move(*scored);
        return;
    }
    if (place == Models::standard) {
        throw std::runtime_error(
            scored ? "the scorer gave another number of scores" : scored.error().cause
        );
    }
    ++counts.model_failures;
    for (auto& pending : waiting.detections) {
        if (pending.model == place) {
            pending.score_of_channel.assign(pending.score_of_channel.size(), -1);
        }
    }
}

void Core::Inside::score(Waiting& waiting, std::vector<StepContent>& contents, UtcTime now) {
    for (std::size_t place = 0; place < models.size(); ++place) {
        score_windows(waiting, place);
    }
    for (const auto& content : contents) {
        counts.event_revisions += content.events();
    }
    for (auto& pending : waiting.detections) {
        const auto scored = static_cast<std::uint64_t>(
            std::ranges::count_if(pending.score_of_channel, [](auto index) { return index >= 0; })
        );
        counts.windows_scored += scored;
        counts.shadow_windows += pending.detection.shadow() ? scored : 0;
        fill_in(pending, waiting.batches[pending.model].scores, now);
        counts.windows_not_evaluated += pending.detection.not_evaluated() ? 1 : 0;
        content_of(contents, pending.partition).add_detection(std::move(pending.detection));
    }
    counts.shadows_shed += waiting.shed;
    counts.model_failures += waiting.failures;
}

StepHead Core::Inside::head_of(std::uint32_t number, UtcTime now) {
    auto& partition = *own(number);
    StepHead head{
        .partition = number,
        .owner = options.owner,
        .epoch = options.epoch,
        .input_sequence = position,
        .replay_sequence = partition.checkpoint_input + 1,
        .checkpoint_sequence = partition.checkpoint_sequence,
        .replay_time = partition.checkpoint_time,
        .state_digest = fnv_start,
        .now = now,
    };
    if (const auto& from = partition.memory_from; from && from->sequence < head.replay_sequence) {
        head.replay_sequence = from->sequence;
        head.replay_time = from->before;
    }
    partition.describe(head, memory_begins_us());
    return head;
}

void Core::Inside::put_out(
    std::uint32_t number,
    StepContent content,
    UtcTime now,
    journal::Batch& batch
) {
    auto& partition = *own(number);
    const bool is_due = position >= partition.covered && position > partition.checkpoint_input &&
                        inputs > partition.inputs_at_checkpoint + options.checkpoint_entries;
    if (content.empty() && !is_due) {
        return;
    }
    if (is_due) {
        partition.checkpoint_input = position;
        partition.checkpoint_time = time.state();
        partition.inputs_at_checkpoint = inputs;
        partition.memory_from.reset();
    }
    const auto head = head_of(number, now);
    if (is_due && partition.has_baselines()) {
        partition.memory_from = {.sequence = head.replay_sequence, .before = head.replay_time};
    }
    if (!content.empty()) {
        for (auto& entry :
             step_entries(head, std::move(content), options.detections_per_step_entry)) {
            batch.entries.push_back(std::move(entry));
            awaiting.push_back(
                {.partition = number,
                 .is_checkpoint = false,
                 .replay_sequence = head.replay_sequence}
            );
        }
    }
    if (is_due) {
        batch.entries.push_back(checkpoint_entry(
            head,
            partition.checkpoint_time,
            partition.checkpoint(),
            partition.assignments(),
            partition.hearts,
            partition.alarms
        ));
        awaiting.push_back(
            {.partition = number, .is_checkpoint = true, .replay_sequence = head.replay_sequence}
        );
    }
    batch.fences.push_back({.partition = number, .expected = partition.last_output});
    partition.covered = std::max(partition.covered, position);
}

} // namespace vigil::detector
