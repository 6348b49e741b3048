// Recordings of any supported file format as one interface. Used by `vigil play`, `vigil evaluate`
// and the tests; the caller reads the files, so that nothing here touches a disk.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::signal {

/// value = sample * scale + offset, in `unit`. Voltages are always in uV, whatever the file has.
struct RecordingChannel {
    /// Unique in its recording, 1 to 32 printable ASCII characters; a repeated one gets " (2)".
    std::string label = {};
    std::string unit = {};
    double scale = 1;
    double offset = 0;
};

/// Hertz as a ratio in lowest terms: 17361 / 100.
struct Rate {
    std::uint32_t numerator = 0;
    std::uint32_t denominator = 1;

    [[nodiscard]] double hertz() const { return static_cast<double>(numerator) / denominator; }

    friend bool operator==(const Rate&, const Rate&) = default;
};

struct RecordingAnnotation {
    /// Index in the recording that it begins at; may lie before or after the recording.
    std::int64_t sample = 0;
    double duration_s = 0;
    /// WFDB: the annotation's symbol, "N" for a normal beat, and its note behind a blank.
    std::string text = {};
    /// WFDB: it marks a QRS complex.
    bool beat = false;
};

/// A run of indices that have samples; between two runs nothing was recorded.
struct RecordingSegment {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    friend bool operator==(const RecordingSegment&, const RecordingSegment&) = default;
};

struct RecordingInfo {
    /// The file's name without folder and ending.
    std::string name = {};
    std::vector<RecordingChannel> channels = {};
    Rate rate = {};
    /// Per channel, gaps included.
    std::uint64_t samples = 0;
    std::vector<RecordingSegment> segments = {};
    /// As the file has it: most formats give a local time without its zone, often shifted to hide
    /// the date.
    std::optional<UtcTime> start = {};
    /// The file says that a model made it: EDF, the word "synthetic" in the patient's or the
    /// recording's field of the header.
    bool synthetic = false;
    /// In the file's order.
    std::vector<RecordingAnnotation> annotations = {};
    /// Signals that are not among the channels, each with the reason.
    std::vector<std::string> left_out = {};
    /// What else a reader should know: values that were rounded, a file that is longer than
    /// announced.
    std::vector<std::string> notes = {};
};

/// threads any, since nothing changes after opening
class Recording {
public:
    virtual ~Recording() = default;
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    [[nodiscard]] const RecordingInfo& info() const { return info_; }

    /// shape   [channels][count] row-major
    /// errors  invalid_argument: not all of `first` to `first + count` lies in one segment
    [[nodiscard]] Result<std::vector<std::int32_t>> read(std::uint64_t first, std::uint64_t count)
        const;

protected:
    explicit Recording(RecordingInfo info) : info_(std::move(info)) {}

    /// Fills [channels][count]; the range lies in one segment.
    virtual void copy(std::uint64_t first, std::uint64_t count, std::int32_t* out) const = 0;

private:
    RecordingInfo info_;
};

/// Fetches a file that lies beside the opened one, by its name without a folder; not_found where it
/// is absent.
using FileLoader = std::function<Result<std::string>(std::string_view sibling)>;

struct RecordingOptions {
    /// Of formats that do not say; else 173.61 Hz for text (Bonn) and 256 Hz for NumPy (CHB-MIT).
    std::optional<Rate> rate = {};
};

inline constexpr std::size_t max_recording_channels = 256;

/// Opens a recording by its name's ending: .edf (EDF, EDF+C, EDF+D), .hea (WFDB: signals in formats
/// 16, 24, 32, 61, 80 and 212, beats from the .atr beside it), .txt (one value a line, microvolts),
/// .npy ([channels][samples] of float32 or int16, microvolts).
///
/// errors  invalid_argument or unprocessable, whose detail names what is wrong with the file; never
/// more memory than a few times
///         the files' own size
/// source  EDF: Kemp et al., Electroencephalogr. Clin. Neurophysiol. 82 (1992) 391; EDF+: Kemp and
/// Olivan, Clin. Neurophysiol. 114
///         (2003) 1755; WFDB: header(5), signal(5) and annot(5) of the WFDB Applications Guide;
///         NPY: numpy.lib.format
/// threads any
[[nodiscard]] Result<std::unique_ptr<Recording>> open_recording(
    std::string_view file_name,
    std::string bytes,
    const FileLoader& loader,
    const RecordingOptions& options = {}
);

} // namespace vigil::signal
