#include "ward/device_clocks.hpp"

#include "base/json_text.hpp"

#include <algorithm>
#include <ranges>

namespace vigil::ward {

namespace {

constexpr std::size_t most_devices = 1000;
constexpr std::size_t most_streams = 4; // of one device; the one that began first goes first
constexpr double us_per_s = 1e6;

} // namespace

void DeviceClocks::take(
    const std::string& patient,
    const v1::EegBlock& block,
    std::int64_t receipt_us
) {
    if (block.isolated() || block.rate_numerator() == 0) {
        return;
    }
    std::pair key{patient, block.device()};
    auto found = devices_.find(key);
    if (found == devices_.end()) {
        if (devices_.size() >= most_devices) {
            devices_.erase(std::ranges::min_element(devices_, {}, [](const auto& one) {
                return one.second.newest_receipt_us;
            }));
        }
        found = devices_.try_emplace(std::move(key)).first;
    }
    auto& device = found->second;
    const auto end = block.first_sample() + block.samples();
    auto stream = std::ranges::find(
        device.ends,
        block.stream(),
        &std::pair<std::string, std::uint64_t>::first
    );
    if (stream == device.ends.end()) {
        if (device.ends.size() >= most_streams) {
            device.ends.pop_front();
        }
        stream = device.ends.insert(device.ends.end(), {block.stream(), 0});
    }
    if (end <= stream->second) {
        return;
    }
    stream->second = end;
    device.newest_receipt_us = receipt_us;
    const auto length_us = static_cast<double>(block.samples()) * us_per_s *
                           block.rate_denominator() / block.rate_numerator();
    device.drift.take(receipt_us, block.start_time_us() + static_cast<std::int64_t>(length_us));
}

std::vector<DeviceClock> DeviceClocks::all() const {
    std::vector<DeviceClock> clocks;
    for (const auto& [key, device] : devices_) {
        if (auto estimate = device.drift.estimate()) {
            clocks.push_back(
                {.patient = key.first,
                 .device = key.second,
                 .newest_receipt_us = device.newest_receipt_us,
                 .estimate = *estimate}
            );
        }
    }
    return clocks;
}

std::string as_json(std::span<const DeviceClock> clocks) {
    JsonText answer;
    answer.open_object().key("devices").open_array();
    for (const auto& [patient, device, newest_us, estimate] : clocks) {
        answer.open_object()
            .member("device", device)
            .member("patient", patient)
            .member("newest", to_rfc3339(from_us(newest_us)))
            .member("offset_ms", estimate.offset_ms)
            .member("observed_s", static_cast<double>(estimate.observed.count()) / us_per_s);
        if (estimate.drift_ppm) {
            answer.member("drift_ppm", *estimate.drift_ppm);
        }
        answer.close_object();
    }
    answer.close_array().close_object();
    return std::move(answer).text();
}

} // namespace vigil::ward
