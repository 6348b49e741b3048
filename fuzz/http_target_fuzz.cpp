// A request's target from the network: whatever is accepted has a path that begins with '/', no
// control characters, no dot segments.
#include "http/target.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto target = vigil::http::parse_target({reinterpret_cast<const char*>(data), size});
    if (!target) {
        return 0;
    }
    const auto is_plain = [](std::string_view text) {
        for (const char c : text) {
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
                return false;
            }
        }
        return true;
    };
    const std::string_view path = target->path;
    bool sound =
        path.starts_with('/') && is_plain(path) && !path.contains("/../") && !path.ends_with("/..");
    for (const auto& [name, value] : target->query) {
        sound = sound && is_plain(name) && is_plain(value);
    }
    if (!sound || target->query.size() > vigil::http::max_query_parameters) {
        std::abort();
    }
    return 0;
}
