#include "detect/context_trace.hpp"

#include "detect/spectrogram.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace vigil::detect {

namespace {

constexpr std::size_t hop = 100; // 200 Hz
const std::vector<bool> everything(context_columns, true);

std::vector<TraceWindow> windows_of(std::uint64_t seconds) {
    return trace_windows(seconds * 2 * hop, hop).value();
}

/// The trace of windows that each score all their columns alike.
std::vector<float> trace(std::uint64_t samples, const std::vector<float>& scores) {
    ContextTrace trace(samples, hop);
    const auto windows = trace_windows(samples, hop).value();
    REQUIRE(windows.size() == scores.size());
    for (std::size_t i = 0; i < windows.size(); ++i) {
        trace.take(windows[i], std::vector<float>(context_columns, scores[i]), everything);
    }
    return {trace.scores().begin(), trace.scores().end()};
}

} // namespace

TEST_CASE("a recording of under five minutes has no window, and one of five has one") {
    const auto none = trace_windows(300 * 2 * hop - 1, hop);
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().code == ErrorCode::unprocessable);
    CHECK(none.error().detail.contains("five minutes"));
    const auto one = windows_of(300);
    REQUIRE(one.size() == 1);
    CHECK(one[0].begin == 0);
    CHECK(one[0].end == context_columns);
    CHECK_FALSE(one[0].fills);
}

TEST_CASE("windows begin every 20 s, and one more ends with the recording") {
    const auto even = windows_of(360);
    REQUIRE(even.size() == 4);
    CHECK(even[3].first_sample == 60 * 2 * hop);
    CHECK_FALSE(even[3].fills);
    const auto odd = windows_of(367);
    REQUIRE(odd.size() == 5);
    CHECK(odd[4].first_sample == 67 * 2 * hop);
    CHECK(odd[4].fills);
    // ten seconds are left away, but at the recording's two ends
    CHECK(odd[0].begin == 0);
    CHECK(odd[0].end == context_columns - 20);
    CHECK(odd[3].begin == 20);
    CHECK(odd[3].end == context_columns - 20);
    CHECK(odd[4].end == context_columns);
    CHECK(even[3].end == context_columns);
    // a ragged end of less than a hop is in no window
    CHECK(trace_windows(360 * 2 * hop + hop - 1, hop)->size() == 4);
    CHECK(trace_windows(360 * 2 * hop + hop, hop)->size() == 5);
}

TEST_CASE("where windows overlap the highest score counts, and the last one only fills") {
    const auto found = trace(330 * 2 * hop, {0.25F, 0.5F, 1.0F});
    REQUIRE(found.size() == 660);
    CHECK(std::isnan(found[0])); // the second around the first moment would begin before it
    CHECK(found[1] == 0.25F);
    CHECK(found[60] == 0.25F); // 30 s: the second window begins at 20 s and leaves 10 s away
    CHECK(found[61] == 0.5F);
    CHECK(found[579] == 0.5F);
    CHECK(found[619] == 0.5F);
    CHECK(found[620] == 1.0F); // 310 s, where the second window's last ten seconds begin
    CHECK(found[659] == 1.0F);
    const auto falling = trace(330 * 2 * hop, {0.75F, 0.5F, 1.0F});
    CHECK(falling[61] == 0.75F);
    CHECK(falling[579] == 0.75F);
    CHECK(falling[580] == 0.5F);
}

TEST_CASE("what says nothing has no score in any window") {
    ContextTrace found(300 * 2 * hop, hop);
    auto evaluated = everything;
    evaluated[7] = false;
    const auto window = windows_of(300).front();
    found.take(window, std::vector<float>(context_columns, 0.5F), evaluated);
    CHECK(found.scores()[7] == 0.5F);
    CHECK(std::isnan(found.scores()[8]));
    CHECK(found.scores()[9] == 0.5F);
}

TEST_CASE("the model is not asked of a window whose kept part says nothing") {
    const auto window = windows_of(400)[1];
    std::vector<bool> evaluated(context_columns, false);
    CHECK_FALSE(ContextTrace::needs(window, evaluated));
    evaluated[19] = true;
    evaluated[context_columns - 20] = true;
    CHECK_FALSE(ContextTrace::needs(window, evaluated));
    evaluated[20] = true;
    CHECK(ContextTrace::needs(window, evaluated));
}

} // namespace vigil::detect
