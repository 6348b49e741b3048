#include "journal/sample_ranges.hpp"

#include "journal/varint.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace vigil::journal {

namespace {

// The folded product of wyhash (Wang Yi, final version 4): every input bit reaches every output
// bit.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

constexpr std::uint64_t first_secret = 0xa0761d6478bd642f;
constexpr std::uint64_t second_secret = 0xe7037ed1a0b428db;

std::uint64_t load(std::string_view bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), std::min<std::size_t>(bytes.size(), sizeof value));
    if constexpr (std::endian::native == std::endian::big) {
        value = std::byteswap(value);
    }
    return value;
}

// Four chains side by side, since each product waits for the one before it.
std::uint64_t mix_bytes(std::uint64_t start, std::string_view bytes) {
    std::array<std::uint64_t, 4> states{start, start + 1, start + 2, start + 3};
    constexpr auto word = sizeof(std::uint64_t);
    for (; bytes.size() >= word * states.size(); bytes.remove_prefix(word * states.size())) {
        for (std::size_t lane = 0; lane < states.size(); ++lane) {
            states[lane] =
                mix(load(bytes.substr(lane * word, word)) ^ first_secret,
                    states[lane] ^ second_secret);
        }
    }
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), word))) {
        states[0] = mix(load(bytes) ^ first_secret, states[0] ^ second_secret);
    }
    const auto front = mix(states[0] ^ first_secret, states[1] ^ second_secret);
    const auto back = mix(states[2] ^ first_secret, states[3] ^ second_secret);
    return front ^ back;
}

} // namespace

BlockSamples::BlockSamples(SampleRange range, std::string_view data, std::size_t channels)
    : range_(range),
      data_(data),
      channels_(std::max<std::size_t>(channels, 1)),
      width_(data.size() / std::max<std::size_t>(1, channels_ * (range.end - range.first))) {}

std::uint32_t BlockSamples::digest(SampleRange part) const {
    const auto row = (range_.end - range_.first) * width_;
    const auto from = (part.first - range_.first) * width_;
    const auto bytes = (part.end - part.first) * width_;
    auto state = mix(bytes ^ first_secret, channels_ ^ second_secret);
    for (std::size_t channel = 0; channel < channels_; ++channel) {
        state = mix_bytes(state, data_.substr(channel * row + from, bytes));
    }
    state = mix(state ^ first_secret, width_ ^ second_secret);
    return static_cast<std::uint32_t>(state ^ (state >> 32));
}

std::vector<SampleCell> BlockSamples::cells(bool isolated) const {
    std::vector<SampleCell> cells;
    for (auto first = range_.first; first < range_.end;) {
        const auto rest = range_.end - first; // indices up to the largest must not overflow
        const auto end =
            first + (isolated ? rest : std::min(rest, cell_samples - first % cell_samples));
        cells.push_back({
            .first = first,
            .sequence = 0,
            .samples = static_cast<std::uint32_t>(end - first),
            .digest = digest({first, end}),
        });
        first = end;
    }
    return cells;
}

std::vector<SampleRange> SampleRanges::unseen(SampleRange range) const {
    std::vector<SampleRange> found;
    auto next = std::ranges::upper_bound(ranges_, range.first, {}, &SampleRange::end);
    auto from = range.first;
    for (; next != ranges_.end() && next->first < range.end; ++next) {
        if (from < next->first) {
            found.push_back({from, next->first});
        }
        from = std::max(from, next->end);
    }
    if (from < range.end) {
        found.push_back({from, range.end});
    }
    return found;
}

bool SampleRanges::any_seen(SampleRange range) const {
    const auto next = std::ranges::upper_bound(ranges_, range.first, {}, &SampleRange::end);
    return next != ranges_.end() && next->first < range.end;
}

SampleRanges::Seen SampleRanges::look(const BlockSamples& block) const {
    const auto range = block.range();
    if (range.first < range.end && !any_seen(range)) {
        return Seen::fresh;
    }
    for (const auto& cell : cells_) {
        const SampleRange of_cell{cell.first, cell.first + cell.samples};
        if (of_cell.first >= range.first && of_cell.end <= range.end &&
            block.digest(of_cell) != cell.digest) {
            return Seen::conflict;
        }
    }
    const auto missing = unseen(range);
    if (missing.empty()) {
        return Seen::duplicate;
    }
    return missing.size() == 1 && missing.front() == range ? Seen::fresh : Seen::partly;
}

void SampleRanges::hold(std::span<const SampleCell> cells, std::uint64_t sequence) {
    for (auto cell : cells) {
        cell.sequence = sequence;
        // What was never seen is not held either: the usual case, without a search.
        const auto held =
            any_seen({cell.first, cell.first + cell.samples})
                ? std::ranges::find_if(
                      cells_,
                      [&](const SampleCell& one) {
                          return one.first == cell.first && one.samples == cell.samples;
                      }
                  )
                : cells_.end();
        if (held != cells_.end()) {
            if (sequence < held->sequence) {
                *held = cell;
            }
        } else if (cells_.size() < max_cells) {
            cells_.push_back(cell);
        } else {
            cells_[oldest_cell_] = cell;
            oldest_cell_ = (oldest_cell_ + 1) % max_cells;
        }
    }
}

void SampleRanges::add(SampleRange range) {
    if (range.first >= range.end) {
        return;
    }
    // touching ranges join, so >= and <= and not > and <
    auto begin = std::ranges::lower_bound(ranges_, range.first, {}, &SampleRange::end);
    auto end = begin;
    for (; end != ranges_.end() && end->first <= range.end; ++end) {
        range.first = std::min(range.first, end->first);
        range.end = std::max(range.end, end->end);
    }
    if (begin == end) {
        ranges_.insert(begin, range);
    } else {
        *begin = range;
        ranges_.erase(begin + 1, end);
    }
    if (ranges_.size() > max_ranges) {
        if (isolated_) { // many at once: each erasing moves all the others
            ranges_.erase(ranges_.begin(), ranges_.begin() + forgotten_at_once);
        } else {
            ranges_[1].first = ranges_[0].first;
            ranges_.erase(ranges_.begin());
        }
    }
}

std::string SampleRanges::serialize() const {
    std::string bytes;
    std::uint64_t before = 0;
    for (const auto& range : ranges_) {
        put_varint(bytes, range.first - before);
        put_varint(bytes, range.end - range.first);
        before = range.end;
    }
    return bytes;
}

SampleRanges SampleRanges::parse(std::string_view bytes, bool isolated) {
    SampleRanges parsed(isolated);
    std::uint64_t before = 0;
    while (!bytes.empty() && parsed.ranges_.size() < max_ranges) {
        const auto gap = take_varint(bytes);
        const auto length = gap ? take_varint(bytes) : std::nullopt;
        // ranges that touch or run over would break the order that everything here relies on
        const bool in_order = length && *length > 0 && (*gap > 0 || parsed.ranges_.empty());
        if (!in_order || *gap > UINT64_MAX - before || *length > UINT64_MAX - before - *gap) {
            break;
        }
        parsed.ranges_.push_back({before + *gap, before + *gap + *length});
        before = parsed.ranges_.back().end;
    }
    return parsed;
}

std::string SampleRanges::serialize_cells() const {
    std::string bytes;
    std::uint64_t expected = 0; // where a cell that follows on the one before begins
    std::uint64_t sequence = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) { // the oldest first
        const auto& cell = cells_[(oldest_cell_ + i) % cells_.size()];
        put_varint(bytes, zigzag(static_cast<std::int64_t>(cell.first - expected)));
        put_varint(bytes, cell.samples);
        put_varint(bytes, zigzag(static_cast<std::int64_t>(cell.sequence - sequence)));
        for (unsigned shift = 0; shift < 32; shift += 8) {
            bytes.push_back(static_cast<char>(cell.digest >> shift));
        }
        expected = cell.first + cell.samples;
        sequence = cell.sequence;
    }
    return bytes;
}

void SampleRanges::load_cells(std::string_view bytes) {
    cells_.clear();
    oldest_cell_ = 0;
    std::uint64_t expected = 0;
    std::uint64_t sequence = 0;
    while (cells_.size() < max_cells) {
        const auto step = take_varint(bytes);
        const auto samples = take_varint(bytes);
        const auto later = take_varint(bytes);
        if (!step || !samples || !later || bytes.size() < sizeof(std::uint32_t)) {
            return;
        }
        const auto first = expected + static_cast<std::uint64_t>(unzigzag(*step));
        if (*samples == 0 || *samples > UINT32_MAX || *samples > UINT64_MAX - first) {
            return; // an end that runs over would lie within any block
        }
        std::uint32_t digest = 0;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            digest |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes.front()))
                      << shift;
            bytes.remove_prefix(1);
        }
        sequence += static_cast<std::uint64_t>(unzigzag(*later));
        cells_.push_back({
            .first = first,
            .sequence = sequence,
            .samples = static_cast<std::uint32_t>(*samples),
            .digest = digest,
        });
        expected = first + *samples;
    }
}

std::uint64_t block_digest(std::string_view data, std::uint32_t samples, std::size_t channels) {
    const auto state = mix(samples ^ first_secret, channels ^ second_secret);
    return mix(mix_bytes(state, data) ^ first_secret, data.size() ^ second_secret);
}

} // namespace vigil::journal
