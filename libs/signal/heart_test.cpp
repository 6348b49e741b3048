#include "signal/heart.hpp"

#include "signal/recording_test_files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <vector>

namespace vigil::signal {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

TEST_CASE("the rate counts beats in time") {
    CHECK_THAT(
        heart_rate_bpm(std::vector<std::uint32_t>{1'000'000}).value(),
        WithinRel(60.0, 1e-12)
    );
    // two beats in 0.5 s + 1.5 s are 60 a minute; the mean of 120 and 40 would be 80
    CHECK_THAT(
        heart_rate_bpm(std::vector<std::uint32_t>{500'000, 1'500'000}).value(),
        WithinRel(60.0, 1e-12)
    );
}

TEST_CASE("intervals beyond the bounds are passed over") {
    CHECK_FALSE(heart_rate_bpm({}).has_value());
    CHECK_FALSE(heart_rate_bpm(std::vector<std::uint32_t>{199'999, 5'000'001, 0}).has_value());
    CHECK_THAT(
        heart_rate_bpm(std::vector<std::uint32_t>{200'000, 0}).value(),
        WithinRel(300.0, 1e-12)
    );
    CHECK_THAT(
        heart_rate_bpm(std::vector<std::uint32_t>{5'000'000, 5'000'001}).value(),
        WithinRel(12.0, 1e-12)
    );
}

TEST_CASE("the recent rate spans the newest intervals only") {
    const std::vector<std::uint32_t> rr{2'000'000, 1'000'000, 500'000, 500'000};
    CHECK_THAT(recent_heart_rate_bpm(rr, 1'000'000).value(), WithinRel(120.0, 1e-12));
    CHECK_THAT(recent_heart_rate_bpm(rr, 1'999'999).value(), WithinRel(120.0, 1e-12));
    CHECK_THAT(recent_heart_rate_bpm(rr, 2'000'000).value(), WithinRel(90.0, 1e-12));
    CHECK_THAT(recent_heart_rate_bpm(rr, 1).value(), WithinRel(120.0, 1e-12));
}

TEST_CASE("MIT-BIH record 100 beats 75.5 times a minute") {
    if (test::data_folder().empty()) {
        SKIP("VIGIL_DATA is not set");
    }
    const auto recording = test::open_file(test::data_folder() / "heart/100.hea").value();
    std::vector<std::uint32_t> rr;
    std::int64_t last = -1;
    for (const RecordingAnnotation& a : recording->info().annotations) {
        if (a.beat) {
            if (last >= 0) {
                rr.push_back(static_cast<std::uint32_t>((a.sample - last) * 1'000'000 / 360));
            }
            last = a.sample;
        }
    }
    CHECK(rr.size() == 2272);
    CHECK_THAT(heart_rate_bpm(rr).value(), WithinAbs(75.5, 0.05));
}

} // namespace vigil::signal
