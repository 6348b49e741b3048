// The bound on the memory of all bodies that are being read at once. Used by the server's
// connections.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace vigil::http {

/// threads any
class BodyBudget {
public:
    explicit BodyBudget(std::size_t limit) : limit_(limit) {}

    /// What one body holds; given back when destroyed.
    class Share {
    public:
        Share() = default;

        explicit Share(BodyBudget& budget) : budget_(&budget) {}

        Share(Share&& other) noexcept
            : budget_(other.budget_), held_(std::exchange(other.held_, 0)) {}

        Share& operator=(Share&& other) noexcept {
            release();
            budget_ = other.budget_;
            held_ = std::exchange(other.held_, 0);
            return *this;
        }

        ~Share() { release(); }

        /// False, and nothing changed, when the budget does not have it.
        [[nodiscard]] bool grow_to(std::size_t bytes) {
            if (bytes <= held_) {
                return true;
            }
            const auto more = bytes - held_;
            if (budget_->used_.fetch_add(more, std::memory_order_relaxed) + more >
                budget_->limit_) {
                budget_->used_.fetch_sub(more, std::memory_order_relaxed);
                return false;
            }
            held_ = bytes;
            return true;
        }

        void release() {
            if (held_ != 0) {
                budget_->used_.fetch_sub(std::exchange(held_, 0), std::memory_order_relaxed);
            }
        }

    private:
        BodyBudget* budget_ = nullptr;
        std::size_t held_ = 0;
    };

    [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::size_t> used_{0};
    std::size_t limit_;
};

} // namespace vigil::http
