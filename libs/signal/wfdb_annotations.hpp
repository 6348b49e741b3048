// The annotator files (.atr) of WFDB records. Used by wfdb_recording.cpp, and by whoever has
// reference beats beside a recording of another format.
#pragma once

#include "signal/recording.hpp"

#include <string_view>
#include <vector>

namespace vigil::signal {

/// The annotations of a file in the file's order; `sample` counts as the file does, which is in
/// samples of the record unless its first note gives a time resolution of its own.
///
/// errors  unprocessable: it ends within an interval or a note, or a time lies before the record or
///         absurdly late; an end without the two zero bytes is none
/// source  annot(5) of the WFDB Applications Guide, "MIT format"
/// threads any
[[nodiscard]] Result<std::vector<RecordingAnnotation>> wfdb_annotations(std::string_view bytes);

} // namespace vigil::signal
