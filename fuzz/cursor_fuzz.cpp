// Reads a client's cursor and time, and the store's cursors: what is read comes back the same from
// what is written for it.
#include "check.hpp"
#include "records/parameters.hpp"
#include "store/cursor.hpp"

#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto& [kind, parts] : {std::pair{'c', 2}, {'d', 1}, {'v', 2}}) {
        const auto cursor = store::read_cursor(kind, text, static_cast<std::size_t>(parts));
        if (!cursor) {
            fuzz::check(cursor.error().field == "cursor");
            continue;
        }
        const auto again = store::read_cursor(
            kind,
            store::write_cursor(kind, *cursor),
            static_cast<std::size_t>(parts)
        );
        fuzz::check(again && again->start_us == cursor->start_us && again->rest == cursor->rest);
    }
    if (const auto time = records::parse_time(text, "cursor")) {
        fuzz::check(*time >= 0 && records::parse_time(std::to_string(*time), "cursor") == *time);
    } else {
        fuzz::check(time.error().field == "cursor");
    }
    return 0;
}
