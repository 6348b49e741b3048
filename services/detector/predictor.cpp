#include "detector/predictor.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace vigil::detector {

struct Predictor::Inside {
    struct Request {
        std::vector<float> window_uv;
        Done done;
    };

    detect::Scorer& scorer;
    std::size_t most_waiting;
    prometheus::Counter& predictions;
    prometheus::Counter& batches;
    prometheus::Counter& refused;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Request> waiting;
    bool stopping = false;
    std::thread thread;

    Inside(detect::Scorer& model, Metrics& metrics, std::size_t most)
        : scorer(model),
          most_waiting(most),
          predictions(
              metrics.counter("vigil_detector_predictions_total", "Windows scored on request")
          ),
          batches(metrics.counter(
              "vigil_detector_prediction_batches_total",
              "Calls of the model for them"
          )),
          refused(metrics.counter(
              "vigil_detector_predictions_refused_total",
              "Requests refused at the queue's bound"
          )) {}

    void answer(std::vector<Request> requests) {
        std::vector<float> windows_uv;
        windows_uv.reserve(requests.size() * scorer.card().samples);
        for (const auto& request : requests) {
            windows_uv.insert(windows_uv.end(), request.window_uv.begin(), request.window_uv.end());
        }
        const auto scores = scorer.score(windows_uv);
        batches.Increment();
        predictions.Increment(static_cast<double>(requests.size()));
        for (std::size_t index = 0; index < requests.size(); ++index) {
            if (scores) {
                requests[index].done((*scores)[index]);
            } else {
                requests[index].done(std::unexpected(scores.error()));
            }
        }
    }

    void work() {
        for (;;) {
            std::unique_lock lock(mutex);
            changed.wait(lock, [this] { return stopping || !waiting.empty(); });
            auto requests = std::exchange(waiting, {});
            const bool is_last = stopping;
            lock.unlock();
            if (is_last) {
                for (auto& request : requests) {
                    request.done(fail(
                        ErrorCode::unavailable,
                        "The service is stopping.",
                        {},
                        {},
                        Retry::safe
                    ));
                }
                return;
            }
            answer(std::move(requests));
        }
    }
};

Predictor::Predictor(detect::Scorer& scorer, Metrics& metrics, std::size_t most_waiting)
    : inside_(std::make_unique<Inside>(scorer, metrics, most_waiting)) {
    inside_->thread = std::thread([this] { inside_->work(); });
}

Predictor::~Predictor() {
    {
        const std::lock_guard lock(inside_->mutex);
        inside_->stopping = true;
    }
    inside_->changed.notify_all();
    inside_->thread.join();
}

void Predictor::score(std::vector<float> window_uv, Done done) {
    if (window_uv.size() != inside_->scorer.card().samples) {
        done(fail(
            ErrorCode::invalid_argument,
            "The window has another number of samples than the model reads."
        ));
        return;
    }
    {
        const std::lock_guard lock(inside_->mutex);
        if (inside_->waiting.size() < inside_->most_waiting) {
            inside_->waiting.push_back({.window_uv = std::move(window_uv), .done = std::move(done)}
            );
            inside_->changed.notify_one();
            return;
        }
    }
    inside_->refused.Increment();
    done(fail(ErrorCode::overloaded, "Too many windows wait for the model.", {}, {}, Retry::safe));
}

} // namespace vigil::detector
