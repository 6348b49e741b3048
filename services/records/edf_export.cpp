#include "records/edf_export.hpp"

#include "records/edf_notes.hpp"
#include "records/stream_time.hpp"
#include "signal/edf_writer.hpp"

#include <algorithm>
#include <cstdlib>
#include <format>
#include <map>

namespace vigil::records {

namespace {

constexpr std::int32_t widest = 32767;

/// Runs that follow each other by their index.
struct Segment {
    std::int64_t start_us = 0;
    std::uint64_t end_sample = 0;
    std::int64_t stream_id = 0;
    bool isolated = false;
    std::vector<Run> runs;
    std::uint64_t samples = 0;
};

/// What one device recorded with one layout.
struct Source {
    std::shared_ptr<const store::StreamRow> stream;
    std::vector<Segment> segments; // by time
    std::uint64_t samples = 0;
};

std::string layout_of(const store::StreamRow& stream) {
    auto key =
        std::format("{}\n{}/{}", stream.device, stream.rate_numerator, stream.rate_denominator);
    for (const auto& channel : stream.channels) {
        key += std::format(
            "\n{} {} {} {}",
            channel.label(),
            channel.unit(),
            channel.scale(),
            channel.offset()
        );
    }
    return key;
}

void add_run(Source& source, const store::StreamRow& stream, Run run) {
    source.samples += run.samples;
    const auto before = std::ranges::find_if(source.segments, [&](const Segment& segment) {
        return !stream.isolated && segment.stream_id == stream.id &&
               segment.end_sample == run.first_sample;
    });
    if (before == source.segments.end()) {
        source.segments.push_back(
            {.start_us = run.start_us,
             .end_sample = run.first_sample + run.samples,
             .stream_id = stream.id,
             .isolated = stream.isolated,
             .runs = {},
             .samples = run.samples}
        );
        source.segments.back().runs.push_back(std::move(run));
        return;
    }
    before->end_sample += run.samples;
    before->samples += run.samples;
    before->runs.push_back(std::move(run));
}

/// Everything in the time, or too_large as soon as it is.
Result<std::map<std::string, Source>> collect(
    const Queries& queries,
    const std::string& patient,
    store::TimeRange time,
    const std::string& device,
    std::size_t most_bytes
) {
    std::map<std::string, Source> sources;
    std::size_t bytes = 0;
    while (true) {
        auto page = queries.eeg(patient, time, {.rows = 50});
        if (!page) {
            return std::unexpected(std::move(page.error()));
        }
        for (auto& [stream, runs] : page->streams) {
            if (!device.empty() && stream->device != device) {
                continue;
            }
            auto& source = sources[layout_of(*stream)];
            source.stream = stream;
            for (auto& run : runs) {
                bytes += 2 * run.values.size();
                add_run(source, *stream, std::move(run));
            }
        }
        if (bytes > most_bytes) {
            return fail(
                ErrorCode::too_large,
                std::format(
                    "the file would be over {} MiB: ask for a shorter time",
                    most_bytes >> 20
                ),
                "until"
            );
        }
        if (!page->next_us) {
            return sources;
        }
        time.from_us = *page->next_us;
    }
}

/// By how much each channel is divided so that its samples fit in 16 bits.
std::vector<std::int32_t> divisors_of(const Source& source) {
    std::vector<std::int32_t> divisors(source.stream->channels.size(), 1);
    for (const auto& segment : source.segments) {
        for (const auto& run : segment.runs) {
            for (std::size_t channel = 0; channel < divisors.size(); ++channel) {
                const auto values =
                    std::span(run.values).subspan(channel * run.samples, run.samples);
                const auto [low, high] = std::ranges::minmax(values);
                const auto most =
                    std::max(std::abs(std::int64_t{low}), std::abs(std::int64_t{high}));
                divisors[channel] = std::max(
                    divisors[channel],
                    static_cast<std::int32_t>((most + widest - 1) / widest)
                );
            }
        }
    }
    return divisors;
}

/// A segment's samples, one record after the other.
class RecordReader {
public:
    RecordReader(const Segment& segment, std::span<const std::int32_t> divisors)
        : segment_(segment), divisors_(divisors) {}

    /// shape [channels][count]; what the segment does not have repeats its last value
    std::vector<std::int32_t> next(std::size_t count) {
        const auto channels = divisors_.size();
        std::vector<std::int32_t> values(channels * count);
        for (std::size_t i = 0; i < count; ++i) {
            if (at_ == segment_.runs[run_].samples && run_ + 1 < segment_.runs.size()) {
                ++run_;
                at_ = 0;
            }
            const auto& run = segment_.runs[run_];
            const auto from = std::min(at_, run.samples - 1);
            for (std::size_t channel = 0; channel < channels; ++channel) {
                values[channel * count + i] =
                    run.values[channel * run.samples + from] / divisors_[channel];
            }
            at_ = std::min(at_ + 1, run.samples);
        }
        return values;
    }

private:
    const Segment& segment_;
    std::span<const std::int32_t> divisors_;
    std::size_t run_ = 0;
    std::uint64_t at_ = 0;
};

std::size_t records_of(const Segment& segment, std::size_t per_record) {
    return static_cast<std::size_t>((segment.samples + per_record - 1) / per_record);
}

/// Events that began up to a day before count too: one may go on into the time.
Result<std::vector<store::EventRow>>
events_in(const Queries& queries, const std::string& patient, store::TimeRange time) {
    constexpr std::int64_t day_us = std::int64_t{86'400} * 1'000'000;
    constexpr std::size_t most = 10'000;
    time.from_us = std::max<std::int64_t>(0, time.from_us - day_us);
    return queries.events(patient, time, most).transform([](auto page) {
        return std::move(page.rows);
    });
}

void note_filled(
    std::vector<signal::EdfNote>& notes,
    const Source& source,
    std::size_t per_record,
    std::int64_t start_us
) {
    const auto& stream = *source.stream;
    for (const auto& segment : source.segments) {
        const auto filled = records_of(segment, per_record) * per_record - segment.samples;
        if (filled == 0) {
            continue;
        }
        const auto end_us =
            segment.start_us +
            length_us(segment.samples, stream.rate_numerator, stream.rate_denominator);
        notes.push_back(
            {.onset_s = static_cast<double>(end_us - start_us) / 1e6,
             .duration_s = static_cast<double>(
                               length_us(filled, stream.rate_numerator, stream.rate_denominator)
                           ) /
                           1e6,
             .text = "No samples: filled with the last value"}
        );
    }
}

signal::EdfPlan plan_of(
    const Source& source,
    const std::string& patient,
    std::span<const std::int32_t> divisors,
    std::int64_t start_us,
    std::size_t records
) {
    const auto& stream = *source.stream;
    signal::EdfPlan plan{
        .patient = patient,
        .start = from_us(start_us),
        .synthetic = stream.synthetic,
        .discontinuous = source.segments.size() > 1,
        .rate = {.numerator = stream.rate_numerator, .denominator = stream.rate_denominator},
        .records = records,
    };
    for (std::size_t channel = 0; channel < divisors.size(); ++channel) {
        const auto& from = stream.channels[channel];
        plan.channels.push_back(
            {.label = from.label(),
             .unit = from.unit(),
             .scale = from.scale() * divisors[channel],
             .offset = from.offset()}
        );
        if (divisors[channel] > 1) {
            plan.notes.push_back(
                {.onset_s = 0,
                 .duration_s = 0,
                 .text = std::format(
                     "{}: samples divided by {} to fit in 16 bits",
                     from.label(),
                     divisors[channel]
                 )}
            );
        }
    }
    return plan;
}

/// The segments as they can stand in a file: none begins before the one before it has ended.
Result<std::string> write_records(
    signal::EdfWriter& writer,
    const Source& source,
    std::span<const std::int32_t> divisors,
    std::int64_t start_us
) {
    std::string bytes = writer.header();
    bytes.reserve(writer.file_bytes());
    const auto per_record = writer.samples_per_record();
    double earliest_s = 0;
    for (const auto& segment : source.segments) {
        RecordReader reader(segment, divisors);
        auto onset_s = std::max(earliest_s, static_cast<double>(segment.start_us - start_us) / 1e6);
        for (std::size_t record = 0; record < records_of(segment, per_record); ++record) {
            auto made = writer.record(onset_s, reader.next(per_record));
            if (!made) {
                return std::unexpected(std::move(made.error()));
            }
            bytes += *made;
            onset_s += writer.record_seconds();
        }
        earliest_s = onset_s;
    }
    return bytes;
}

/// What people said has Vigil's time, and the file its device's own.
void by_clock_of(
    const std::string& device,
    const Queries& queries,
    const std::string& patient,
    std::vector<v1::Mark>& marks
) {
    for (auto& mark : marks) {
        if (mark.kind() == v1::Mark::BUTTON || mark.kind() == v1::Mark::VERDICT) {
            continue; // of a device, of an event: theirs already
        }
        const auto from_us = mark.from_us() != 0 ? mark.from_us() : mark.time_us();
        mark.set_from_us(queries.device_us(patient, device, from_us));
        if (mark.until_us() != 0) {
            mark.set_until_us(queries.device_us(patient, device, mark.until_us()));
        }
    }
}

} // namespace

Result<EdfExport> edf_export(
    const Queries& queries,
    const std::string& patient,
    store::TimeRange time,
    const std::string& device,
    const EdfExportLimits& limits
) {
    auto sources = collect(queries, patient, time, device, limits.file_bytes);
    if (!sources) {
        return std::unexpected(std::move(sources.error()));
    }
    const auto most = std::ranges::max_element(*sources, {}, [](const auto& named) {
        return named.second.samples;
    });
    if (most == sources->end() || most->second.samples == 0) {
        return fail(ErrorCode::not_found, "there are no samples in this time");
    }
    auto& source = most->second;
    std::ranges::sort(source.segments, {}, &Segment::start_us);
    constexpr std::int64_t second_us = 1'000'000;
    const auto start_us = source.segments.front().start_us / second_us * second_us;
    const auto divisors = divisors_of(source);
    const auto per_record = signal::edf_samples_per_record(
        {.numerator = source.stream->rate_numerator, .denominator = source.stream->rate_denominator}
    );
    std::size_t records = 0;
    for (const auto& segment : source.segments) {
        records += records_of(segment, per_record);
    }
    auto plan = plan_of(source, patient, divisors, start_us, records);
    const auto events = events_in(queries, patient, time);
    if (!events) {
        return std::unexpected(events.error());
    }
    auto marks = queries.standing_marks(patient);
    if (!marks) {
        return std::unexpected(marks.error());
    }
    by_clock_of(source.stream->device, queries, patient, *marks);
    std::ranges::move(event_notes(*events, start_us, time), std::back_inserter(plan.notes));
    std::ranges::move(mark_notes(*marks, *events, start_us, time), std::back_inserter(plan.notes));
    note_filled(plan.notes, source, per_record, start_us);
    auto writer = signal::EdfWriter::open(std::move(plan));
    if (!writer) {
        return std::unexpected(std::move(writer.error()));
    }
    // Many short pieces make many records: they count too.
    if (writer->file_bytes() > limits.file_bytes) {
        return fail(
            ErrorCode::too_large,
            std::format(
                "the file would be over {} MiB: ask for a shorter time",
                limits.file_bytes >> 20
            ),
            "until"
        );
    }
    auto bytes = write_records(*writer, source, divisors, start_us);
    if (!bytes) {
        return std::unexpected(std::move(bytes.error()));
    }
    return EdfExport{
        .bytes = std::move(*bytes),
        .file_name = std::format(
            "{}_{:%Y%m%dT%H%M%SZ}.edf",
            patient,
            std::chrono::floor<std::chrono::seconds>(from_us(start_us))
        )
    };
}

} // namespace vigil::records
