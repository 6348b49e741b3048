// Reads foreign bytes as a checkpoint of a patient's alarms and goes on with it: what is taken is
// written again as it was read, and what follows keeps its promises.
#include "alarm/alarm_machine.hpp"
#include "base/random.hpp"
#include "check.hpp"

#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <string_view>

namespace {

using namespace vigil;
using alarm::AlarmMachine;

constexpr std::int64_t second = 1'000'000;

void check_outputs(const alarm::Outputs& outputs) {
    for (const auto& output : outputs) {
        if (!output.has_alarm()) {
            fuzz::check(output.notice().id().size() == 16 || output.notice().kind() == 0);
            continue;
        }
        const auto& told = output.alarm();
        fuzz::check(told.id().size() == 16 && told.revision() >= 1 && told.causes_size() > 0);
        fuzz::check(alarm::row_of(told.condition()) != nullptr);
        fuzz::check(told.urgent_revision() <= told.revision());
        const bool latches = alarm::row_of(told.condition())->latching;
        const bool has_ended = told.state() == v1::Alarm::ENDED;
        fuzz::check(!latches || !has_ended || told.acknowledged_us() != 0);
    }
}

/// Half an hour in which the device sends again, somebody acknowledges everything, and it is quiet.
void go_on(AlarmMachine machine) {
    auto time_us = 1'795'900'000 * second;
    std::uint64_t number = 0;
    std::string id;
    const auto stamp = [&]() -> alarm::EntryStamp {
        id = derived_id(std::to_string(++number), "fuzz");
        return {id, time_us};
    };
    for (int step = 0; step < 30; ++step) {
        time_us += (step % 3 + 1) * 30 * second;
        check_outputs(machine.clock(stamp()));
        for (const auto& [place, held] : alarm::HeldAlarms::All(machine.alarms())) {
            v1::Act act;
            act.set_kind(v1::Act::ACKNOWLEDGE);
            act.set_user("grace");
            act.set_role(v1::StaffUser::CLINICIAN);
            act.set_patient(machine.patient());
            act.set_alarm(held.alarm().id());
            act.set_revision(held.alarm().revision());
            if (step % 4 == 0) {
                check_outputs(machine.act(stamp(), act));
            }
        }
        check_outputs(machine.heart(
            stamp(),
            {.source = "strap",
             .change = step % 2 == 0 ? alarm::HeartInput::Change::begins
                                     : alarm::HeartInput::Change::ends,
             .at_us = time_us,
             .newest_us = time_us}
        ));
        check_outputs(machine.data(
            stamp(),
            {.name = {"d", "s"},
             .end_sample = number * 1'000,
             .end_in_stream_us = time_us,
             .end_us = time_us,
             .block_us = second}
        ));
        fuzz::check(AlarmMachine::restore(machine.serialize()).has_value());
    }
}

} // namespace

/// What is no text would be told at each input.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
    google::protobuf::SetLogHandler(nullptr);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto machine = AlarmMachine::restore({reinterpret_cast<const char*>(data), size});
    if (!machine) {
        fuzz::check(!machine.error().detail.empty());
        return 0;
    }
    const auto written = machine->serialize();
    const auto again = AlarmMachine::restore(written);
    fuzz::check(again.has_value() && again->serialize() == written);
    fuzz::check(again->digest() == machine->digest());
    go_on(*again);
    return 0;
}
