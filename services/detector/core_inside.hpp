// What a Core has inside. Private to core*.cpp: core.cpp is what others call, core_take_in.cpp what
// entries do to the partitions, core_put_out.cpp scores and steps.
#pragma once

#include "detector/block_windows.hpp"
#include "detector/core.hpp"
#include "detector/journal_time.hpp"
#include "detector/partition.hpp"
#include "detector/step_entries.hpp"

#include <optional>
#include <vector>

namespace vigil::detector {

struct Core::Inside {
    Models models;
    bool sheds_shadows = false;
    CoreOptions options;
    PartitionRange owned;
    std::vector<Partition> partitions; // the owned ones
    JournalTime time;
    std::optional<JournalTime::State> time_before; // the entry that is being taken in
    journal::Sequence time_from = 0; // time passes from this entry on; before it only contexts are
                                     // filled again
    journal::Sequence position = 0;
    std::uint64_t inputs = 0; // entries taken in that are no detector's outputs
    CoreCounts counts;

    struct Awaiting { // an output of the last batch
        std::uint32_t partition = 0;
        bool is_checkpoint = false;
        journal::Sequence replay_sequence = 0;
    };

    std::vector<Awaiting> awaiting;
    std::size_t awaited_clocks = 0; // entries of the last batch that are no outputs

    Inside(detect::Scorer& model, CoreOptions chosen)
        : models(model, chosen.models),
          options(std::move(chosen)),
          owned(options.owned.value_or(PartitionRange{0, options.partitions})),
          partitions(owned.size()) {}

    /// nullptr: it is another owner's.
    [[nodiscard]] Partition* own(std::uint32_t number) {
        return owned.contains(number) ? &partitions[number - owned.first] : nullptr;
    }

    [[nodiscard]] StepContent& content_of(std::vector<StepContent>& contents, std::uint32_t number)
        const {
        return contents[number - owned.first];
    }

    [[nodiscard]] const detect::ModelCard& standard_card() const {
        return models.at(Models::standard).card;
    }

    /// What was touched last before then is forgotten.
    [[nodiscard]] std::int64_t memory_begins_us() const {
        return time.now_us() - std::chrono::microseconds(options.memory).count();
    }

    /// Of a directory entry the partition of its patient, whose owner reads it in order with the
    /// patient's inputs.
    [[nodiscard]] std::uint32_t partition_of(const v1::Entry& entry) const {
        return entry.key().empty() || entry.patient().empty()
                   ? entry.partition()
                   : journal::partition_of(entry.patient(), options.partitions);
    }

    void take(const journal::Stored& entry, Waiting& waiting, std::vector<StepContent>& contents);
    void take_block(
        Partition& partition,
        const journal::Stored& entry,
        const ReadBlock& read,
        Waiting& waiting,
        StepContent& content
    );
    void take_the_rest(const journal::Stored& entry, std::vector<StepContent>& contents);
    void take_again(Partition& partition, const journal::Stored& entry);
    void fill_contexts(Partition& partition, const journal::Stored& entry);
    StreamState* stream_of(
        Partition& partition,
        const journal::Stored& entry,
        const v1::EegBlock& block,
        StepContent* content
    );
    void score_windows(Waiting& waiting, std::size_t place);
    void score(Waiting& waiting, std::vector<StepContent>& contents, UtcTime now);
    void must_be_committed() const;
    StepHead head_of(std::uint32_t number, UtcTime now);
    void put_out(std::uint32_t number, StepContent content, UtcTime now, journal::Batch& batch);
    Result<journal::Batch> takeover_batch(journal::Journal& journal, UtcTime now);
    Result<void> load(journal::Journal& journal);
};

} // namespace vigil::detector
