// WFDB records: a text header (.hea) and its signal files. Used through open_recording().
#include "signal/recording_parts.hpp"
#include "signal/wfdb_annotations.hpp"
#include "signal/wfdb_header.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace vigil::signal {
namespace {

struct SignalFile {
    std::string bytes;
    int format = 0;
    std::size_t prolog = 0;
    std::size_t frame = 0; // samples of all its signals in one frame
};

// How many samples so many bytes hold.
std::size_t held(int format, std::size_t bytes) {
    switch (format) {
        case 16:
        case 61:
            return bytes / 2;
        case 24:
            return bytes / 3;
        case 32:
            return bytes / 4;
        case 80:
            return bytes;
        default:
            return bytes / 3 * 2 + (bytes % 3 == 2 ? 1 : 0); // 212: two samples in three bytes
    }
}

// The sample at this place of the sequence. source  signal(5)
std::int32_t sample_at(int format, const char* data, std::size_t index) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(data);
    const auto byte = [in](std::size_t at) { return static_cast<std::uint32_t>(in[at]); };
    switch (format) {
        case 16:
            return static_cast<std::int16_t>(byte(2 * index) | (byte(2 * index + 1) << 8));
        case 61:
            return static_cast<std::int16_t>(byte(2 * index + 1) | (byte(2 * index) << 8));
        case 24:
            return static_cast<std::int32_t>(
                       (byte(3 * index) << 8) | (byte(3 * index + 1) << 16) |
                       (byte(3 * index + 2) << 24)
                   ) >>
                   8;
        case 32:
            return static_cast<std::int32_t>(
                byte(4 * index) | (byte(4 * index + 1) << 8) | (byte(4 * index + 2) << 16) |
                (byte(4 * index + 3) << 24)
            );
        case 80:
            return static_cast<std::int32_t>(byte(index)) - 128;
        default: {
            const std::size_t pair = index / 2 * 3;
            const std::uint32_t twelve = index % 2 == 0
                                             ? byte(pair) | ((byte(pair + 1) & 0x0F) << 8)
                                             : byte(pair + 2) | ((byte(pair + 1) & 0xF0) << 4);
            return static_cast<std::int32_t>(twelve << 20) >> 20;
        }
    }
}

class WfdbRecording final : public Recording {
public:
    WfdbRecording(
        RecordingInfo info,
        std::map<std::string, SignalFile> files,
        std::vector<WfdbSignal> signals
    )
        : Recording(std::move(info)), files_(std::move(files)), signals_(std::move(signals)) {}

protected:
    void copy(std::uint64_t first, std::uint64_t count, std::int32_t* out) const override {
        for (const WfdbSignal& signal : signals_) {
            const SignalFile& file = files_.at(signal.file);
            const char* data = file.bytes.data() + file.prolog;
            for (std::uint64_t t = first; t < first + count; ++t) {
                const std::uint64_t place =
                    t / signal.per_frame * file.frame + signal.position + t % signal.per_frame;
                *out++ = sample_at(file.format, data, place);
            }
        }
    }

private:
    std::map<std::string, SignalFile> files_;
    std::vector<WfdbSignal> signals_;
};

Result<std::map<std::string, SignalFile>>
load_files(std::vector<WfdbSignal>& signals, const FileLoader& loader) {
    std::map<std::string, SignalFile> files;
    for (WfdbSignal& signal : signals) {
        auto [entry, is_new] = files.try_emplace(signal.file);
        SignalFile& file = entry->second;
        if (is_new) {
            auto bytes = loader(signal.file);
            if (!bytes) {
                return fail(
                    ErrorCode::unprocessable,
                    "WFDB: the signal file " + signal.file + " could not be read",
                    {},
                    bytes.error().detail
                );
            }
            file = {.bytes = *std::move(bytes), .format = signal.format, .prolog = signal.prolog};
            if (file.prolog > file.bytes.size()) {
                return bad_file(
                    "WFDB: the signal file " + signal.file + " is shorter than its offset"
                );
            }
        } else if (file.format != signal.format) {
            return bad_file("WFDB: the signals of " + signal.file + " have different formats");
        }
        signal.position = file.frame;
        file.frame += signal.per_frame;
    }
    return files;
}

// Frames that every file holds; an error where the header promises more.
Result<std::uint64_t>
count_frames(const WfdbHeader& h, const std::map<std::string, SignalFile>& files) {
    std::uint64_t present = std::numeric_limits<std::uint64_t>::max();
    for (const auto& [name, file] : files) {
        present = std::min<std::uint64_t>(
            present,
            held(file.format, file.bytes.size() - file.prolog) / file.frame
        );
    }
    if (present == 0 || h.frames > present) {
        return bad_file(
            "WFDB: the signal files are cut short: they hold " + std::to_string(present) + " of " +
            std::to_string(h.frames) + " samples"
        );
    }
    return h.frames == 0 ? present : h.frames;
}

// Signals of the samples-per-frame that most have; of two, the higher.
std::size_t kept_per_frame(const std::vector<WfdbSignal>& signals) {
    std::map<std::size_t, std::size_t> count;
    for (const WfdbSignal& signal : signals) {
        ++count[signal.per_frame];
    }
    const auto best = std::ranges::max_element(count, {}, [](const auto& entry) {
        return std::pair(entry.second, entry.first);
    });
    return best->first;
}

} // namespace

Result<std::unique_ptr<Recording>>
open_wfdb(std::string name, const std::string& header, const FileLoader& loader) {
    auto h = read_wfdb_header(header);
    if (!h) {
        return std::unexpected(h.error());
    }
    std::vector<WfdbSignal>& signals = h->signals;
    auto files = load_files(signals, loader);
    if (!files) {
        return std::unexpected(files.error());
    }
    const auto frames = count_frames(*h, *files);
    if (!frames) {
        return std::unexpected(frames.error());
    }
    const std::size_t per_frame = kept_per_frame(signals);
    const auto rate =
        rate_of(h->frame_rate.numerator * per_frame, std::to_string(h->frame_rate.denominator));
    if (!rate) {
        return bad_file("WFDB: the sampling frequency is too large");
    }
    RecordingInfo info{
        .name = std::move(name),
        .rate = *rate,
        .samples = *frames * per_frame,
        .start = h->start
    };
    info.segments.push_back({0, info.samples});
    std::erase_if(signals, [&](const WfdbSignal& signal) {
        if (signal.per_frame != per_frame) {
            info.left_out.push_back(signal.channel.label + ": another rate than most signals");
        }
        return signal.per_frame != per_frame;
    });
    for (const WfdbSignal& signal : signals) {
        info.channels.push_back(signal.channel);
        normalise(info.channels.back(), info.channels.size());
    }
    make_labels_unique(info.channels);
    if (const auto annotator = loader(info.name + ".atr")) {
        auto annotations = wfdb_annotations(*annotator);
        if (!annotations) {
            return std::unexpected(annotations.error());
        }
        info.annotations = *std::move(annotations);
        for (RecordingAnnotation& a : info.annotations) {
            a.sample *= static_cast<std::int64_t>(per_frame); // annotations count frames
        }
    }
    return std::make_unique<WfdbRecording>(std::move(info), *std::move(files), std::move(signals));
}

} // namespace vigil::signal
