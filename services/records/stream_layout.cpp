#include "records/stream_layout.hpp"

#include "base/random.hpp"
#include "signal/block_samples.hpp"

#include <algorithm>
#include <cstdint>
#include <format>

namespace vigil::records {

std::string stream_key(std::string_view patient, std::string_view device, std::string_view stream) {
    return std::format("{}\n{}\n{}", patient, device, stream);
}

bool readable(const v1::EegBlock& block) {
    if (block.channels_size() == 0 || block.samples() == 0 || block.rate_numerator() == 0 ||
        block.rate_denominator() == 0) {
        return false;
    }
    if (block.first_sample() + block.samples() < block.first_sample()) {
        return false;
    }
    const std::size_t values = static_cast<std::size_t>(block.channels_size()) * block.samples();
    switch (block.codec()) {
        case v1::INT16_LE:
            return block.data().size() == values * 2;
        case v1::INT24_LE:
            return block.data().size() == values * 3;
        default:
            return signal::block_samples(block).has_value();
    }
}

store::StreamRow row_of(const std::string& patient, const v1::EegBlock& block) {
    store::StreamRow row;
    row.patient = patient;
    row.device = block.device();
    row.stream = block.stream();
    row.rate_numerator = block.rate_numerator();
    row.rate_denominator = block.rate_denominator();
    row.channels.assign(block.channels().begin(), block.channels().end());
    row.isolated = block.isolated();
    row.synthetic = block.synthetic();
    return row;
}

bool same_layout(const store::StreamRow& a, const store::StreamRow& b) {
    // Rates are compared by value: 512/2 is 256/1.
    const bool same_rate = std::uint64_t{a.rate_numerator} * b.rate_denominator ==
                           std::uint64_t{b.rate_numerator} * a.rate_denominator;
    const auto same_channel = [](const v1::Channel& x, const v1::Channel& y) {
        return x.label() == y.label() && x.unit() == y.unit() && x.scale() == y.scale() &&
               x.offset() == y.offset();
    };
    return same_rate && a.isolated == b.isolated &&
           std::ranges::equal(a.channels, b.channels, same_channel);
}

std::string layout_name(const store::StreamRow& row) {
    auto text = std::format("{}/{} {}", row.rate_numerator, row.rate_denominator, row.isolated);
    for (const auto& channel : row.channels) {
        text += std::format(
            "\n{}\n{}\n{}\n{}",
            channel.label(),
            channel.unit(),
            channel.scale(),
            channel.offset()
        );
    }
    return row.stream + '~' + to_hex(derived_id(text, "layout")).substr(0, 8);
}

} // namespace vigil::records
