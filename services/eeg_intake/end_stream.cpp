// The end of a stream that its sender means, so that nobody is alarmed for missing data.
#include "eeg_intake/block_intake.hpp"
#include "eeg_intake/check_block.hpp"

#include <format>
#include <utility>

namespace vigil::eeg_intake {

void BlockIntake::end_stream(
    access::Sender sender,
    v1::StreamEnd end,
    TraceId trace,
    std::move_only_function<void(Result<void>)> done
) {
    if (!access::is_device_name(end.device()) || !access::is_device_name(end.stream())) {
        return done(fail(
            ErrorCode::invalid_argument,
            "must be 1 to 64 of A-Z a-z 0-9 _ . : -",
            access::is_device_name(end.device()) ? "stream" : "device"
        ));
    }
    const auto directory = on_.directory.state();
    const auto whose = access::patient_of(*directory, sender, end.device(), to_us(on_.clock.utc()));
    if (!whose) {
        return done(std::unexpected(whose.error()));
    }
    const auto& patient = *whose;
    if (patient.empty()) {
        return done(fail(
            ErrorCode::conflict,
            "is assigned to nobody: no alarm follows from what it does not send",
            "device"
        ));
    }
    std::uint64_t held = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto* stream = table_.find(StreamTable::key(patient, end.device(), end.stream()));
        if (stream != nullptr && !stream->seen.ranges().empty()) {
            held = stream->seen.ranges().back().end;
        }
    }
    if (held > end.end_sample()) {
        return done(
            fail(ErrorCode::conflict, std::format("samples up to {} are held", held), "end_sample")
        );
    }
    end.DiscardUnknownFields();
    journal::Batch batch;
    batch.entries.push_back(entry(*directory, patient, random_id(on_.random)));
    batch.entries.back().set_type(v1::STREAM_END);
    batch.entries.back().set_trace_id(std::string(trace.bytes()));
    end.SerializeToString(batch.entries.back().mutable_payload());
    on_.journal.append(
        std::move(batch),
        [done = std::move(done)](Result<journal::Appended> result) mutable {
            if (result) {
                done({});
            } else {
                done(std::unexpected(std::move(result.error())));
            }
        }
    );
}

} // namespace vigil::eeg_intake
