#include "journal/journal.hpp"

namespace vigil::journal {

std::uint32_t partition_of(std::string_view patient, std::uint32_t count) {
    // FNV-1a, 64 bits: draft-eastlake-fnv-17, section 2
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : patient) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return count == 0 ? 0 : static_cast<std::uint32_t>(hash % count);
}

} // namespace vigil::journal
