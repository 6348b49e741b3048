// What waits to be sent: one block, value or end of stream, serialized. Used by the sources, the
// outbox and the lanes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vigil::play {

/// Numbers are in spool files: never used again.
enum class Kind : std::uint8_t {
    eeg_block = 1,     // EegBlockBatch of one block: such bodies may be joined
    vital = 2,         // VitalBatch of one value: such bodies may be joined
    beats = 3,         // Beats
    stream_end = 4,    // StreamEnd
    legacy_window = 5, // JSON of POST /eeg
    legacy_heart = 6,  // JSON of POST /heartbeat
};

struct Item {
    Kind kind = Kind::eeg_block;
    std::string body = {};
    /// Which stream of this run it belongs to, counted per patient; 0: of an earlier run.
    std::uint32_t epoch = 0;
    std::uint64_t first_sample = 0;
    /// When it was ready to be sent.
    std::chrono::steady_clock::time_point made = {};
    /// How often the server failed on it when it was sent by itself, in this run.
    unsigned failures = 0;
    /// How often it was on its way when the server dropped the request or did not answer.
    unsigned doubts = 0;
    /// What the server had taken of all patients when it was last in doubt.
    std::uint64_t taken_by_then = 0;
    /// The spool file holds it until everything that was read from the file is delivered.
    bool in_spool = false;
};

/// What it is, for a human: never its samples.
[[nodiscard]] std::string describe(const Item& item);

} // namespace vigil::play
