#include "play/source_parts.hpp"

namespace vigil::play {

namespace {

class SyntheticSource final : public Source {
public:
    explicit SyntheticSource(const signal::SyntheticPlan& plan)
        : patient_(plan),
          rate_{.numerator = plan.rate_numerator, .denominator = plan.rate_denominator} {
        for (const auto& label : plan.labels) {
            channels_.push_back(
                {.label = label, .unit = "uV", .scale = signal::SyntheticPatient::scale_uv}
            );
        }
    }

    [[nodiscard]] const std::vector<signal::RecordingChannel>& channels() const override {
        return channels_;
    }

    [[nodiscard]] signal::Rate rate() const override { return rate_; }

    [[nodiscard]] bool synthetic() const override { return true; }

    [[nodiscard]] std::uint64_t length() const override { return 0; }

    [[nodiscard]] Result<Stretch> next(std::uint64_t samples) override {
        Stretch stretch{.first_sample = patient_.position(), .samples = samples, .span = samples};
        patient_.next(samples, stretch.channel_major);
        for (const auto& beat : patient_.take_beats()) {
            stretch.beats.push_back({.time_s = beat.time_s, .rr_us = beat.rr_us});
        }
        return stretch;
    }

private:
    signal::SyntheticPatient patient_;
    signal::Rate rate_;
    std::vector<signal::RecordingChannel> channels_;
};

} // namespace

std::vector<PlayedPatient> synthetic_patients(const signal::SyntheticWardOptions& options) {
    std::vector<PlayedPatient> patients;
    for (const auto& plan : signal::synthetic_ward(options)) {
        patients.push_back({
            .id = plan.patient,
            .label = "Synthetic " + std::to_string(patients.size() + 1),
            .synthetic = true,
            .source = std::make_shared<SyntheticSource>(plan),
        });
    }
    return patients;
}

} // namespace vigil::play
