#include "signal/sample_codec.hpp"

#include "signal/block_samples.hpp"
#include "signal/recording_test_files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace vigil::signal {
namespace {

using Samples = std::vector<std::int32_t>;

void check_round_trip(const Samples& samples, std::size_t channels) {
    const std::string bytes = encode_samples(samples, channels).value();
    CHECK(bytes.size() <= 1 + samples.size() * 4 + channels + 1);
    const auto back =
        decode_samples(bytes, channels, channels == 0 ? 0 : samples.size() / channels);
    REQUIRE(back.has_value());
    CHECK(*back == samples);
}

Samples random_walk(std::mt19937& random, std::size_t count, std::int32_t bound, double step) {
    std::normal_distribution<double> normal(0, step);
    Samples out(count);
    double x = 0;
    double v = 0;
    for (std::int32_t& sample : out) {
        v = 0.9 * v + normal(random);
        x = 0.99 * x + v;
        sample =
            static_cast<std::int32_t>(std::min<double>(std::max<double>(x, -bound - 1.0), bound));
    }
    return out;
}

} // namespace

TEST_CASE("samples of any 16-, 24- or 32-bit values come back exactly") {
    std::mt19937 random(1);
    for (const int width : {1, 2, 8, 16, 24, 31, 32}) {
        const std::int64_t high = (std::int64_t{1} << (width - 1)) - 1;
        std::uniform_int_distribution<std::int32_t> uniform(
            static_cast<std::int32_t>(-high - 1),
            static_cast<std::int32_t>(high)
        );
        for (const std::size_t count : {1, 2, 3, 4, 5, 31, 32, 33, 127, 128, 129, 500}) {
            Samples samples(count * 3);
            for (std::int32_t& sample : samples) {
                sample = uniform(random);
            }
            check_round_trip(samples, 3);
            // only the two extremes: the largest remainders that there are
            for (std::int32_t& sample : samples) {
                sample = static_cast<std::int32_t>((random() & 1) != 0 ? high : -high - 1);
            }
            check_round_trip(samples, 3);
        }
    }
}

TEST_CASE("smooth signals of every amplitude come back exactly") {
    std::mt19937 random(2);
    for (const double step : {0.1, 1.0, 30.0, 1e3, 1e5, 1e8}) {
        for (const std::int32_t bound :
             {(1 << 15) - 1, (1 << 23) - 1, std::numeric_limits<std::int32_t>::max()}) {
            check_round_trip(random_walk(random, 2560, bound, step), 1);
        }
    }
}

TEST_CASE("a stretch of the largest remainders among quiet ones comes back exactly") {
    // worth a Rice code in all, and beyond the largest parameter in one stretch
    Samples samples(2560, 3);
    for (std::size_t t = 640; t < 768; ++t) {
        samples[t] = t % 2 == 0 ? std::numeric_limits<std::int32_t>::min()
                                : std::numeric_limits<std::int32_t>::max();
    }
    check_round_trip(samples, 1);
    CHECK(encode_samples(samples, 1).value().size() < samples.size());
}

TEST_CASE("prediction holds for sums that need more than 32 bits") {
    Samples samples(2560);
    for (std::size_t t = 0; t < samples.size(); ++t) {
        samples[t] = static_cast<std::int32_t>(8e6 * std::sin(1.9 * static_cast<double>(t)));
    }
    check_round_trip(samples, 1);
    CHECK(8 * encode_samples(samples, 1).value().size() < 18 * samples.size());
}

TEST_CASE("256 channels, one sample, no sample and no channel come back exactly") {
    std::mt19937 random(3);
    check_round_trip(random_walk(random, 256 * 64, 32767, 20), 256);
    check_round_trip(random_walk(random, 256, 32767, 20), 256);
    check_round_trip({7}, 1);
    check_round_trip({std::numeric_limits<std::int32_t>::min()}, 1);
    check_round_trip({}, 1);
    check_round_trip({}, 0);
}

TEST_CASE("a flat, a repeated and an inverted channel cost next to nothing") {
    std::mt19937 random(4);
    const Samples walk = random_walk(random, 2560, 32767, 20);
    Samples samples = walk;
    samples.insert(samples.end(), walk.begin(), walk.end());
    for (const std::int32_t x : walk) {
        samples.push_back(-x - 1);
    }
    samples.insert(samples.end(), 2560, -812);
    check_round_trip(samples, 4);
    CHECK(
        encode_samples(samples, 4).value().size() <= encode_samples(walk, 1).value().size() + 120
    );
}

TEST_CASE("the 10-s rows of CHB-MIT take at most 6.9 bits a sample and come back exactly") {
    if (test::data_folder().empty()) {
        SKIP("VIGIL_DATA is not set");
    }
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (const char* name : {"chbmit/chb01_03_from_0s.edf", "chbmit/chb01_03_from_2995s.edf"}) {
        const auto recording = test::open_file(test::data_folder() / name).value();
        const std::uint64_t samples = recording->info().samples;
        for (std::uint64_t first = 0; first < samples; first += 2560) {
            const auto row =
                recording->read(first, std::min<std::uint64_t>(2560, samples - first)).value();
            const std::string packed = encode_samples(row, 23).value();
            CHECK(decode_samples(packed, 23, row.size() / 23).value() == row);
            bytes += packed.size();
            count += row.size();
        }
    }
    CHECK(count == 2 * 41 * 256 * 23);
    CHECK(8.0 * static_cast<double>(bytes) / static_cast<double>(count) <= 6.9);
}

TEST_CASE("more channels or samples than the limits are refused before memory is taken") {
    const std::string bytes = encode_samples(Samples(128, 0), 1).value();
    CHECK(decode_samples(bytes, 1, 128).has_value());
    CHECK(
        decode_samples(bytes, max_codec_channels + 1, 1).error().code == ErrorCode::invalid_argument
    );
    CHECK(decode_samples(bytes, 1, max_codec_samples + 1).error().field == "samples");
    CHECK(decode_samples(bytes, 256, max_codec_samples / 256 + 1).error().field == "samples");
    CHECK(
        decode_samples(bytes, 1, std::numeric_limits<std::size_t>::max()).error().field == "samples"
    );
    CHECK(decode_samples(bytes, 1, max_codec_samples).error().field == "data");
}

TEST_CASE("samples that do not fill their channels or are over the limits are not encoded") {
    CHECK(encode_samples(Samples(3), 2).error().field == "samples");
    CHECK(encode_samples(Samples(1), 0).error().code == ErrorCode::invalid_argument);
    CHECK(encode_samples(Samples(max_codec_channels), max_codec_channels).has_value());
    CHECK(
        encode_samples(Samples(max_codec_channels + 1), max_codec_channels + 1).error().field ==
        "samples"
    );
    CHECK(encode_samples(Samples(max_codec_samples + 1), 1).error().field == "samples");
    v1::EegBlock block;
    block.add_channels();
    block.add_channels();
    set_block_samples(block, Samples{1, 2}, v1::INT16_LE).value();
    const std::string before = block.SerializeAsString();
    for (const v1::Codec codec : {v1::INT16_LE, v1::INT24_LE, v1::LPC_RICE}) {
        CHECK(set_block_samples(block, Samples(3), codec).error().field == "samples");
    }
    CHECK(
        set_block_samples(block, Samples(max_codec_samples + 2), v1::LPC_RICE).error().field ==
        "samples"
    );
    CHECK(block.SerializeAsString() == before);
    v1::EegBlock without_channels;
    CHECK(set_block_samples(without_channels, Samples(1), v1::INT16_LE).error().field == "samples");
}

TEST_CASE("samples become microvolts by their channel's unit, scale and offset") {
    v1::Channel channel;
    channel.set_scale(0.5);
    channel.set_offset(-2);
    for (const auto& [unit, per_unit] :
         {std::pair{"uV", 1.0}, std::pair{"mV", 1e3}, std::pair{"V", 1e6}}) {
        channel.set_unit(unit);
        CHECK(microvolt_scale(channel)(10) == 3 * per_unit);
    }
}

TEST_CASE("a block with more channels than can be stored is not read") {
    v1::EegBlock block;
    for (std::size_t channel = 0; channel < max_codec_channels; ++channel) {
        block.add_channels();
    }
    set_block_samples(block, Samples(max_codec_channels), v1::INT16_LE).value();
    CHECK(block_samples(block).has_value());
    block.add_channels();
    block.set_data(std::string((max_codec_channels + 1) * 2, '\0'));
    CHECK(block_samples(block).error().field == "channels");
}

TEST_CASE("cut, lengthened and altered payloads give an error or samples, never anything else") {
    std::mt19937 random(5);
    const Samples samples = random_walk(random, 600, 32767, 20);
    const std::string bytes = encode_samples(samples, 2).value();
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        CHECK_FALSE(decode_samples(bytes.substr(0, cut), 2, 300).has_value());
    }
    CHECK_FALSE(decode_samples(bytes + '\0', 2, 300).has_value());
    CHECK_FALSE(decode_samples(bytes, 2, 301).has_value());
    for (int round = 0; round < 2000; ++round) {
        std::string altered = bytes;
        for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
            altered[random() % altered.size()] ^= static_cast<char>(1U << (random() % 8));
        }
        if (const auto back = decode_samples(altered, 2, 300)) {
            CHECK(back->size() == 600);
        }
    }
}

TEST_CASE("a block gives back its samples in each codec") {
    v1::EegBlock block;
    block.add_channels()->set_label("Fp1-F7");
    block.add_channels()->set_label("F7-T7");
    const Samples small{-32768, 0, 32767, 1, -1, 256};
    const Samples large{-8388608, 0, 8388607, 65536, -65537, 256};
    for (const v1::Codec codec : {v1::INT16_LE, v1::INT24_LE, v1::LPC_RICE}) {
        set_block_samples(block, small, codec).value();
        CHECK(block.codec() == codec);
        CHECK(block.samples() == 3);
        CHECK(block_samples(block).value() == small);
    }
    set_block_samples(block, small, v1::INT16_LE).value();
    CHECK(block.data().substr(0, 6) == std::string("\x00\x80\x00\x00\xff\x7f", 6));
    set_block_samples(block, large, v1::INT24_LE).value();
    CHECK(block.data().substr(0, 9) == std::string("\x00\x00\x80\x00\x00\x00\xff\xff\x7f", 9));
    CHECK(block_samples(block).value() == large);
}

TEST_CASE("values that do not fit in the asked codec take the next wider one") {
    v1::EegBlock block;
    block.add_channels();
    set_block_samples(block, Samples{32768}, v1::INT16_LE).value();
    CHECK(block.codec() == v1::INT24_LE);
    CHECK(block_samples(block).value() == Samples{32768});
    set_block_samples(block, Samples{-8388609, 5}, v1::INT24_LE).value();
    CHECK(block.codec() == v1::LPC_RICE);
    CHECK(block_samples(block).value() == Samples{-8388609, 5});
}

TEST_CASE("a block whose data does not match its channels and samples is refused") {
    v1::EegBlock block;
    CHECK(block_samples(block).error().field == "channels");
    block.add_channels();
    CHECK(block_samples(block).error().field == "codec");
    block.set_codec(v1::INT16_LE);
    block.set_samples(2);
    block.set_data("abc");
    CHECK(block_samples(block).error().field == "data");
    block.set_samples(std::numeric_limits<std::uint32_t>::max());
    CHECK(block_samples(block).error().field == "data");
    block.set_codec(v1::LPC_RICE);
    CHECK(block_samples(block).error().field == "data");
    block.set_data(std::string("\x01\x00", 2));
    CHECK(block_samples(block).error().field == "samples");
}

} // namespace vigil::signal
