// An intake in memory behind the real HTTP server, which can refuse, fall silent and vanish. Used
// by the tests of play.
#pragma once

#include "http/server.hpp"
#include "vigil/v1/eeg.pb.h"
#include "vigil/v1/vitals.pb.h"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace vigil::play {

class TestIntake {
public:
    explicit TestIntake(std::uint16_t port = 0) : port_(port) { open(); }

    void open();
    /// The server goes away; what it holds is kept.
    void vanish();

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// The next requests for blocks are answered with 503 and Retry-After.
    std::atomic<int> overloaded{0};
    std::atomic<int> retry_after_s{0};
    /// The next requests for blocks are taken, but their answer is 502.
    std::atomic<int> silent{0};
    /// Blocks of this first_sample make their whole request wrong.
    std::atomic<std::int64_t> wrong_block{-1};
    /// Blocks of this first_sample make the server fail: 500. -2: all do.
    std::atomic<std::int64_t> failing_block{-1};
    /// Requests with a block of this first_sample are never answered. -2: none is.
    std::atomic<std::int64_t> hanging_block{-1};
    /// Requests of one block that failed, or were never answered.
    std::atomic<int> failed_alone{0};
    std::atomic<int> requests{0};
    std::atomic<int> repeated{0};

    /// By "device/stream": the samples that are held, how many each block has, by its first index.
    [[nodiscard]] std::map<std::string, std::map<std::uint64_t, std::uint32_t>> held() const;
    [[nodiscard]] std::vector<v1::StreamEnd> ends() const;
    /// Of each stream, whether its end came after all of its blocks.
    [[nodiscard]] bool ends_came_last() const;
    [[nodiscard]] std::size_t vitals() const;
    [[nodiscard]] std::size_t legacy_windows() const;
    /// First indices in the order of their arrival.
    [[nodiscard]] std::vector<std::uint64_t> arrivals() const;
    /// When requests for blocks came.
    [[nodiscard]] std::vector<std::chrono::steady_clock::time_point> times() const;
    /// Whether each of `streams` streams is held from 0 to its end without a gap.
    [[nodiscard]] bool complete(std::size_t streams) const;

    v1::BlockResult take(const v1::EegBlock& block);

private:
    [[nodiscard]] http::Router routes();
    void post_blocks(http::Request request, http::Reply reply);

    std::uint16_t port_;
    SystemClock clock_;
    Log log_{"test", "0"};
    Metrics metrics_;
    std::unique_ptr<http::Server> server_;
    mutable std::mutex mutex_;
    std::map<std::string, std::map<std::uint64_t, std::uint32_t>> held_;
    std::vector<v1::StreamEnd> ends_;
    std::vector<std::uint64_t> arrivals_;
    std::vector<std::chrono::steady_clock::time_point> times_;
    std::set<std::string> ended_;
    bool after_end_ = false;
    std::size_t vitals_ = 0;
    std::size_t windows_ = 0;
    std::vector<http::Reply> unanswered_;
};

} // namespace vigil::play
