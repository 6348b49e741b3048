#include "play/test_intake.hpp"

#include <algorithm>
#include <stdexcept>

namespace vigil::play {

namespace {

constexpr const char* protobuf = "application/x-protobuf";

Result<http::Principal> know(const http::Request& request) {
    const auto text = std::string(request.header("authorization"));
    if (text.empty()) {
        return http::Principal{};
    }
    if (!text.starts_with("Bearer key-of-")) {
        return fail(ErrorCode::unauthenticated, "This key is not known.");
    }
    http::Principal principal;
    principal.kind = http::Principal::Kind::device;
    principal.id = principal.patient = text.substr(14);
    return principal;
}

class Socket final : public http::WebSocketPeer {
public:
    explicit Socket(TestIntake& intake) : intake_(intake) {}

    void on_open(std::shared_ptr<http::WebSocket> socket) override { socket_ = std::move(socket); }

    void on_message(std::string message) override {
        v1::EegBlock block;
        v1::BlockReply reply;
        if (block.ParseFromString(message)) {
            *reply.add_results() = intake_.take(block);
        }
        socket_->send(std::make_shared<const std::string>(reply.SerializeAsString()));
    }

    void on_close() override { socket_.reset(); }

private:
    TestIntake& intake_;
    std::shared_ptr<http::WebSocket> socket_;
};

} // namespace

void TestIntake::open() {
    log_.level(LogLevel::error);
    http::ServerConfig config;
    config.port = port_;
    server_ = std::make_unique<http::Server>(config, routes(), know, clock_, log_, metrics_);
    if (auto started = server_->start(); !started) {
        throw std::runtime_error(started.error().detail);
    }
    port_ = server_->port();
}

void TestIntake::vanish() {
    {
        const std::scoped_lock lock(mutex_);
        unanswered_.clear();
    }
    server_.reset();
}

v1::BlockResult TestIntake::take(const v1::EegBlock& block) {
    const std::scoped_lock lock(mutex_);
    const auto stream = block.device() + "/" + block.stream();
    after_end_ = after_end_ || ended_.contains(stream);
    arrivals_.push_back(block.first_sample());
    v1::BlockResult result;
    const bool fresh = held_[stream].emplace(block.first_sample(), block.samples()).second;
    repeated += fresh ? 0 : 1;
    result.set_status(fresh ? v1::BlockResult::ACCEPTED : v1::BlockResult::DUPLICATE);
    result.set_device(block.device());
    result.set_stream(block.stream());
    result.set_first_sample(block.first_sample());
    result.set_end_sample(block.first_sample() + block.samples());
    return result;
}

void TestIntake::post_blocks(http::Request request, http::Reply reply) {
    ++requests;
    {
        const std::scoped_lock lock(mutex_);
        times_.push_back(std::chrono::steady_clock::now());
    }
    if (overloaded-- > 0) {
        http::Response busy = http::Response::json("{}", 503);
        busy.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
        return reply(std::move(busy));
    }
    overloaded = 0;
    v1::EegBlockBatch batch;
    if (!batch.ParseFromString(request.body)) {
        return reply(fail(ErrorCode::invalid_argument, "not protobuf").error(), request.id);
    }
    for (const auto& block : batch.blocks()) {
        if (static_cast<std::int64_t>(block.first_sample()) == wrong_block) {
            return reply(fail(ErrorCode::invalid_argument, "wrong", "blocks").error(), request.id);
        }
    }
    for (const auto& block : batch.blocks()) {
        if (failing_block == -2 ||
            static_cast<std::int64_t>(block.first_sample()) == failing_block) {
            failed_alone += batch.blocks_size() == 1 ? 1 : 0;
            return reply(fail(ErrorCode::internal, "broken").error(), request.id);
        }
    }
    for (const auto& block : batch.blocks()) {
        if (hanging_block == -2 ||
            static_cast<std::int64_t>(block.first_sample()) == hanging_block) {
            failed_alone += batch.blocks_size() == 1 ? 1 : 0;
            const std::scoped_lock lock(mutex_);
            unanswered_.push_back(std::move(reply));
            return;
        }
    }
    v1::BlockReply results;
    for (const auto& block : batch.blocks()) {
        *results.add_results() = take(block);
    }
    if (silent-- > 0) {
        return reply(http::Response::json("{}", 502)); // as a proxy whose backend went away
    }
    silent = 0;
    http::Response response;
    response.content_type = protobuf;
    response.body = results.SerializeAsString();
    reply(std::move(response));
}

http::Router TestIntake::routes() {
    using enum http::Verb;
    http::Router router;
    const http::RouteOptions device{.access = http::Access::device, .max_body = 8 << 20};
    const http::RouteOptions open_to_all{.access = http::Access::open};
    router.add(post, "/v1/eeg/blocks", device, [this](http::Request request, http::Reply reply) {
        post_blocks(std::move(request), std::move(reply));
    });
    router.add_websocket(
        "/v1/eeg/stream",
        device,
        [this](const http::Request&) -> Result<std::shared_ptr<http::WebSocketPeer>> {
            return std::make_shared<Socket>(*this);
        }
    );
    router
        .add(post, "/v1/eeg/streams/end", device, [this](http::Request request, http::Reply reply) {
            const std::scoped_lock lock(mutex_);
            v1::StreamEnd end;
            end.ParseFromString(request.body);
            ended_.insert(end.device() + "/" + end.stream());
            ends_.push_back(std::move(end));
            reply(http::Response::json("{}"));
        });
    router.add(post, "/v1/vitals", device, [this](http::Request request, http::Reply reply) {
        const std::scoped_lock lock(mutex_);
        v1::VitalBatch batch;
        batch.ParseFromString(request.body);
        vitals_ += static_cast<std::size_t>(batch.vitals_size());
        reply(http::Response::json("{}"));
    });
    router.add(post, "/v1/beats", device, [](http::Request, http::Reply reply) {
        reply(http::Response::json("{}"));
    });
    router.add(post, "/heartbeat", open_to_all, [](http::Request, http::Reply reply) {
        reply(http::Response::json("{}"));
    });
    router.add(post, "/eeg", open_to_all, [this](http::Request, http::Reply reply) {
        const std::scoped_lock lock(mutex_);
        ++windows_;
        reply(http::Response::json("{}"));
    });
    return router;
}

std::map<std::string, std::map<std::uint64_t, std::uint32_t>> TestIntake::held() const {
    const std::scoped_lock lock(mutex_);
    return held_;
}

std::vector<v1::StreamEnd> TestIntake::ends() const {
    const std::scoped_lock lock(mutex_);
    return ends_;
}

bool TestIntake::ends_came_last() const {
    const std::scoped_lock lock(mutex_);
    return !after_end_;
}

std::vector<std::chrono::steady_clock::time_point> TestIntake::times() const {
    const std::scoped_lock lock(mutex_);
    return times_;
}

std::size_t TestIntake::vitals() const {
    const std::scoped_lock lock(mutex_);
    return vitals_;
}

std::size_t TestIntake::legacy_windows() const {
    const std::scoped_lock lock(mutex_);
    return windows_;
}

std::vector<std::uint64_t> TestIntake::arrivals() const {
    const std::scoped_lock lock(mutex_);
    return arrivals_;
}

bool TestIntake::complete(std::size_t streams) const {
    const std::scoped_lock lock(mutex_);
    return held_.size() == streams && ends_.size() == streams &&
           std::ranges::all_of(ends_, [this](const auto& end) {
               const auto found = held_.find(end.device() + "/" + end.stream());
               std::uint64_t next = 0;
               for (const auto& [first, samples] : found == held_.end()
                                                       ? std::map<std::uint64_t, std::uint32_t>{}
                                                       : found->second) {
                   if (first != next) {
                       return false;
                   }
                   next += samples;
               }
               return next == end.end_sample();
           });
}

} // namespace vigil::play
