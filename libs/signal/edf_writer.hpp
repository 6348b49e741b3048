// Writes an EDF+ file record by record, so that its length in memory is one record. Used by
// records' export.
#pragma once

#include "signal/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vigil::signal {

struct EdfNote {
    double onset_s = 0; // after the file's start
    double duration_s = 0;
    std::string text = {}; // printable; longer than max_edf_note_bytes is cut
};

inline constexpr std::size_t max_edf_note_bytes = 160;

struct EdfPlan {
    std::string patient = {};   // a code, never a name
    UtcTime start = {};         // written in UTC, whole seconds
    bool synthetic = false;     // the word stands in the header
    bool discontinuous = false; // EDF+D: records carry their own onsets, with gaps between them
    Rate rate = {};
    std::size_t records = 0; // of so many samples as the rate has in about a second
    std::vector<RecordingChannel> channels = {}; // of 16-bit samples
    std::vector<EdfNote> notes = {};
};

/// Of each channel: about a second, so that a rate that is no whole number keeps its rate.
[[nodiscard]] std::size_t edf_samples_per_record(Rate rate);

/// source  EDF: Kemp et al., Electroencephalogr. Clin. Neurophysiol. 82 (1992) 391; EDF+: Kemp and
///         Olivan, Clin. Neurophysiol. 114 (2003) 1755
class EdfWriter {
public:
    /// errors  invalid_argument: no channels or more than max_recording_channels, no records, no
    ///         rate, or a scale whose range does not fit in the header's eight letters
    [[nodiscard]] static Result<EdfWriter> open(EdfPlan plan);

    [[nodiscard]] std::size_t samples_per_record() const { return samples_; }

    [[nodiscard]] double record_seconds() const;
    [[nodiscard]] std::size_t file_bytes() const;

    [[nodiscard]] const std::string& header() const { return header_; }

    /// The next record, in the order of time.
    ///
    /// shape   [channels][samples_per_record] row-major
    /// errors  invalid_argument: another shape, a value that 16 bits do not hold, or more records
    ///         than planned; nothing is clipped
    [[nodiscard]] Result<std::string> record(double onset_s, std::span<const std::int32_t> values);

private:
    explicit EdfWriter(EdfPlan plan) : plan_(std::move(plan)) {}

    [[nodiscard]] std::string notes_of(std::size_t record, double onset_s) const;

    EdfPlan plan_;
    std::size_t samples_ = 0;
    std::size_t note_bytes_ = 0; // of one record's annotations
    std::string header_;
    std::size_t written_ = 0;
};

} // namespace vigil::signal
