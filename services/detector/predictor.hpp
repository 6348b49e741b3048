// Scores single windows on request: those that wait together are one batch. Used by POST /predict.
#pragma once

#include "base/error.hpp"
#include "base/metrics.hpp"
#include "detect/scorer.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace vigil::detector {

/// threads any; destroyed, it answers what still waits with unavailable
class Predictor {
public:
    using Done = std::move_only_function<void(Result<float>)>;

    /// `scorer` must outlive it. A batch takes at most `most_in_batch`, those first that came
    /// first: a window waits for what came before it and not for what came after.
    Predictor(
        detect::Scorer& scorer,
        Metrics& metrics,
        std::size_t most_waiting = 1024,
        std::size_t most_in_batch = 64
    );
    ~Predictor();

    /// Queues one window; `done` is called once, from the predictor's own thread.
    ///
    /// shape   [scorer.card().samples], microvolts
    /// errors  in `done`: overloaded (in the caller's thread) when `most_waiting` wait already;
    /// internal
    void score(std::vector<float> window_uv, Done done);

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::detector
