// Opens foreign bytes as a WFDB record: header, a zero byte, annotations with a length in front,
// the signal file.
#include "check.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(all.find('\0'), size);
    const std::string_view rest = all.substr(std::min(end + 1, size));
    const std::size_t length = rest.empty() ? 0 : static_cast<unsigned char>(rest[0]);
    const std::string_view annotations = rest.substr(std::min<std::size_t>(1, rest.size()), length);
    const std::string_view signals = rest.substr(std::min(1 + length, rest.size()));
    const auto beside = [&](std::string_view name) -> Result<std::string> {
        return std::string(name.ends_with(".atr") ? annotations : signals);
    };
    fuzz::check_recording(signal::open_recording("r.hea", std::string(all.substr(0, end)), beside));
    return 0;
}
