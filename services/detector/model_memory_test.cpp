// Models whose scores depend on what came before: line-length's baseline and the long context,
// live, late and after a change of owner.
#include "detect/line_length.hpp"
#include "detect/onnx_spectrogram_model.hpp"
#include "detector/test_models.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>
#include <set>

using namespace vigil;
using namespace vigil::detector;

namespace {

/// A weighted sum of all that it is given: a context that lost a column, or has another, says
/// something else.
class SumModel final : public detect::SpectrogramModel {
public:
    [[nodiscard]] const detect::SpectrogramCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> spectrograms) override {
        ++asked;
        if (fails) {
            return fail(ErrorCode::internal, "The model failed.");
        }
        double sum = 0;
        for (std::size_t i = 0; i < spectrograms.size(); ++i) {
            sum += static_cast<double>(spectrograms[i]) * static_cast<double>(i % 1009);
        }
        const auto score = static_cast<float>(std::abs(std::fmod(sum, 1.0)));
        return std::vector<float>(detect::context_columns, score);
    }

    int asked = 0;
    bool fails = false;

private:
    static detect::SpectrogramCard long_card() {
        detect::SpectrogramCard card{.name = "long", .version = "1"};
        card.model = detect::parse_card(detect::sladky_2022_card()).value();
        card.model.name = card.name;
        card.model.version = card.version;
        return card;
    }

    detect::SpectrogramCard card_ = long_card();
};

constexpr std::uint64_t rate_hz = 200;

/// Noise of an amplitude that changes each minute, the same whatever block it comes in.
v1::EegBlock noise_block(const BlockShape& shape, std::uint64_t first, std::size_t samples) {
    auto block = block_of(shape, first, samples);
    std::vector<std::int32_t> values;
    for (std::size_t channel = 0; channel < shape.channels; ++channel) {
        for (auto index = first; index < first + samples; ++index) {
            const auto minute = index / (60UL * shape.rate_numerator);
            std::minstd_rand random(static_cast<std::uint32_t>(index * 7 + channel * 13 + 1));
            random.discard(3);
            const auto amplitude = static_cast<std::int32_t>(50 + (minute * 37) % 101);
            values.push_back(static_cast<std::int32_t>(random() % 200) * amplitude / 100);
        }
    }
    signal::set_block_samples(block, values, v1::INT16_LE).value();
    return block;
}

void put_seconds(
    Ward& ward,
    const BlockShape& shape,
    std::uint64_t from,
    std::uint64_t until,
    std::uint64_t at_once = 1
) {
    const auto rate = shape.rate_numerator;
    for (auto second = from; second < until; second += at_once) {
        ward.put(entry_of(shape, noise_block(shape, second * rate, at_once * rate), ward.now));
        ward.now += std::chrono::seconds(at_once);
    }
}

/// Without the delay, which the moment of the step decides; readable.
std::vector<std::string> texts_of(Ward& ward, const std::string& model) {
    std::vector<std::string> texts;
    for (auto detection : ward.detections()) {
        if (detection.model() == model) {
            detection.clear_delay_us();
            detection.set_cause(to_hex(detection.cause()));
            texts.push_back(detection.ShortDebugString());
        }
    }
    return texts;
}

void check_same(const std::vector<std::string>& found, const std::vector<std::string>& expected) {
    CHECK(found.size() == expected.size());
    const auto [one, other] = std::ranges::mismatch(found, expected);
    if (one != found.end() && other != expected.end()) {
        FAIL_CHECK("number " << one - found.begin() << ": " << *one << "\nexpected " << *other);
    }
}

std::map<std::uint64_t, v1::Detection> by_window(Ward& ward, const std::string& model) {
    std::map<std::uint64_t, v1::Detection> windows;
    for (const auto& detection : ward.detections()) {
        if (detection.model() == model) {
            windows[detection.window()] = detection;
        }
    }
    return windows;
}

const BlockShape slow{.rate_numerator = 64};
const BlockShape implanted{.rate_numerator = rate_hz, .channels = 1};

struct LongWard : ModelWard {
    SumModel model;

    LongWard() {
        options.models.spectrograms = {&model};
        change_owner();
        assign("long", {});
    }
};

} // namespace

TEST_CASE("line-length warms up for sixty windows, then each channel is held against its own past"
) {
    ModelWard w;
    w.assign("line-length", {});
    put_seconds(w.ward, slow, 0, 200);
    w.run(7);
    const auto windows = by_window(w.ward, "line-length");
    REQUIRE(windows.size() >= 197);
    std::size_t scored = 0;
    for (const auto& [k, one] : windows) {
        CHECK(one.not_evaluated() == (scored == 0 && one.state() == v1::Detection::WARMING_UP));
        scored += one.not_evaluated() ? 0 : 1;
        CHECK_FALSE(one.shadow());
    }
    CHECK(scored == windows.size() - 60);
    CHECK(windows.rbegin()->second.state() == v1::Detection::STATE_UNSPECIFIED);
}

TEST_CASE("a new owner goes on with line-length's baselines as if nothing had been") {
    ModelWard expected;
    ModelWard restarted;
    for (auto* w : {&expected, &restarted}) {
        w->options.checkpoint_entries = 50;
        w->change_owner();
        w->assign("window-178", {"line-length"});
    }
    put_seconds(expected.ward, slow, 0, 400);
    expected.run(20);
    for (std::uint64_t second = 0; second < 400; second += 20) {
        put_seconds(restarted.ward, slow, second, second + 20);
        restarted.run(20);
        restarted.change_owner();
    }
    CHECK(texts_of(expected.ward, "line-length").size() > 390);
    check_same(texts_of(restarted.ward, "line-length"), texts_of(expected.ward, "line-length"));
}

TEST_CASE("a late window gets the score that was possible then, and is part of later baselines") {
    ModelWard in_order;
    ModelWard late;
    for (auto* w : {&in_order, &late}) {
        w->options.memory = std::chrono::hours{1};
        w->change_owner();
        w->assign("line-length", {});
    }
    put_seconds(in_order.ward, slow, 0, 300);
    in_order.run();
    put_seconds(late.ward, slow, 0, 100);
    put_seconds(late.ward, slow, 120, 140);
    put_seconds(late.ward, slow, 100, 120);
    put_seconds(late.ward, slow, 140, 300);
    late.run();
    const auto expected = by_window(in_order.ward, "line-length");
    const auto found = by_window(late.ward, "line-length");
    CHECK(found.size() == expected.size());
    std::size_t differ = 0;
    for (const auto& [k, one] : expected) {
        INFO("window " << k);
        const auto& other = found.at(k);
        CHECK(one.not_evaluated() == other.not_evaluated());
        const bool same = std::ranges::equal(one.channel_q16(), other.channel_q16());
        differ += same ? 0 : 1;
        if (!(k > 120 && k <= 141)) { // these were scored without those that came late
            CHECK(same);
        }
    }
    CHECK(differ > 0);
}

TEST_CASE("a long context warms up for five minutes, says so, and then scores every two seconds") {
    LongWard w;
    put_seconds(w.ward, implanted, 0, 320);
    w.run(9);
    const auto windows = by_window(w.ward, "long");
    REQUIRE(windows.size() == 160); // of steps at 2 to 320 s, each about what ended 1 s before
    for (const auto& [k, one] : windows) {
        const auto known_s = 2 * k;
        CHECK(one.period_s() == 2);
        CHECK(one.end_sample() == (known_s - 1) * rate_hz);
        CHECK(one.end_sample() - one.first_sample() == (k == 1 ? 1 : 2) * rate_hz);
        CHECK(
            one.known_until_us() ==
            to_us(test_start) + static_cast<std::int64_t>(known_s) * 1'000'000
        );
        CHECK(one.not_evaluated() == (known_s < 300));
        const auto state =
            known_s < 300 ? v1::Detection::WARMING_UP : v1::Detection::STATE_UNSPECIFIED;
        CHECK(one.state() == state);
        CHECK_FALSE(std::ranges::contains(one.doubts(), v1::Detection::RATE_DIFFERS));
    }
    CHECK(w.model.asked == 11);
}

TEST_CASE("after a change of owner the context is filled from the journal, without the model") {
    LongWard expected;
    put_seconds(expected.ward, implanted, 0, 700);
    expected.run(9);
    LongWard restarted;
    restarted.options.checkpoint_entries = 100;
    restarted.change_owner();
    for (std::uint64_t second = 0; second < 700; second += 70) {
        put_seconds(restarted.ward, implanted, second, second + 70);
        restarted.run(9);
        restarted.change_owner();
    }
    CHECK(texts_of(expected.ward, "long").size() == 350);
    check_same(texts_of(restarted.ward, "long"), texts_of(expected.ward, "long"));
    CHECK(restarted.model.asked == expected.model.asked);
    std::size_t read_again = 0;
    for (auto after = restarted.core->position();;) {
        const auto entries = restarted.ward.journal.read(after).value();
        if (entries.empty()) {
            break;
        }
        after = entries.back()->sequence;
        read_again += static_cast<std::size_t>(std::ranges::count(
            entries,
            v1::EEG_BLOCK,
            [](const auto& stored) { return stored->entry.type(); }
        ));
    }
    CHECK(read_again > 300); // five minutes back, not all
    CHECK(read_again < 500);
}

TEST_CASE("where the journal holds the context no more, it warms up again") {
    LongWard w;
    w.options.checkpoint_entries = 20;
    w.change_owner();
    put_seconds(w.ward, implanted, 0, 320);
    w.run(9);
    CHECK_FALSE(by_window(w.ward, "long").at(155).not_evaluated());
    REQUIRE(w.ward.journal.free_up_to(w.core->replay_floor()).has_value());
    w.change_owner();
    put_seconds(w.ward, implanted, 320, 330);
    w.run(9);
    const auto windows = by_window(w.ward, "long");
    CHECK(windows.at(165).not_evaluated());
    CHECK(windows.at(165).state() == v1::Detection::WARMING_UP);
}

TEST_CASE("a rate that the long context does not read is said once a second") {
    LongWard w;
    const BlockShape odd{.rate_numerator = 173};
    put_seconds(w.ward, odd, 0, 5);
    w.run();
    const auto windows = by_window(w.ward, "long");
    REQUIRE(windows.size() == 4);
    for (const auto& [k, one] : windows) {
        CHECK(one.state() == v1::Detection::RATE_REFUSED);
        CHECK(one.not_evaluated());
        CHECK(std::ranges::contains(one.doubts(), v1::Detection::RATE_DIFFERS));
        CHECK(one.period_s() == 0);
    }
}

TEST_CASE("a shadow with a long context that is shed keeps its context") {
    LongWard w;
    w.assign("window-178", {"long"});
    put_seconds(w.ward, implanted, 0, 310);
    w.run(9);
    CHECK(w.model.asked == 6);
    w.core->shed_shadows(true);
    put_seconds(w.ward, implanted, 310, 320);
    w.run(9);
    CHECK(w.model.asked == 6);
    CHECK(w.core->counts().shadows_shed == 5);
    w.core->shed_shadows(false);
    put_seconds(w.ward, implanted, 320, 330);
    w.run(9);
    CHECK(w.model.asked == 11);
    const auto windows = by_window(w.ward, "long");
    CHECK_FALSE(windows.contains(158));
    CHECK_FALSE(windows.at(165).not_evaluated());
}

TEST_CASE("a long context whose model fails begins anew, and the detector goes on") {
    LongWard w;
    w.assign("window-178", {"long"});
    put_seconds(w.ward, implanted, 0, 299);
    w.run(9);
    w.model.fails = true;
    put_seconds(w.ward, implanted, 299, 305);
    w.run(9);
    CHECK(w.core->counts().model_failures == 1);
    w.model.fails = false;
    put_seconds(w.ward, implanted, 305, 310);
    w.run(9);
    CHECK(by_window(w.ward, "window-178").size() >= 308);
    CHECK(by_window(w.ward, "long").rbegin()->second.state() == v1::Detection::WARMING_UP);
}
