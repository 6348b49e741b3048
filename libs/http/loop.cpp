#include "http/loop.hpp"

#include <boost/asio/post.hpp>

#include <bit>
#include <format>
#include <random>

namespace vigil::http {

Loop::Loop(std::shared_ptr<Core> shared)
    : core(std::move(shared)),
      work_(context.get_executor()),
      timer_(context),
      tick_(core->tick()),
      now_(core->clock.steady()) {
    std::random_device seed;
    const auto seed_64 = [&] { return (static_cast<std::uint64_t>(seed()) << 32U) | seed(); };
    ids_ = seed_64();
    trace_salt_ = seed_64();
}

Loop::~Loop() {
    stop();
}

void Loop::start() {
    sweep();
    arm();
    thread_ = std::jthread([this] { context.run(); });
}

void Loop::stop() {
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        waiting_.clear();
    }
    work_.reset();
    context.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Loop::post(std::move_only_function<void()> work) {
    asio::post(context, [work = std::move(work)]() mutable { work(); });
}

void Loop::add(Session& session) {
    session.place_ = sessions_.insert(sessions_.end(), &session);
}

void Loop::remove(Session& session) {
    sessions_.erase(session.place_);
}

void Loop::drain_all() {
    for (auto* session : std::vector(sessions_.begin(), sessions_.end())) {
        session->drain();
    }
}

void Loop::abort_all() {
    for (auto* session : std::vector(sessions_.begin(), sessions_.end())) {
        session->abort();
    }
}

void Loop::wake(std::shared_ptr<Session> session) {
    const std::scoped_lock lock(mutex_);
    if (closed_) {
        return;
    }
    waiting_.push_back(std::move(session));
    if (waiting_.size() == 1) {
        asio::post(context, [this] { wake_waiting(); });
    }
}

void Loop::wake_waiting() {
    {
        const std::scoped_lock lock(mutex_);
        waking_.swap(waiting_);
    }
    for (const auto& session : waking_) {
        session->wake();
    }
    waking_.clear();
}

// SplitMix64 (Steele, Lea, Flood 2014): consecutive counts give unrelated digits.
std::uint64_t Loop::next_id() {
    ids_ += 0x9E3779B97F4A7C15U;
    auto mixed = ids_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
}

std::string Loop::request_id() {
    auto mixed = next_id();
    std::string id(15, '0'); // so many stay within the string itself
    for (auto& digit : id) {
        digit = "0123456789abcdef"[mixed & 15U];
        mixed >>= 4U;
    }
    return id;
}

TraceId Loop::new_trace() {
    const std::array<std::uint64_t, 2> halves{next_id() ^ trace_salt_, next_id()};
    return {std::bit_cast<std::array<char, TraceId::size>>(halves)};
}

void Loop::arm() {
    timer_.expires_after(tick_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            sweep();
            arm();
        }
    });
}

void Loop::sweep() {
    now_ = core->clock.steady();
    const auto second = std::chrono::floor<std::chrono::seconds>(core->clock.utc());
    if (second.time_since_epoch().count() != date_second_) {
        date_second_ = second.time_since_epoch().count();
        date_ = std::format("{:%a, %d %b %Y %H:%M:%S} GMT", second);
    }
    // A session may end, and so leave the list, while it is swept.
    for (auto next = sessions_.begin(); next != sessions_.end();) {
        auto* session = *next++;
        session->sweep(now_);
    }
    core->show();
}

} // namespace vigil::http
