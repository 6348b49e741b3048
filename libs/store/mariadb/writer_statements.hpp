// The statements that the writer runs for many rows at once.
#pragma once

#include "store/mariadb/connection.hpp"

namespace vigil::store::mariadb {

// "ON DUPLICATE KEY UPDATE x = x" and not IGNORE, which would cut a value that is too long.
inline constexpr RowsStatement insert_chunks{
    .head =
        "INSERT INTO chunks (patient, start_us, stream, first_sample, end_sample, end_us, "
        "pyramid, more, payload) VALUES ",
    .columns = 9,
    .tail = " ON DUPLICATE KEY UPDATE more = more",
};
inline constexpr RowsStatement insert_pieces{
    .head =
        "INSERT INTO chunk_pieces (patient, start_us, stream, first_sample, piece, bytes) "
        "VALUES ",
    .columns = 6,
    .tail = " ON DUPLICATE KEY UPDATE piece = piece",
};
inline constexpr RowsStatement update_streams{
    .head =
        "INSERT INTO streams (id, patient, device, stream, description, ended, seen, "
        "chunk_span_us) VALUES ",
    .columns = 8,
    .tail =
        " ON DUPLICATE KEY UPDATE description = VALUES(description), ended = VALUES(ended), "
        "seen = VALUES(seen), chunk_span_us = GREATEST(chunk_span_us, VALUES(chunk_span_us))",
};
inline constexpr RowsStatement insert_detections{
    .head = "INSERT INTO detections (patient, start_us, id, origin, body) VALUES ",
    .columns = 5,
    .tail = " ON DUPLICATE KEY UPDATE origin = origin",
};
// The revision comes last: the assignments before it compare with the one that was there.
inline constexpr RowsStatement insert_events{
    .head = "INSERT INTO events (id, patient, onset_us, revision, body) VALUES ",
    .columns = 5,
    .tail =
        " ON DUPLICATE KEY UPDATE onset_us = IF(VALUES(revision) > revision, VALUES(onset_us), "
        "onset_us), body = IF(VALUES(revision) > revision, VALUES(body), body), revision = "
        "GREATEST(revision, VALUES(revision))",
};
inline constexpr RowsStatement insert_chronicle{
    .head = "INSERT INTO chronicle (kind, id, patient, at_us, revision, body) VALUES ",
    .columns = 6,
    .tail =
        " ON DUPLICATE KEY UPDATE at_us = IF(VALUES(revision) > revision, VALUES(at_us), "
        "at_us), body = IF(VALUES(revision) > revision, VALUES(body), body), revision = "
        "GREATEST(revision, VALUES(revision))",
};
inline constexpr RowsStatement insert_vitals{
    .head = "INSERT INTO vitals (patient, start_us, name, source, id, body) VALUES ",
    .columns = 6,
    .tail = " ON DUPLICATE KEY UPDATE id = VALUES(id), body = VALUES(body)",
};
inline constexpr RowsStatement insert_heart_rates{
    .head = "INSERT INTO newest_heart_rates (patient, start_us) VALUES ",
    .columns = 2,
    .tail = " ON DUPLICATE KEY UPDATE start_us = GREATEST(start_us, VALUES(start_us))",
};
inline constexpr RowsStatement insert_beats{
    .head = "INSERT INTO beats (patient, start_us, id, end_us, body) VALUES ",
    .columns = 5,
    .tail = " ON DUPLICATE KEY UPDATE end_us = end_us",
};
inline constexpr RowsStatement insert_beat_spans{
    .head = "INSERT INTO beat_spans (patient, span_us) VALUES ",
    .columns = 2,
    .tail = " ON DUPLICATE KEY UPDATE span_us = GREATEST(span_us, VALUES(span_us))",
};
inline constexpr RowsStatement insert_clocks{
    .head = "INSERT INTO clocks (patient, device, data, course) VALUES ",
    .columns = 4,
    .tail = " ON DUPLICATE KEY UPDATE course = VALUES(course)",
};
inline constexpr RowsStatement insert_quarantine{
    .head = "INSERT INTO quarantine (id, device, start_us, receipt_us, body) VALUES ",
    .columns = 5,
    .tail = " ON DUPLICATE KEY UPDATE device = device",
};
inline constexpr RowsStatement delete_quarantine{
    .head = "DELETE FROM quarantine WHERE id IN (",
    .columns = 1,
    .tail = ")",
};
inline constexpr RowsStatement insert_newest{
    .head = "INSERT INTO newest_windows (patient, number, samples, score_q16, start_us) VALUES ",
    .columns = 5,
    .tail =
        " ON DUPLICATE KEY UPDATE number = IF(VALUES(start_us) >= start_us, VALUES(number), "
        "number), samples = IF(VALUES(start_us) >= start_us, VALUES(samples), samples), "
        "score_q16 = IF(VALUES(start_us) >= start_us, VALUES(score_q16), score_q16), start_us "
        "= GREATEST(start_us, VALUES(start_us))",
};

} // namespace vigil::store::mariadb
