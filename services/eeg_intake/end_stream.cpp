// What a device says beside samples: the end of a stream that it means, so that nobody is alarmed
// for missing data; of a connection, which it does not mean; and that its button was pressed.
#include "eeg_intake/block_intake.hpp"
#include "eeg_intake/check_block.hpp"
#include "vigil/v1/mark.pb.h"
#include "vigil/v1/technical.pb.h"

#include <format>
#include <utility>

namespace vigil::eeg_intake {

namespace {

constexpr const char* bad_name = "must be 1 to 64 of A-Z a-z 0-9 _ . : -";

/// What is waited for is whether the entry is in the journal.
auto told(std::move_only_function<void(Result<void>)> done) {
    return [done = std::move(done)](Result<journal::Appended> result) mutable {
        if (result) {
            done({});
        } else {
            done(std::unexpected(std::move(result.error())));
        }
    };
}

} // namespace

Result<std::string> BlockIntake::speaks_for(
    const access::DirectoryState& directory,
    const access::Sender& sender,
    const std::string& device,
    const char* otherwise
) const {
    if (!access::is_device_name(device)) {
        return fail(ErrorCode::invalid_argument, bad_name, "device");
    }
    auto patient = access::patient_of(directory, sender, device, to_us(on_.clock.utc()));
    if (patient && patient->empty()) {
        return fail(ErrorCode::conflict, otherwise, "device");
    }
    return patient;
}

void BlockIntake::press_button(
    const access::Sender& sender,
    const ButtonPress& pressed,
    TraceId trace,
    std::move_only_function<void(Result<void>)> done
) {
    const auto directory = on_.directory.state();
    const auto patient =
        speaks_for(*directory, sender, pressed.device, "is assigned to nobody: nobody is called");
    if (!patient) {
        return done(std::unexpected(patient.error()));
    }
    if (pressed.age < std::chrono::seconds{0} || pressed.age > longest_button_age) {
        return done(fail(
            ErrorCode::invalid_argument,
            std::format("must lie between 0 and {}", longest_button_age.count()),
            "age_s"
        ));
    }
    if (!pressed.press.empty() && !access::is_device_name(pressed.press)) {
        return done(fail(ErrorCode::invalid_argument, bad_name, "press"));
    }
    const auto id = pressed.press.empty() ? random_id(on_.random)
                                          : Presses::id_of(sender, pressed.device, pressed.press);
    if (!presses_.begin(id, std::move(done))) {
        return;
    }
    journal::Batch batch;
    auto& made = batch.entries.emplace_back(entry(*directory, *patient, id));
    v1::Mark mark;
    mark.set_kind(v1::Mark::BUTTON);
    mark.set_patient(*patient);
    mark.set_device(pressed.device);
    mark.set_press(pressed.press);
    mark.set_time_us(made.receipt_time_us() - Microseconds(pressed.age).count());
    made.set_type(v1::MARK);
    made.set_trace_id(std::string(trace.bytes()));
    mark.SerializeToString(made.mutable_payload());
    on_.journal.append(std::move(batch), [this, id](const Result<journal::Appended>& result) {
        presses_.written(id, result ? Result<void>{} : std::unexpected(result.error()));
    });
}

void BlockIntake::end_stream(
    access::Sender sender,
    v1::StreamEnd end,
    TraceId trace,
    std::move_only_function<void(Result<void>)> done
) {
    if (!access::is_device_name(end.stream())) {
        return done(fail(ErrorCode::invalid_argument, bad_name, "stream"));
    }
    const auto directory = on_.directory.state();
    const auto whose = speaks_for(
        *directory,
        sender,
        end.device(),
        "is assigned to nobody: no alarm follows from what it does not send"
    );
    if (!whose) {
        return done(std::unexpected(whose.error()));
    }
    const auto& patient = *whose;
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
    on_.journal.append(std::move(batch), told(std::move(done)));
}

void BlockIntake::end_links(
    const access::Sender& sender,
    const std::set<StreamLink>& streams,
    TraceId trace
) {
    const auto directory = on_.directory.state();
    journal::Batch batch;
    for (const auto& [device, stream] : streams) {
        const auto patient = access::patient_of(*directory, sender, device, to_us(on_.clock.utc()));
        if (!patient || patient->empty()) {
            continue; // nobody waits for its samples
        }
        v1::LinkEnd end;
        end.set_device(device);
        end.set_stream(stream);
        auto& made = batch.entries.emplace_back(entry(*directory, *patient, random_id(on_.random)));
        made.set_type(v1::LINK_END);
        made.set_trace_id(std::string(trace.bytes()));
        end.SerializeToString(made.mutable_payload());
    }
    if (!batch.entries.empty()) {
        on_.journal.append(std::move(batch), [](const Result<journal::Appended>& /*result*/) {});
    }
}

} // namespace vigil::eeg_intake
