#include "store/mariadb/write_lengths.hpp"

#include <algorithm>

namespace vigil::store::mariadb {

namespace {

constexpr std::size_t most_key_bytes = 255;

/// The longest of what one kind of rows has, keys and bodies.
struct Longest {
    std::size_t key = 0;
    std::size_t body = 0;

    void keys(std::initializer_list<std::string_view> texts) {
        for (const auto text : texts) {
            key = std::max(key, text.size());
        }
    }

    void bytes(std::size_t size) { body = std::max(body, size); }
};

Longest longest(const Write& write) {
    Longest found;
    for (const auto& row : write.streams) {
        found.keys({row.patient, row.device, row.stream});
        found.bytes(row.seen.size());
    }
    for (const auto& chunk : write.chunks) {
        found.bytes(chunk.row.pyramid.size());
    }
    for (const auto& row : write.detections) {
        const auto& made = row.detection;
        found.keys({row.id, made.patient(), made.device(), made.stream(), made.model()});
        found.keys({made.model_version()});
        found.bytes(made.ByteSizeLong());
    }
    for (const auto& row : write.events) {
        found.keys({row.event.id(), row.event.patient()});
        found.bytes(row.event.ByteSizeLong());
    }
    for (const auto& row : write.chronicle) {
        found.keys({row.id, row.patient});
        found.bytes(row.body.size());
    }
    for (const auto& row : write.vitals) {
        found.keys({row.id, row.patient, row.vital.name(), row.vital.source()});
        found.bytes(row.vital.ByteSizeLong());
    }
    for (const auto& row : write.beats) {
        found.keys({row.id, row.patient});
        found.bytes(row.beats.ByteSizeLong());
    }
    for (const auto& row : write.clocks) {
        found.keys({row.patient, row.device});
        found.bytes(row.course.ByteSizeLong());
    }
    for (const auto& row : write.quarantined) {
        found.keys({row.id, row.held.device()});
        found.bytes(row.held.ByteSizeLong());
    }
    for (const auto& row : write.newest) {
        found.keys({row.patient});
        found.bytes(row.samples.size() * sizeof(std::int32_t));
    }
    return found;
}

} // namespace

Result<void> check_lengths(const Write& write, std::size_t most_bytes) {
    const auto found = longest(write);
    if (found.key > most_key_bytes) {
        return fail(
            ErrorCode::too_large,
            "a name or an id of over 255 bytes",
            {},
            std::to_string(found.key) + " bytes"
        );
    }
    if (found.body > most_bytes) {
        return fail(
            ErrorCode::too_large,
            "a row that the store's server does not take at once",
            {},
            std::to_string(found.body) + " bytes where max_allowed_packet has room for " +
                std::to_string(most_bytes)
        );
    }
    return {};
}

} // namespace vigil::store::mariadb
