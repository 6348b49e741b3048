#include "play/sender.hpp"

#include "play/pauses.hpp"
#include "play/progress.hpp"
#include "play/socket_sender.hpp"
#include "play/tally.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <sstream>

using namespace vigil;
using namespace vigil::play;
using std::chrono::milliseconds;

namespace {

http::Response block_reply(
    unsigned status,
    std::initializer_list<std::pair<v1::BlockResult::Status, const char*>> results
) {
    v1::BlockReply reply;
    for (const auto& [result, code] : results) {
        auto& added = *reply.add_results();
        added.set_status(result);
        added.set_code(code);
    }
    return {
        .status = status,
        .content_type = "application/x-protobuf",
        .body = reply.SerializeAsString()
    };
}

http::Response
plain(unsigned status, std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::Response response{.status = status};
    response.headers = std::move(headers);
    return response;
}

} // namespace

TEST_CASE("each block of an answer has its own fate") {
    using Result = v1::BlockResult;
    const auto answer = read_answer(
        Kind::eeg_block,
        6,
        block_reply(
            207,
            {{Result::ACCEPTED, ""},
             {Result::DUPLICATE, ""},
             {Result::REFUSED, "conflict"},
             {Result::REFUSED, "overloaded"},
             {Result::REFUSED, "unavailable"},
             {Result::REFUSED, "internal"}}
        )
    );
    CHECK(
        answer.fates ==
        std::vector{
            Fate::accepted,
            Fate::duplicate,
            Fate::refused,
            Fate::again,
            Fate::again,
            Fate::failed
        }
    );
}

TEST_CASE("a success that does not speak of each block is no success") {
    CHECK(
        read_answer(Kind::eeg_block, 2, block_reply(200, {{v1::BlockResult::ACCEPTED, ""}}))
            .fates == std::vector(2, Fate::refused)
    );
    CHECK(read_answer(Kind::eeg_block, 1, plain(200)).fates == std::vector(1, Fate::refused));
}

TEST_CASE(
    "what may be tried again is, what is final is not, and one wrong item does not take the others "
    "with it"
) {
    for (const unsigned status : {502U, 503U, 504U, 507U, 522U, 408U, 425U, 429U}) {
        CHECK(read_answer(Kind::eeg_block, 3, plain(status)).fates == std::vector(3, Fate::again));
    }
    for (const unsigned status : {500U, 501U}) {
        CHECK(read_answer(Kind::eeg_block, 1, plain(status)).fates == std::vector(1, Fate::failed));
        CHECK(read_answer(Kind::eeg_block, 3, plain(status)).fates == std::vector(3, Fate::alone));
    }
    for (const unsigned status : {400U, 409U, 413U, 422U}) {
        CHECK(
            read_answer(Kind::eeg_block, 1, plain(status)).fates == std::vector(1, Fate::refused)
        );
        CHECK(read_answer(Kind::eeg_block, 3, plain(status)).fates == std::vector(3, Fate::alone));
        CHECK(read_answer(Kind::vital, 3, plain(status)).fates == std::vector(3, Fate::alone));
    }
    for (const unsigned status : {401U, 403U}) {
        CHECK(
            read_answer(Kind::eeg_block, 3, plain(status)).fates == std::vector(3, Fate::refused)
        );
    }
    CHECK(read_answer(Kind::vital, 2, plain(200)).fates == std::vector(2, Fate::accepted));
    CHECK(read_answer(Kind::vital, 2, plain(207)).fates == std::vector(2, Fate::alone));
    CHECK(read_answer(Kind::legacy_window, 1, plain(202)).fates == std::vector(1, Fate::accepted));
}

TEST_CASE("Retry-After is taken in seconds, whatever its case, and never for more than a minute") {
    CHECK(
        read_answer(Kind::vital, 1, plain(503, {{"Retry-After", "2"}})).retry_after ==
        milliseconds{2000}
    );
    CHECK(
        read_answer(Kind::vital, 1, plain(503, {{"retry-after", "86400"}})).retry_after ==
        milliseconds{60'000}
    );
    CHECK_FALSE(read_answer(Kind::vital, 1, plain(503, {{"Retry-After", "soon"}})).retry_after);
    CHECK_FALSE(read_answer(Kind::vital, 1, plain(503)).retry_after);
}

TEST_CASE("own pauses double up to the longest, in the upper half of their length, and begin anew"
) {
    for (const double uniform : {0.0, 0.5, 0.999}) {
        Pauses pauses(milliseconds{200}, milliseconds{1000});
        for (const double length : {200.0, 400.0, 800.0, 1000.0, 1000.0}) {
            CHECK(pauses.next(std::nullopt, uniform).count() == length * (0.5 + 0.5 * uniform));
        }
        pauses.reset();
        CHECK(pauses.next(std::nullopt, 0).count() == 100);
    }
}

TEST_CASE("what the server asked for is never cut short, and at most a quarter is added") {
    Pauses pauses(milliseconds{200}, milliseconds{1000});
    CHECK(pauses.next(milliseconds{2000}, 0).count() == 2000);
    CHECK(pauses.next(milliseconds{2000}, 0.5).count() == 2250);
    CHECK(
        pauses.next(milliseconds{60'000}, 0.999).count() < 75'000
    ); // beyond the longest own pause
}

TEST_CASE("a block is taken out of its batch without being parsed") {
    for (const std::size_t bytes : {0UL, 10UL, 200UL, 100'000UL}) {
        v1::EegBlockBatch batch;
        batch.add_blocks()->set_data(std::string(bytes, 'x'));
        CHECK(block_of_batch(batch.SerializeAsString()) == batch.blocks(0).SerializeAsString());
    }
}

TEST_CASE("quantiles are within a step of 4.4 percent") {
    Durations durations;
    CHECK(durations.quantile(0.5).count() == 0);
    for (int i = 1; i <= 1000; ++i) {
        durations.add(std::chrono::microseconds(i * 100));
    }
    CHECK(durations.quantile(0.5).count() >= 50'000);
    CHECK(durations.quantile(0.5).count() <= 52'300);
    CHECK(durations.quantile(0.99).count() >= 99'000);
    CHECK(durations.quantile(0.99).count() <= 103'500);
}

TEST_CASE("progress is a bar on a terminal and a line every ten seconds elsewhere") {
    PlaySummary summary{.patients = 6, .played_s = 30, .duration_s = 60, .blocks = 720};
    CHECK(progress_line(summary).starts_with("[############............]  50 % 0:00:30"));
    std::ostringstream terminal;
    Progress bar(terminal, true);
    std::ostringstream file;
    Progress lines(file, false);
    const std::chrono::steady_clock::time_point begin{std::chrono::hours{1}};
    for (int i = 0; i < 100; ++i) {
        bar.show(summary, begin + i * milliseconds{200});
        lines.show(summary, begin + i * milliseconds{200});
    }
    const auto count = [](const std::string& text, char c) { return std::ranges::count(text, c); };
    CHECK(count(terminal.str(), '\r') == 100);
    CHECK(count(terminal.str(), '\n') == 0);
    CHECK(count(file.str(), '\n') == 2);
    CHECK(count(file.str(), '\r') == 0);
}

TEST_CASE("the summary names what was set aside, and the progress line counts it") {
    const PlaySummary summary{.set_aside = 2, .aside = {"p: beats, kept", "q: beats, kept"}};
    CHECK(summary_text(summary).contains("set aside 2 "));
    CHECK(summary_text(summary).contains("the server fails on q: beats, kept\n"));
    CHECK(progress_line(summary).contains("2 SET ASIDE"));
}

TEST_CASE("an item is described by what it is and where it lies") {
    v1::EegBlockBatch batch;
    batch.add_blocks()->set_stream("run-1");
    batch.mutable_blocks(0)->set_first_sample(640);
    CHECK(
        describe({.kind = Kind::eeg_block, .body = batch.SerializeAsString()}) ==
        "EEG block of stream run-1 from sample 640"
    );
    CHECK(describe({.kind = Kind::eeg_block, .body = "\xff"}) == "EEG block");
    CHECK(describe({.kind = Kind::legacy_window, .body = "{}"}) == "EEG window");
}

TEST_CASE("the exit status is 0 only when all is accepted") {
    CHECK(PlaySummary{.duplicates = 3}.exit_status() == 0);
    CHECK(PlaySummary{.refused = 1}.exit_status() == 1);
    CHECK(PlaySummary{.waiting = 1}.exit_status() == 1);
    CHECK(PlaySummary{.set_aside = 1}.exit_status() == 1);
    CHECK(PlaySummary{.lost = 1}.exit_status() == 1);
}
