#include "detect/patient_score.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace vigil::detect {

TEST_CASE("the patient's score is the mean of the two highest channels, or the only one") {
    const auto score = [](std::vector<float> channels) { return patient_score(channels); };
    CHECK_FALSE(score({}));
    CHECK(score({0.25F}) == 0.25F);
    CHECK(score({0.25F, 0.75F}) == 0.5F);
    CHECK(score({0.5F, 1.0F, 0.25F, 0.75F, 0.0F}) == 0.875F);
    CHECK(score({0.5F, 0.5F, 0.5F}) == 0.5F);
    CHECK(to_q16(1.0F) == 65'536);
    CHECK(to_q16(0.5F) == 32'768);
}

TEST_CASE("a flat channel, and one at the converter's limit for over a tenth, is not evaluated") {
    std::vector<std::int32_t> samples(100, 5);
    CHECK_FALSE(can_be_evaluated(samples, 32'767));
    samples[0] = 6;
    CHECK(can_be_evaluated(samples, 32'767));
    for (std::size_t i = 0; i < 10; ++i) {
        samples[i] = i % 2 == 0 ? 32'767 : -32'768;
    }
    CHECK(can_be_evaluated(samples, 32'767));
    CHECK(can_be_evaluated(samples, 8'388'607));
    samples[10] = 32'767;
    CHECK_FALSE(can_be_evaluated(samples, 32'767));
    CHECK(can_be_evaluated(samples, 8'388'607));
}

} // namespace vigil::detect
