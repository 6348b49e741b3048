// Decodes foreign bytes; and takes the same bytes as samples, which must survive encoding and
// decoding.
#include "check.hpp"
#include "signal/sample_codec.hpp"

#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    if (size < 3) {
        return 0;
    }
    const std::size_t channels = data[0];
    const std::size_t samples = data[1] | (std::size_t{data[2]} << 8);
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
    if (const auto decoded = signal::decode_samples(bytes, channels, samples)) {
        fuzz::check(decoded->size() == channels * samples);
        const auto again = signal::decode_samples(
            signal::encode_samples(*decoded, channels).value(),
            channels,
            samples
        );
        fuzz::check(again && *again == *decoded);
    }
    std::vector<std::int32_t> raw;
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
        std::int32_t value = 0;
        std::memcpy(&value, bytes.data() + at, 4);
        raw.push_back(value);
    }
    const std::size_t rows = 1 + channels % 4;
    raw.resize(raw.size() / rows * rows);
    const auto back =
        signal::decode_samples(signal::encode_samples(raw, rows).value(), rows, raw.size() / rows);
    fuzz::check(back && *back == raw);
    return 0;
}
