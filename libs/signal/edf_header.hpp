// The header of an EDF file, and what its annotation signals hold. Private to libs/signal.
#pragma once

#include "signal/recording.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::signal {

struct EdfSignal {
    RecordingChannel channel;
    std::string label;           // as the file has it
    std::size_t samples = 0;     // in one record
    std::size_t byte_offset = 0; // in one record
    bool annotations = false;
};

struct EdfHeader {
    std::vector<EdfSignal> signals;
    std::size_t header_bytes = 0;
    std::size_t record_bytes = 0;
    std::size_t records = 0;
    std::string duration; // of one record, seconds, as text
    bool plus = false;
    bool discontinuous = false;
    bool synthetic = false; // the word stands in the patient's or the recording's field
    std::optional<UtcTime> start;
    std::vector<std::string> notes;
};

struct EdfAnnotation {
    double onset_s = 0;
    double duration_s = 0;
    std::string text;
};

struct EdfRecordNotes {
    std::optional<double> onset_s; // of the record itself
    std::vector<EdfAnnotation> annotations;
};

/// errors  invalid_argument: not an EDF header, or one that does not match the file's length
[[nodiscard]] Result<EdfHeader> read_edf_header(std::string_view bytes);

/// The annotations of one record. Lists that are damaged are passed over, as the standard asks of
/// readers.
[[nodiscard]] EdfRecordNotes
read_edf_notes(const EdfHeader& header, std::string_view bytes, std::size_t record);

} // namespace vigil::signal
