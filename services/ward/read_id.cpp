#include "ward/read_id.hpp"

#include <boost/algorithm/hex.hpp>

#include <iterator>

namespace vigil::ward {

namespace {

constexpr std::size_t id_bytes = 16;

} // namespace

Result<std::string> read_id(const json::FlatObject& asked, const char* name) {
    const auto text = asked.text_or(name, {});
    if (!text) {
        return std::unexpected(text.error());
    }
    std::string bytes;
    try {
        boost::algorithm::unhex(*text, std::back_inserter(bytes));
    } catch (const boost::algorithm::hex_decode_error&) {
        bytes.assign(1, '\0');
    }
    if (!bytes.empty() && bytes.size() != id_bytes) {
        return fail(ErrorCode::invalid_argument, "An id has 32 hexadecimal digits.", name);
    }
    return bytes;
}

} // namespace vigil::ward
