// The store port: what `records` makes of the journal so that questions can be answered. Owned by
// this library; adapters are MemoryStore (tests, simulation), SqliteStore (one machine) and
// MariadbStore (a cluster).
#pragma once

#include "base/error.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/clock.pb.h"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/eeg.pb.h"
#include "vigil/v1/entry.pb.h"
#include "vigil/v1/vitals.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vigil::store {

/// A stream as the store knows it; `id` is given by the store.
struct StreamRow {
    std::int64_t id = 0;
    std::string patient;
    std::string device;
    std::string stream;
    std::uint32_t rate_numerator = 0;
    std::uint32_t rate_denominator = 1;
    std::vector<v1::Channel> channels;
    bool isolated = false;
    bool synthetic = false;
    std::string seen; // SampleRanges::serialize(): what is stored, for duplicates after a restart
    bool ended = false;
};

/// About ten seconds of one stream: consecutive runs, compressed. One row.
struct ChunkRow {
    std::int64_t stream_id = 0;
    std::uint64_t first_sample = 0; // of the first run
    std::uint64_t end_sample = 0;   // of the last
    std::int64_t start_us = 0;      // UTC of first_sample
    std::int64_t end_us = 0;
    std::string payload; // libs/store/chunk.hpp
    std::string pyramid; // libs/store/chunk.hpp: minimum and maximum of each channel and second
};

struct DetectionRow {
    std::string id;
    v1::Detection detection;
};

/// The newest revision of an event.
struct EventRow {
    v1::Event event;
};

/// What became of a patient beside signals and their values, as it was recorded: the newest
/// revision of each id.
struct ChronicleRow {
    /// Numbers stand in databases: never used again.
    enum class Kind : std::uint8_t {
        alarm = 1,      // v1::Alarm, by when it was raised
        past_event = 2, // v1::AlarmNotice of kind LISTED, by its onset
        heart = 3,      // v1::HeartChange that is settled
        mark = 4,       // v1::Mark, by when it is of
    };

    Kind kind = Kind::alarm;
    std::string id;
    std::string patient;
    std::int64_t at_us = 0;
    std::uint32_t revision = 0; // a later one replaces
    std::string body;           // the message
};

struct VitalRow {
    std::string id;
    std::string patient;
    v1::Vital vital;
};

struct BeatsRow {
    std::string id;
    std::string patient;
    v1::Beats beats;
};

/// How the clock behind one kind of a device's data ran. `device`: of single values their source.
struct ClockRow {
    std::string patient;
    std::string device;
    v1::ClockCourse::Data data = v1::ClockCourse::EEG;
    v1::ClockCourse course;
};

/// What a device sent while it was assigned to nobody.
struct QuarantinedRow {
    std::string id; // of its entry
    std::int64_t receipt_us = 0;
    v1::Quarantined held;
};

/// What is quarantined of one device.
struct QuarantineSum {
    std::string device;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    std::int64_t first_us = 0; // of the data: the earliest start, and the latest
    std::int64_t last_us = 0;
};

/// The newest old-contract window or block of a patient, as `GET /eeg_chunks/get_last_chunks_list`
/// answers it.
struct NewestWindow {
    std::string patient;
    std::uint32_t number = 0; // the old contract's fk_user
    std::int64_t start_us = 0;
    std::vector<std::int32_t> samples;
    std::optional<std::uint32_t> score_q16;
};

/// Everything that one step of `records` writes, in one transaction, with the position that it
/// reaches.
struct Write {
    std::vector<StreamRow>
        streams; // new or changed (by patient, device, stream); ids are filled in by write()

    struct Chunk {
        std::size_t stream = 0; // index into `streams`
        ChunkRow row;
    };

    std::vector<Chunk> chunks;
    std::vector<DetectionRow> detections;
    std::vector<EventRow> events; // a later revision replaces, an earlier one changes nothing
    std::vector<ChronicleRow> chronicle; // likewise
    std::vector<VitalRow>
        vitals; // the same (patient, name, source, time) replaces: a re-send may carry more
    std::vector<BeatsRow> beats;
    std::vector<ClockRow> clocks; // replaces the one of the same patient, device and data
    std::vector<QuarantinedRow> quarantined;
    std::vector<std::string> released; // ids of quarantined rows that a patient has now
    std::vector<NewestWindow> newest;  // replaces the patient's older one
    journal::Sequence expected = 0;    // the position that the store must be at: the fence
    journal::Sequence position = 0;    // the position after this write
};

struct TimeRange {
    std::int64_t from_us = 0;
    std::int64_t until_us = 0; // exclusive
};

/// Rows of one page and where the next page starts; no cursor on the last page.
template <class Row>
struct Page {
    std::vector<Row> rows;
    std::optional<std::string> cursor;
};

class Store {
public:
    virtual ~Store() = default;

    /// Writes all of it or nothing.
    ///
    /// errors  conflict: the store is not at `expected` (another writer was here); unavailable:
    /// disk full or the like, retry safe
    virtual Result<void> write(const Write& write) = 0;

    [[nodiscard]] virtual Result<journal::Sequence> position() = 0;

    /// Makes what was written so far survive a power cut too, and gives the position that it
    /// reaches: the journal may be freed up to there, not up to position().
    [[nodiscard]] virtual Result<journal::Sequence> sync() { return position(); }

    [[nodiscard]] virtual Result<std::vector<StreamRow>> streams() = 0;

    /// Chunks of a patient that overlap the time, by start time then stream. `limit` 1 to 10,000.
    /// An unknown cursor is invalid_argument.
    [[nodiscard]] virtual Result<Page<ChunkRow>> chunks(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) = 0;
    /// The same rows with `payload` left out: for drawing a long stretch.
    [[nodiscard]] virtual Result<std::vector<ChunkRow>>
    pyramid(std::int64_t stream_id, TimeRange time) = 0;
    [[nodiscard]] virtual Result<Page<DetectionRow>> detections(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) = 0;
    /// Events by onset, in whatever state.
    [[nodiscard]] virtual Result<Page<EventRow>> events(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) = 0;
    /// Rows of one kind by their time.
    [[nodiscard]] virtual Result<Page<ChronicleRow>> chronicle(
        ChronicleRow::Kind kind,
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) = 0;
    [[nodiscard]] virtual Result<Page<VitalRow>> vitals(
        const std::string& patient,
        TimeRange time,
        std::size_t limit,
        const std::optional<std::string>& cursor
    ) = 0;
    [[nodiscard]] virtual Result<std::vector<BeatsRow>>
    beats(const std::string& patient, TimeRange time) = 0;
    /// All, by patient, device and data.
    [[nodiscard]] virtual Result<std::vector<ClockRow>> clocks() = 0;
    /// By device; those of which nothing is quarantined are not listed.
    [[nodiscard]] virtual Result<std::vector<QuarantineSum>> quarantine() = 0;
    /// Of a device, by the start of the data: the first `limit`.
    [[nodiscard]] virtual Result<std::vector<QuarantinedRow>>
    quarantined(const std::string& device, TimeRange time, std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::vector<NewestWindow>> newest_windows() = 0;
    /// For each patient the heart rates of the five hours before its newest one (old contract).
    [[nodiscard]] virtual Result<std::vector<VitalRow>> newest_heart_rates() = 0;

    struct Size {
        std::uint64_t chunks = 0;
        std::uint64_t detections = 0;
        std::uint64_t bytes = 0;
    };

    [[nodiscard]] virtual Result<Size> size() = 0;
};

} // namespace vigil::store
