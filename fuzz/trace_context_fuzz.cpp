// The header traceparent: what is accepted has a trace, stands in the header as it is written
// again, and does not become invalid by what a later version may add.
#include "base/trace_context.hpp"
#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using vigil::fuzz::check;
    const std::string header(reinterpret_cast<const char*>(data), size);
    const auto trace = vigil::trace_of(header);
    if (!trace) {
        return 0;
    }
    check(trace->bytes().size() == vigil::TraceId::size);
    const auto digits = trace->hex();
    const std::string_view hex(digits.data(), digits.size());
    check(std::string_view(header).substr(3, 32) == hex);
    check(!header.starts_with("ff") && (size == 55 || (size > 55 && header[55] == '-')));
    const bool first_version = header.starts_with("00");
    check(!first_version || size == 55);
    check(vigil::trace_of(header + "-x").has_value() == !first_version);
    return 0;
}
