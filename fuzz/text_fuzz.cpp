// Opens foreign bytes as a recording's .txt file.
#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    const auto nothing = [](std::string_view) -> Result<std::string> {
        return fail(ErrorCode::not_found, "none");
    };
    fuzz::check_recording(signal::open_recording(
        "x.txt",
        std::string(reinterpret_cast<const char*>(data), size),
        nothing
    ));
    return 0;
}
