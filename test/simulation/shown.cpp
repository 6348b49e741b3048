#include "simulation/shown.hpp"

#include "signal/block_samples.hpp"
#include "simulation/world.hpp"

#include <format>

namespace vigil::simulation {

namespace {

/// Nothing ages out: what is late must be shown too.
ward::LiveLimits no_limits() {
    ward::LiveLimits limits;
    limits.samples = std::chrono::hours{10'000};
    limits.vitals = std::chrono::hours{10'000};
    limits.bytes_per_patient = 64 << 20;
    return limits;
}

} // namespace

std::string value_key(const std::string& patient, const v1::Vital& vital) {
    return std::format("{}/{}/{} {}", patient, vital.source(), vital.name(), vital.start_time_us());
}

Shown::Shown(journal::Sequence after) : state_(no_limits()), after_(after) {}

void Shown::look_at_values(const v1::LivePatient& patient) {
    for (const auto& vital : patient.vitals()) {
        auto& value = values_[value_key(patient.id(), vital)];
        if (value == vital.value()) {
            throw Failure{"the page shows a value twice: " + value_key(patient.id(), vital)};
        }
        value = vital.value();
    }
}

void Shown::look(journal::Journal& journal, std::size_t entries, UtcTime now) {
    const auto next = journal.read(read(), {.entries = entries});
    must_be_kept(next);
    if (!next || next->empty()) {
        return;
    }
    state_.apply(*next);
    const auto frame = state_.frame(seen_, {.patients = {}, .channels = 0}, now, false);
    seen_ = frame.sequence();
    for (const auto& patient : frame.patients()) {
        look_at_values(patient);
        for (const auto& block : patient.blocks()) {
            const auto values = signal::block_samples(block);
            if (!values) {
                throw Failure{"the page was sent a block that cannot be read"};
            }
            auto& stream = samples_[patient.id() + '/' + block.device() + '/' + block.stream()];
            for (std::uint32_t i = 0; i < block.samples(); ++i) {
                SampleTable::Values sample{};
                for (int channel = 0; channel < block.channels_size(); ++channel) {
                    const auto at = static_cast<std::size_t>(channel);
                    sample.at(at) = values->at(at * block.samples() + i);
                }
                if (!stream.insert(block.first_sample() + i, sample)) {
                    throw Failure{
                        "the page shows a sample twice: " + block.stream() + ' ' +
                        std::to_string(block.first_sample() + i)
                    };
                }
            }
        }
    }
}

} // namespace vigil::simulation
