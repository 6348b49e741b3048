#include "eeg_intake/stream_table.hpp"

#include <algorithm>
#include <bit>

namespace vigil::eeg_intake {

Pending* StreamState::pending_in(journal::SampleRange range) {
    const auto found =
        std::ranges::find_if(pending, [&](const Pending& p) { return p.range == range; });
    return found == pending.end() ? nullptr : &*found;
}

std::string StreamState::id_of(std::uint64_t first_sample) const {
    const auto found =
        std::ranges::find_if(ids, [&](const auto& item) { return item.first == first_sample; });
    return found == ids.end() ? std::string{} : found->second;
}

void StreamState::remember(journal::SampleRange range, const std::string& id) {
    seen.add(range);
    if (isolated && id_of(range.first).empty()) {
        ids.emplace_back(range.first, id);
        if (ids.size() > max_ids) {
            ids.pop_front();
        }
    }
}

const char* StreamState::differs(const v1::EegBlock& block, std::uint64_t digest_of_channels)
    const {
    if (rate_denominator == 0) {
        return nullptr;
    }
    if (isolated != block.isolated()) {
        return "isolated";
    }
    if (rate_numerator * block.rate_denominator() != block.rate_numerator() * rate_denominator) {
        return "rate_numerator";
    }
    if (signal_kind != block.signal_kind()) {
        return "signal_kind";
    }
    if (reference != block.reference()) {
        return "reference";
    }
    return channels_digest == digest_of_channels ? nullptr : "channels";
}

void StreamState::take_layout(const v1::EegBlock& block, std::uint64_t digest_of_channels) {
    isolated = block.isolated();
    rate_numerator = block.rate_numerator();
    rate_denominator = block.rate_denominator();
    channels_digest = digest_of_channels;
    signal_kind = block.signal_kind();
    reference = block.reference();
}

std::uint64_t channels_digest(const v1::EegBlock& block) {
    // FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
    std::uint64_t digest = 14695981039346656037ULL;
    const auto add_byte = [&](std::uint8_t byte) { digest = (digest ^ byte) * 1099511628211ULL; };
    const auto add_text = [&](std::string_view text) {
        for (const char c : text) {
            add_byte(static_cast<std::uint8_t>(c));
        }
        add_byte(0);
    };
    const auto add_number = [&](double number) {
        const auto bits = std::bit_cast<std::uint64_t>(number);
        for (int shift = 0; shift < 64; shift += 8) {
            add_byte(static_cast<std::uint8_t>(bits >> shift));
        }
    };
    for (const auto& channel : block.channels()) {
        add_text(channel.label());
        add_text(channel.unit());
        add_number(channel.scale());
        add_number(channel.offset());
    }
    return digest;
}

std::string
StreamTable::key(std::string_view patient, std::string_view device, std::string_view stream) {
    std::string key;
    key.reserve(patient.size() + device.size() + stream.size() + 2);
    key.append(patient).append(1, '\0').append(device).append(1, '\0').append(stream);
    return key;
}

StreamState& StreamTable::at(const std::string& key, bool isolated) {
    if (StreamState* known = find(key)) {
        return *known;
    }
    evict();
    order_.emplace_front(key, StreamState(isolated));
    by_key_.emplace(order_.front().first, order_.begin());
    return order_.front().second;
}

StreamState* StreamTable::find(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        return nullptr;
    }
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
}

void StreamTable::drop_if_empty(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        return;
    }
    const auto place = found->second;
    if (place->second.pending.empty() && place->second.seen.ranges().empty()) {
        by_key_.erase(found);
        order_.erase(place);
    }
}

void StreamTable::evict() {
    // pending blocks are few (the journal's queue is bounded), so the first candidates suffice
    auto candidate = order_.end();
    while (order_.size() >= most_ && candidate != order_.begin()) {
        --candidate;
        if (candidate->second.pending.empty()) {
            by_key_.erase(candidate->first);
            candidate = order_.erase(candidate);
        }
    }
}

} // namespace vigil::eeg_intake
