#include "detector/predictor.hpp"

#include <condition_variable>
#include <deque>
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
    std::size_t most_in_batch;
    prometheus::Counter& predictions;
    prometheus::Counter& batches;
    prometheus::Counter& refused;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Request> waiting;
    bool stopping = false;
    std::thread thread;

    Inside(detect::Scorer& model, Metrics& metrics, std::size_t most, std::size_t in_batch)
        : scorer(model),
          most_waiting(most),
          most_in_batch(in_batch),
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

    void refuse_rest() {
        std::deque<Request> rest;
        {
            const std::lock_guard lock(mutex);
            rest.swap(waiting);
        }
        for (auto& request : rest) {
            request.done(
                fail(ErrorCode::unavailable, "The service is stopping.", {}, {}, Retry::safe)
            );
        }
    }

    void work() {
        for (;;) {
            std::unique_lock lock(mutex);
            changed.wait(lock, [this] { return stopping || !waiting.empty(); });
            if (stopping) {
                lock.unlock();
                return refuse_rest();
            }
            std::vector<Request> requests;
            while (!waiting.empty() && requests.size() < most_in_batch) {
                requests.push_back(std::move(waiting.front()));
                waiting.pop_front();
            }
            lock.unlock();
            answer(std::move(requests));
        }
    }
};

Predictor::Predictor(
    detect::Scorer& scorer,
    Metrics& metrics,
    std::size_t most_waiting,
    std::size_t most_in_batch
)
    : inside_(std::make_unique<Inside>(scorer, metrics, most_waiting, most_in_batch)) {
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
