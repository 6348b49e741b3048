#include "eeg_intake/check_block.hpp"

#include "access/device_assignment.hpp"
#include "eeg_intake/block_limits.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <limits>
#include <unordered_set>

namespace vigil::eeg_intake {

namespace {

std::unexpected<Error> wrong(std::string field, std::string detail) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= max_label_length &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

Result<void> check_channels(const v1::EegBlock& block) {
    const auto count = static_cast<std::size_t>(block.channels_size());
    if (count == 0 || count > max_channels) {
        return wrong("channels", std::format("must have 1 to {} channels", max_channels));
    }
    std::unordered_set<std::string_view> labels;
    labels.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& channel = block.channels(static_cast<int>(i));
        const auto field = [&](const char* name) {
            return std::format("channels[{}].{}", i, name);
        };
        if (!is_label(channel.label())) {
            return wrong(
                field("label"),
                std::format("must be 1 to {} printable ASCII characters", max_label_length)
            );
        }
        if (!labels.insert(channel.label()).second) {
            return wrong(field("label"), "is the label of another channel too");
        }
        if (channel.unit() != "uV" && channel.unit() != "mV" && channel.unit() != "V") {
            return wrong(field("unit"), "must be uV, mV or V (UCUM)");
        }
        if (!std::isfinite(channel.scale()) || channel.scale() <= 0) {
            return wrong(field("scale"), "must be finite and greater than 0");
        }
        if (!std::isfinite(channel.offset())) {
            return wrong(field("offset"), "must be finite");
        }
    }
    return {};
}

Result<void> check_data(const v1::EegBlock& block) {
    const auto width = bytes_per_sample(block.codec());
    if (width == 0) {
        return wrong("codec", "must be INT16_LE or INT24_LE");
    }
    if (block.samples() == 0) {
        return wrong("samples", "must be at least 1");
    }
    const auto expected =
        std::uint64_t{block.samples()} * static_cast<std::uint64_t>(block.channels_size()) * width;
    if (expected > max_data_bytes || block.data().size() > max_data_bytes) {
        return fail(
            ErrorCode::too_large,
            std::format("has more than {} bytes: send shorter blocks", max_data_bytes),
            "data"
        );
    }
    if (block.data().size() != expected) {
        return wrong(
            "data",
            std::format(
                "has {} bytes where channels, samples and codec make {}",
                block.data().size(),
                expected
            )
        );
    }
    if (block.first_sample() > std::numeric_limits<std::uint64_t>::max() - block.samples()) {
        return wrong("first_sample", "goes over 64 bits together with samples");
    }
    return {};
}

} // namespace

std::size_t bytes_per_sample(v1::Codec codec) noexcept {
    return codec == v1::INT16_LE ? 2 : codec == v1::INT24_LE ? 3 : 0;
}

Result<void> check_block(const v1::EegBlock& block, UtcTime latest) {
    if (!access::is_device_name(block.device())) {
        return wrong("device", "must be 1 to 64 of A-Z a-z 0-9 _ . : -");
    }
    if (!access::is_device_name(block.stream())) {
        return wrong("stream", "must be 1 to 64 of A-Z a-z 0-9 _ . : -");
    }
    if (block.rate_denominator() == 0) {
        return wrong("rate_denominator", "must be at least 1");
    }
    const std::uint64_t numerator = block.rate_numerator();
    const std::uint64_t denominator = block.rate_denominator();
    if (numerator < min_rate_hz * denominator || numerator > max_rate_hz * denominator) {
        return wrong(
            "rate_numerator",
            std::format("the rate must be {} to {} Hz", min_rate_hz, max_rate_hz)
        );
    }
    if (!v1::EegBlock::SignalKind_IsValid(block.signal_kind())) {
        return wrong("signal_kind", "must be scalp or intracranial, or left out");
    }
    if (!v1::EegBlock::Reference_IsValid(block.reference())) {
        return wrong("reference", "must be average, bipolar or common, or left out");
    }
    if (auto channels = check_channels(block); !channels) {
        return channels;
    }
    if (auto data = check_data(block); !data) {
        return data;
    }
    if (block.start_time_us() < earliest_start_us) {
        return wrong("start_time_us", "lies before 1990");
    }
    if (block.start_time_us() > to_us(latest)) {
        return wrong("start_time_us", "lies more than a minute in the future");
    }
    return {};
}

} // namespace vigil::eeg_intake
