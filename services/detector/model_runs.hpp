// The models that run on one stream, as its patient's assignment and the models' cards say. Used by
// Core.
#pragma once

#include "base/time.hpp"
#include "detect/line_length.hpp"
#include "detector/models.hpp"
#include "detector/stream_runs.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/directory.pb.h"
#include "vigil/v1/eeg.pb.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace vigil::detector {

/// A detection whose scores are still to come.
struct Pending {
    v1::Detection detection;
    std::uint32_t partition = 0;
    std::size_t model = 0;                        // its place in Models
    std::int64_t receipt_time_us = 0;             // of the block
    std::vector<std::ptrdiff_t> score_of_channel; // index into the scores, -1: not evaluated
};

/// What waits for the models: windows one after the other and the detections that they belong to.
struct Waiting {
    struct Batch { // of one model
        std::vector<float> windows_uv;
        std::vector<float> scores; // of a model that says them at once, and has no windows here
        std::size_t windows = 0;
    };

    explicit Waiting(std::size_t models, bool sheds = false)
        : batches(models), sheds_shadows(sheds) {}

    std::vector<Batch> batches; // by the model's place in Models
    std::vector<Pending> detections;
    bool sheds_shadows = false;
    std::uint64_t shed = 0;     // windows of shadows that were not scored
    std::uint64_t failures = 0; // of models that say their scores at once
};

/// A block on its way to the models.
struct TakenBlock {
    const journal::Stored& entry;
    const v1::EegBlock& block;
    std::span<const std::int32_t> samples; // [channels][block.samples()]
};

/// threads one
class ModelRuns {
public:
    /// What runs from now on: `assignment` nullptr is the default. A model that goes on keeps what
    /// it knows of the stream.
    void assign(Models& models, const v1::ModelAssignment* assignment, const v1::EegBlock& block);

    /// Nothing runs: nobody can read this rate.
    [[nodiscard]] bool empty() const { return runs_.empty(); }

    /// Of the windows that the models read, for StreamRuns.
    [[nodiscard]] std::span<const detect::WindowShape* const> shapes() const { return shapes_; }

    /// Takes a whole window of shapes()[shape]. `waiting` nullptr: its score was put out before,
    /// but later ones may depend on it.
    void take_window(
        std::size_t shape,
        const StreamRuns::Whole& whole,
        const TakenBlock& taken,
        Waiting* waiting
    );

    /// Gives models with a long context the samples of a part of the block.
    void take_samples(journal::SampleRange part, const TakenBlock& taken, Waiting* waiting);

    /// What a checkpoint keeps, and what a new owner goes on from; the latter before assign().
    [[nodiscard]] std::vector<v1::LineLengthMemory> baselines() const;
    [[nodiscard]] bool has_baselines() const;
    void load(const v1::StreamSeen& seen);
    /// The oldest entry that a new owner must read for the long contexts; 0: none.
    [[nodiscard]] journal::Sequence context_sequence() const;

private:
    struct Run {
        const KnownModel* model = nullptr; // nullptr: the detector has none of this name
        std::size_t place = 0;
        v1::Detection head;                               // what its detections have in common
        std::shared_ptr<const detect::WindowShape> shape; // nullptr: it reads the samples
        std::vector<detect::LineLength> baselines;        // by channel
        std::vector<detect::LongContext> contexts;        // by channel
    };

    struct Mark { // samples from `first` on came with the entry
        std::uint64_t first = 0;
        journal::Sequence sequence = 0;
    };

    void add_run(Models& models, const std::string& name, bool shadow, const v1::EegBlock& block);
    void take_state(Run& made, std::vector<Run>& before, std::size_t channels);
    static void take_lengths(
        Run& run,
        const StreamRuns::Whole& whole,
        const TakenBlock& taken,
        Pending& pending,
        Waiting::Batch* batch
    );
    static void
    take_context(Run& run, journal::SampleRange part, const TakenBlock& taken, Waiting* waiting);
    void mark(journal::SampleRange part, const TakenBlock& taken);

    std::vector<Run> runs_; // the active one first
    std::vector<const detect::WindowShape*> shapes_;
    std::vector<std::size_t> run_of_shape_;
    std::vector<std::vector<detect::LineLength::Kept>> loaded_; // by channel, of a checkpoint
    std::deque<Mark> marks_;
    journal::Sequence loaded_context_ = 0; // of a checkpoint
};

/// UTC of an index. Index 0 is taken to the millisecond, so that a window has the same time however
/// the stream was cut into blocks: devices round each block's time to the microsecond.
[[nodiscard]] std::int64_t time_of(const v1::EegBlock& block, std::uint64_t index);

/// A detection of a range of the block's stream without its model and scores.
[[nodiscard]] Pending pending_for(
    const v1::Detection& head,
    const journal::Stored& entry,
    const v1::EegBlock& block,
    journal::SampleRange range
);

/// Highest and lowest sample of a codec, of which a clipped channel has too many.
[[nodiscard]] std::int32_t limit_of(v1::Codec codec);

[[nodiscard]] std::vector<float>
microvolts(std::span<const std::int32_t> samples, const v1::Channel& channel);

/// Room for one more window of the model, and the detection's channel that it is.
[[nodiscard]] std::span<float>
new_window(Waiting::Batch& batch, Pending& pending, std::size_t samples);

/// What all detections of a model on a stream have in common.
[[nodiscard]] v1::Detection
head_of(const detect::ModelCard& card, bool shadow, const v1::EegBlock& block);

} // namespace vigil::detector
