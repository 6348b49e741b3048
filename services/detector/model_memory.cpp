// What a checkpoint keeps of the models that run on a stream, and what a new owner goes on from.
#include "detector/model_runs.hpp"

#include <algorithm>

namespace vigil::detector {

journal::Sequence ModelRuns::context_sequence() const {
    return marks_.empty() ? loaded_context_ : marks_.front().sequence;
}

bool ModelRuns::has_baselines() const {
    return !loaded_.empty() ||
           std::ranges::any_of(runs_, [](const Run& run) { return !run.baselines.empty(); });
}

std::vector<v1::LineLengthMemory> ModelRuns::baselines() const {
    std::vector<v1::LineLengthMemory> memory;
    const auto write = [&memory](const auto& kept) {
        auto& one = memory.emplace_back();
        std::uint64_t before = 0;
        for (const auto& [k, length_uv] : kept) {
            one.add_windows(k - before);
            one.add_lengths_uv(length_uv);
            before = k;
        }
    };
    for (const auto& run : runs_) {
        for (const auto& baseline : run.baselines) {
            write(baseline.kept());
        }
    }
    if (runs_.empty()) { // nothing came of the stream since the checkpoint
        for (const auto& kept : loaded_) {
            write(kept);
        }
    }
    return memory;
}

void ModelRuns::load(const v1::StreamSeen& seen) {
    loaded_context_ = seen.context_sequence();
    loaded_.clear();
    for (const auto& memory : seen.line_lengths()) {
        auto& kept = loaded_.emplace_back();
        std::uint64_t k = 0;
        for (int i = 0; i < std::min(memory.windows_size(), memory.lengths_uv_size()); ++i) {
            k += memory.windows(i);
            kept.emplace_back(k, memory.lengths_uv(i));
        }
    }
}

} // namespace vigil::detector
