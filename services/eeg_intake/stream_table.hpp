// What eeg_intake remembers of each stream: seen ranges, layout, and blocks that the journal has
// not confirmed yet.
#pragma once

#include "eeg_intake/block_limits.hpp"
#include "journal/sample_ranges.hpp"
#include "vigil/v1/eeg.pb.h"

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vigil::eeg_intake {

struct Ticket; // block_intake.cpp

/// A block on its way into the journal, and the requests that sent the same one meanwhile.
struct Pending {
    journal::SampleRange range;
    std::uint64_t digest = 0; // of the block as a whole
    std::vector<journal::SampleCell> cells;
    std::string id;
    std::vector<std::pair<std::shared_ptr<Ticket>, std::size_t>>
        followers; // and the index of their outcome
};

struct StreamState {
    explicit StreamState(bool windows) : seen(windows) {}

    journal::SampleRanges seen; // what the journal holds
    std::uint64_t rate_numerator = 0;
    std::uint64_t rate_denominator = 0;
    std::uint64_t channels_digest = 0;
    bool isolated = false;
    v1::EegBlock::SignalKind signal_kind = v1::EegBlock::SIGNAL_KIND_UNSPECIFIED;
    v1::EegBlock::Reference reference = v1::EegBlock::REFERENCE_UNSPECIFIED;
    std::vector<Pending> pending;
    std::deque<std::pair<std::uint64_t, std::string>>
        ids; // isolated: first sample -> entry of the newest windows

    static constexpr std::size_t max_ids = 64;

    [[nodiscard]] Pending* pending_in(journal::SampleRange range);
    [[nodiscard]] std::string id_of(std::uint64_t first_sample) const;
    void remember(journal::SampleRange range, const std::string& id);
    /// The name of the member in which the block differs from its stream's layout; nullptr when it
    /// does not.
    [[nodiscard]] const char* differs(const v1::EegBlock& block, std::uint64_t digest_of_channels)
        const;
    void take_layout(const v1::EegBlock& block, std::uint64_t digest_of_channels);
};

/// Labels, units, scales and offsets in one number.
[[nodiscard]] std::uint64_t channels_digest(const v1::EegBlock& block);

/// At most `most` streams; the longest unused without pending blocks goes first.
/// threads one
class StreamTable {
public:
    explicit StreamTable(std::size_t most) : most_(most) {}

    static std::string
    key(std::string_view patient, std::string_view device, std::string_view stream);

    /// Makes it where it is not there.
    StreamState& at(const std::string& key, bool isolated);
    [[nodiscard]] StreamState* find(const std::string& key);
    /// Forgets a stream of which nothing was ever stored.
    void drop_if_empty(const std::string& key);

    [[nodiscard]] std::size_t size() const { return order_.size(); }

private:
    using Order = std::list<std::pair<std::string, StreamState>>;
    void evict();

    std::size_t most_;
    Order order_;                                                  // most recently used first
    std::unordered_map<std::string_view, Order::iterator> by_key_; // keys live in order_
};

} // namespace vigil::eeg_intake
