// What the records' tests share: entries, and a journal's worth of them. Only tests include it.
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "signal/block_samples.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/eeg.pb.h"
#include "vigil/v1/vitals.pb.h"

#include <cmath>
#include <string>
#include <vector>

namespace vigil::records {

inline constexpr UtcTime test_start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

struct BlockShape {
    std::string device = "d1";
    std::string stream = "s1";
    std::uint32_t rate = 256;
    std::size_t channels = 2;
    bool isolated = false;
    double scale = 1.0;
};

/// The sample at an index: the same whatever block it comes in.
inline std::int32_t sample_at(std::uint64_t index, std::size_t channel) {
    return static_cast<std::int32_t>((index * 31 + channel * 977) % 4001) - 2000;
}

inline std::int64_t time_at(std::uint64_t index, std::uint32_t rate) {
    return to_us(test_start) + static_cast<std::int64_t>(index * 1'000'000 / rate);
}

inline v1::EegBlock
block_of(const BlockShape& shape, std::uint64_t first, std::size_t samples, std::int32_t add = 0) {
    v1::EegBlock block;
    block.set_device(shape.device);
    block.set_stream(shape.stream);
    block.set_first_sample(first);
    block.set_rate_numerator(shape.rate);
    block.set_rate_denominator(1);
    block.set_start_time_us(time_at(first, shape.rate));
    block.set_isolated(shape.isolated);
    std::vector<std::int32_t> values;
    for (std::size_t channel = 0; channel < shape.channels; ++channel) {
        auto* described = block.add_channels();
        described->set_label("C" + std::to_string(channel));
        described->set_unit("uV");
        described->set_scale(shape.scale);
        for (std::size_t i = 0; i < samples; ++i) {
            values.push_back(sample_at(first + i, channel) + add);
        }
    }
    signal::set_block_samples(block, values, v1::INT16_LE).value();
    return block;
}

/// Entries numbered as a journal numbers them.
class Entries {
public:
    template <class Message>
    Entries& add(v1::EntryType type, const Message& message, const std::string& patient = "p1") {
        auto stored = std::make_shared<journal::Stored>();
        stored->sequence = all_.size() + 1;
        stored->entry.set_id(derived_id("test", std::to_string(stored->sequence)));
        stored->entry.set_type(type);
        stored->entry.set_patient(patient);
        stored->entry.set_receipt_time_us(to_us(test_start));
        stored->entry.set_payload(message.SerializeAsString());
        all_.push_back(std::move(stored));
        return *this;
    }

    Entries& block(
        const BlockShape& shape,
        std::uint64_t first,
        std::size_t samples,
        std::int32_t add_to = 0
    ) {
        return add(v1::EEG_BLOCK, block_of(shape, first, samples, add_to));
    }

    /// When the newest came.
    Entries& received(std::int64_t receipt_us) {
        auto stored = std::make_shared<journal::Stored>(*all_.back());
        stored->entry.set_receipt_time_us(receipt_us);
        all_.back() = std::move(stored);
        return *this;
    }

    [[nodiscard]] const std::vector<journal::StoredPtr>& all() const { return all_; }

private:
    std::vector<journal::StoredPtr> all_;
};

inline v1::Vital heart_rate(double bpm, std::int64_t second, const std::string& source = "watch") {
    v1::Vital vital;
    vital.set_name("heart_rate");
    vital.set_unit("/min");
    vital.set_value(bpm);
    vital.set_start_time_us(to_us(test_start) + second * 1'000'000);
    vital.set_source(source);
    return vital;
}

inline v1::Detection detection_of(
    const std::string& cause,
    std::uint64_t first,
    std::int64_t second,
    std::uint32_t q16
) {
    v1::Detection detection;
    detection.set_cause(cause);
    detection.set_patient("p1");
    detection.set_device("d1");
    detection.set_stream("s1");
    detection.set_model("window-178");
    detection.set_first_sample(first);
    detection.set_end_sample(first + 178);
    detection.set_start_time_us(to_us(test_start) + second * 1'000'000);
    detection.set_end_time_us(detection.start_time_us() + 1'025'000);
    detection.set_score_q16(q16);
    return detection;
}

} // namespace vigil::records
