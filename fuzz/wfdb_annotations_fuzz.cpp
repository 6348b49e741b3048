// Reads foreign bytes as a WFDB annotator file, which `vigil evaluate` takes beside a recording of
// any format; wfdb_fuzz reaches only 255 bytes of one.
#include "check.hpp"
#include "signal/wfdb_annotations.hpp"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto annotations = signal::wfdb_annotations(bytes);
    if (!annotations) {
        fuzz::check(!annotations.error().detail.empty());
        return 0;
    }
    fuzz::check(annotations->size() <= size / 2);
    std::size_t text = 0;
    for (const auto& one : *annotations) {
        fuzz::check(one.sample >= 0 && one.sample <= std::int64_t{1} << 48);
        fuzz::check(!one.text.empty() && one.text[0] > ' ' && one.text[0] < 127);
        fuzz::check(one.text.size() == 1 || one.text[1] == ' ');
        text += one.text.size();
    }
    fuzz::check(text <= size);
    // what follows the end is not read
    const auto ended = signal::wfdb_annotations(std::string(bytes) + std::string("\0\0", 2));
    if (size % 2 == 0) {
        fuzz::check(ended && ended->size() == annotations->size());
    }
    return 0;
}
