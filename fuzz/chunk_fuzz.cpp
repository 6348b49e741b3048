// Reads foreign bytes as what a row of the store holds, for a number of channels that the first
// byte says; what is read survives being written again.
#include "check.hpp"
#include "store/chunk.hpp"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    if (size == 0) {
        return 0;
    }
    const std::size_t channels = data[0];
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (const auto runs = store::decode_runs(bytes, channels)) {
        const auto again = store::encode_runs(*runs, channels);
        fuzz::check(again.has_value());
        const auto back = store::decode_runs(*again, channels);
        fuzz::check(back && *back == *runs);
        if (const auto pyramid = store::encode_pyramid(*runs, channels, 256, 1)) {
            fuzz::check(store::decode_pyramid(*pyramid, channels).has_value());
        }
    }
    if (const auto seconds = store::decode_pyramid(bytes, channels)) {
        for (const auto& second : *seconds) {
            fuzz::check(second.channels.size() == channels);
        }
    }
    return 0;
}
