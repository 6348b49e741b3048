// EDF, EDF+C and EDF+D. Used through open_recording().
#include "signal/edf_header.hpp"
#include "signal/recording_parts.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace vigil::signal {
namespace {

// The rate that most signals have; of two, the higher.
std::size_t kept_samples_per_record(const EdfHeader& h) {
    std::map<std::size_t, std::size_t> count;
    for (const EdfSignal& signal : h.signals) {
        if (!signal.annotations) {
            ++count[signal.samples];
        }
    }
    std::size_t best = 0;
    for (const auto& [samples, signals] : count) {
        if (best == 0 || signals >= count[best]) {
            best = samples;
        }
    }
    return best;
}

class EdfRecording final : public Recording {
public:
    // `starts` holds each record's first index; records that follow on make one segment.
    EdfRecording(
        RecordingInfo info,
        std::string bytes,
        const EdfHeader& h,
        std::vector<std::size_t> offsets,
        std::vector<std::uint64_t> starts,
        std::size_t per_record
    )
        : Recording(std::move(info)),
          bytes_(std::move(bytes)),
          header_bytes_(h.header_bytes),
          record_bytes_(h.record_bytes),
          offsets_(std::move(offsets)),
          starts_(std::move(starts)),
          per_record_(per_record) {}

protected:
    void copy(std::uint64_t first, std::uint64_t count, std::int32_t* out) const override {
        const auto above = std::ranges::upper_bound(starts_, first);
        auto record = static_cast<std::size_t>(above - starts_.begin()) - 1;
        for (std::uint64_t done = 0; done < count; ++record) {
            const std::uint64_t skip = first + done - starts_[record];
            const std::uint64_t take = std::min<std::uint64_t>(per_record_ - skip, count - done);
            for (std::size_t channel = 0; channel < offsets_.size(); ++channel) {
                const auto* in = reinterpret_cast<const std::uint8_t*>(
                    bytes_.data() + header_bytes_ + record * record_bytes_ + offsets_[channel] +
                    2 * skip
                );
                std::int32_t* to = out + channel * count + done;
                for (std::uint64_t i = 0; i < take; ++i) {
                    to[i] = static_cast<std::int16_t>(in[2 * i] | (in[2 * i + 1] << 8));
                }
            }
            done += take;
        }
    }

private:
    std::string bytes_;
    std::size_t header_bytes_;
    std::size_t record_bytes_;
    std::vector<std::size_t> offsets_;
    std::vector<std::uint64_t> starts_;
    std::size_t per_record_;
};

// Chooses the channels; what is left out is named in `info`.
Result<std::vector<std::size_t>>
choose_channels(const EdfHeader& h, std::size_t per_record, RecordingInfo& info) {
    std::vector<std::size_t> offsets;
    for (const EdfSignal& signal : h.signals) {
        if (signal.annotations) {
            continue;
        }
        if (signal.samples != per_record) {
            const auto rate = rate_of(signal.samples, h.duration);
            info.left_out.push_back(
                signal.label + ": " + (rate ? std::to_string(rate->hertz()) : "another") +
                " Hz, unlike most"
            );
        } else if (signal.label.find_first_not_of("-.") == std::string::npos) {
            info.left_out.push_back(
                "a signal without a name (\"" + signal.label + "\")"
            ); // CHB-MIT's empty columns
        } else {
            info.channels.push_back(signal.channel);
            normalise(info.channels.back(), info.channels.size());
            offsets.push_back(signal.byte_offset);
        }
    }
    if (offsets.empty() || offsets.size() > max_recording_channels) {
        return bad_file("EDF: the file has no signals, or more than 256");
    }
    make_labels_unique(info.channels);
    return offsets;
}

// Places the records on the index, and the annotations; only EDF+D may have gaps.
Result<std::vector<std::uint64_t>> place_records(
    const EdfHeader& h,
    std::string_view bytes,
    std::size_t per_record,
    RecordingInfo& info
) {
    std::vector<std::uint64_t> starts;
    const double hertz = info.rate.hertz();
    double origin = 0;
    for (std::size_t record = 0; record < h.records; ++record) {
        const EdfRecordNotes notes = h.plus ? read_edf_notes(h, bytes, record) : EdfRecordNotes{};
        if (record == 0) {
            origin = notes.onset_s.value_or(0);
        }
        std::uint64_t start = record * per_record;
        if (h.discontinuous) {
            if (!notes.onset_s) {
                return bad_file(
                    "EDF+D: record " + std::to_string(record) + " does not say when it begins"
                );
            }
            const auto end =
                static_cast<std::int64_t>(record == 0 ? 0 : starts.back() + per_record);
            const auto wanted = std::llround((*notes.onset_s - origin) * hertz);
            if (wanted < end - 1) { // one sample is rounding
                return bad_file(
                    "EDF+D: record " + std::to_string(record) +
                    " begins before the one in front of it ends"
                );
            }
            start = static_cast<std::uint64_t>(std::max<std::int64_t>(wanted, end));
        }
        if (!info.segments.empty() &&
            info.segments.back().first + info.segments.back().count == start) {
            info.segments.back().count += per_record;
        } else {
            info.segments.push_back({start, per_record});
        }
        starts.push_back(start);
        for (const EdfAnnotation& a : notes.annotations) {
            info.annotations.push_back(
                {.sample = std::llround((a.onset_s - origin) * hertz),
                 .duration_s = a.duration_s,
                 .text = a.text}
            );
        }
    }
    info.samples = starts.back() + per_record;
    if (h.start) {
        info.start = *h.start + Microseconds(std::llround(origin * 1e6));
    }
    return starts;
}

} // namespace

Result<std::unique_ptr<Recording>> open_edf(std::string name, std::string bytes) {
    auto header = read_edf_header(bytes);
    if (!header) {
        return std::unexpected(header.error());
    }
    const std::size_t per_record = kept_samples_per_record(*header);
    const auto rate = rate_of(per_record, header->duration);
    if (!rate) {
        return bad_file(
            "EDF: there are no signals, or the duration of a record is not a positive number"
        );
    }
    RecordingInfo info{
        .name = std::move(name),
        .rate = *rate,
        .synthetic = header->synthetic,
        .notes = header->notes,
    };
    auto offsets = choose_channels(*header, per_record, info);
    if (!offsets) {
        return std::unexpected(offsets.error());
    }
    auto starts = place_records(*header, bytes, per_record, info);
    if (!starts) {
        return std::unexpected(starts.error());
    }
    return std::make_unique<EdfRecording>(
        std::move(info),
        std::move(bytes),
        *header,
        *std::move(offsets),
        *std::move(starts),
        per_record
    );
}

} // namespace vigil::signal
