#include "detector/routes.hpp"
#include "detector/test_ward.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <future>
#include <semaphore>

using namespace vigil;
using namespace vigil::detector;

namespace {

std::string body_with(std::size_t count, const std::string& last = "1") {
    std::string body = R"({"eeg_data":[)";
    for (std::size_t i = 0; i + 1 < count; ++i) {
        body += std::to_string(static_cast<int>(i) - 80) + ",";
    }
    return body + (count > 0 ? last : "") + "]}";
}

struct SlowScorer final : detect::Scorer {
    AmplitudeScorer inner;
    std::counting_semaphore<1000> allowed{0};
    std::atomic<int> calls{0};

    [[nodiscard]] const detect::ModelCard& card() const override { return inner.card(); }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> windows_uv) override {
        ++calls;
        allowed.acquire();
        return inner.score(windows_uv);
    }
};

http::Response post(http::Router& router, const std::string& body) {
    const auto match = router.match(http::Verb::post, "/predict");
    REQUIRE(match.route != nullptr);
    auto promise = std::make_shared<std::promise<http::Response>>();
    auto answer = promise->get_future();
    http::Request request;
    request.verb = http::Verb::post;
    request.body = body;
    request.id = "r1";
    std::get<http::Handler>(match.route->handler)(
        std::move(request),
        http::Reply([promise](http::Response response) { promise->set_value(std::move(response)); })
    );
    REQUIRE(answer.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
    return answer.get();
}

void require_refused(const std::string& body, const std::string& field) {
    CAPTURE(body.substr(0, 60));
    const auto parsed = parse_predict(body);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == ErrorCode::invalid_argument);
    CHECK(parsed.error().field == field);
}

} // namespace

TEST_CASE("178 numbers are answered with a value from 0 to 1 as the old contract says") {
    const auto scorer = detect::window_178().value();
    Metrics metrics;
    Predictor predictor(*scorer, metrics);
    http::Router router;
    add_routes(router, predictor);
    CHECK(router.routes().front().options.access == http::Access::device);
    const auto response = post(router, body_with(178));
    CHECK(response.status == 200);
    CHECK(response.body.starts_with(R"({"message":"Received","response":0.)"));
    CHECK(response.body.ends_with("}"));
}

TEST_CASE("everything else is refused with the field's name") {
    for (const std::size_t count : {0UL, 1UL, 177UL, 179UL, 5000UL}) {
        require_refused(body_with(count), "eeg_data");
    }
    require_refused(body_with(178, R"("1")"), "eeg_data[177]");
    require_refused(body_with(178, "null"), "eeg_data[177]");
    require_refused(body_with(178, "true"), "eeg_data[177]");
    require_refused(body_with(178, "[1]"), "eeg_data[177]");
    require_refused(body_with(178, "1000001"), "eeg_data[177]");
    require_refused(body_with(178, "-1e300"), "eeg_data[177]");
    for (const char* const no_json :
         {"NaN", "Infinity", "-Infinity", "1e999", "01", "1,", "0x10"}) {
        require_refused(body_with(178, no_json), "");
    }
    for (const char* const no_object : {"", "text", "[]", "178", "{", "{}}"}) {
        require_refused(no_object, "");
    }
    require_refused("{}", "eeg_data");
    require_refused(R"({"eeg_data":"text"})", "eeg_data");
    require_refused(R"({"eeg_data":null})", "eeg_data");
    const auto good = body_with(178);
    require_refused(good.substr(0, good.size() - 1) + R"(,"other":1})", "other");
    require_refused(good.substr(0, good.size() - 1) + "," + good.substr(1), "eeg_data"); // twice
    require_refused(good + good, "");
    CHECK(parse_predict(body_with(178, "1e6")).has_value());
    CHECK(parse_predict(body_with(178, "-0.25")).has_value());
}

TEST_CASE("a wrong body is a problem document of status 400") {
    AmplitudeScorer scorer;
    Metrics metrics;
    Predictor predictor(scorer, metrics);
    http::Router router;
    add_routes(router, predictor);
    const auto response = post(router, body_with(177));
    CHECK(response.status == 400);
    CHECK(response.content_type.starts_with("application/problem+json"));
    CHECK(response.body.find("eeg_data") != std::string::npos);
    CHECK(scorer.calls == 0);
}

TEST_CASE("a batch has a most, and those that came first are in it") {
    SlowScorer scorer;
    Metrics metrics;
    std::vector<int> order;
    {
        Predictor predictor(scorer, metrics, 100, 2);
        predictor.score(std::vector<float>(178, 1.0F), [](auto) {});
        while (scorer.calls.load() == 0) {
            std::this_thread::yield(); // the first is with the model now
        }
        std::promise<void> last;
        for (int number = 0; number < 5; ++number) {
            predictor.score(std::vector<float>(178, 1.0F), [&, number](auto) {
                order.push_back(number);
                if (number == 4) {
                    last.set_value();
                }
            });
        }
        scorer.allowed.release(4);
        last.get_future().wait();
    }
    CHECK(order == std::vector{0, 1, 2, 3, 4});
    CHECK(scorer.calls == 4); // one, then two, two and one
}

TEST_CASE(
    "windows that wait together are one batch, and those over the bound are refused as overloaded"
) {
    SlowScorer scorer;
    Metrics metrics;
    std::atomic<int> scored{0};
    std::atomic<int> refused{0};
    {
        Predictor predictor(scorer, metrics, 10);
        const auto count = [&](Result<float> result) {
            if (result) {
                ++scored;
            } else if (result.error().code == ErrorCode::overloaded &&
                       result.error().retry == Retry::safe) {
                ++refused;
            }
        };
        predictor.score(std::vector<float>(178, 1.0F), count);
        while (scorer.calls.load() == 0) {
            std::this_thread::yield(); // the first is with the model now
        }
        for (int index = 0; index < 13; ++index) {
            predictor.score(std::vector<float>(178, 1.0F), count);
        }
        CHECK(refused == 3);
        scorer.allowed.release(2);
        while (scored.load() < 11) {
            std::this_thread::yield();
        }
    }
    CHECK(scorer.calls == 2);
    CHECK(scored == 11);
}

TEST_CASE("a predictor that ends answers what still waits") {
    SlowScorer scorer;
    Metrics metrics;
    std::atomic<int> unavailable{0};
    {
        Predictor predictor(scorer, metrics, 10);
        predictor.score(std::vector<float>(178), [](Result<float>) {});
        while (scorer.calls.load() == 0) {
            std::this_thread::yield();
        }
        predictor.score(std::vector<float>(178), [&](Result<float> result) {
            unavailable += !result && result.error().code == ErrorCode::unavailable ? 1 : 0;
        });
        std::thread later([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            scorer.allowed.release(2);
        });
        later.detach();
    }
    CHECK(unavailable == 1);
}

TEST_CASE("a window of another length never reaches the model") {
    AmplitudeScorer scorer;
    Metrics metrics;
    Predictor predictor(scorer, metrics);
    bool refused = false;
    predictor.score(std::vector<float>(177), [&](Result<float> result) { refused = !result; });
    CHECK(refused);
}
