// What a partition's streams are like beside their signals: channels, clocks, links, and how far
// their detections lag. Used by Alarms.
#pragma once

#include "alarm/alarm_machine.hpp"
#include "alarm/clock_watch.hpp"
#include "alarm/lag_watch.hpp"
#include "detector/block_windows.hpp"
#include "signal/channel_watch.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/entry.pb.h"
#include "vigil/v1/technical.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vigil::detector {

/// A patient's technical condition that has changed, as a whole.
struct TechnicalChange {
    std::string patient; // empty: Vigil itself
    alarm::TechnicalInput state;
};

/// Conditions are of a device: all streams of one together. A stream that begins takes the place of
/// those of its device with the same layout, as in alarm::StreamWatch.
///
/// threads one      cost  of a block: that of signal::ChannelWatch
class TechnicalWatch {
public:
    static constexpr std::size_t most_streams = 1'024; // beyond it the one silent longest goes
    static constexpr std::size_t most_memory_bytes = 64 << 10;

    using Changes = std::vector<TechnicalChange>;

    /// A block that was read; `layout` as layout_of() says it.
    [[nodiscard]] Changes
    block(const v1::Entry& entry, const ReadBlock& read, std::uint64_t layout);

    /// A BEATS, CLOCK, STREAM_END, LINK_END, STORAGE_STATE or ACT entry; others change nothing.
    [[nodiscard]] Changes take(const v1::Entry& entry);

    /// The detections that a STEP recorded.
    void detections(const v1::Step& step);

    /// Adds what a new owner must know to a checkpoint: the streams that were heard last, up to
    /// most_memory_bytes. What does not fit is looked at anew.
    void remember(v1::Step& checkpoint) const;
    void load(const v1::Step& checkpoint);

private:
    struct Key {
        std::string patient;
        std::string device;
        std::string stream;
        friend auto operator<=>(const Key&, const Key&) = default;
    };

    struct Stream {
        std::uint64_t layout = 0;
        std::int64_t touched_us = 0; // receipt of its newest entry
        signal::Rate rate = {};
        std::vector<double> uv_per_count = {};
        std::vector<std::string> labels = {};
        std::optional<signal::ChannelWatch> channels = {};
        std::uint64_t end_sample = 0; // one past the newest
        alarm::ClockWatch clock = {};
        alarm::LagWatch lag = {};
        bool link_ended = false;
    };

    using Streams = std::map<Key, Stream>;
    /// Conditions of devices that may have changed with an entry.
    using Touched = std::set<std::tuple<std::string, std::string, alarm::Condition>>;

    Stream& stream_of(const Key& key, std::uint64_t layout, std::int64_t now_us, Touched& touched);
    static void begin(Stream& stream, const v1::EegBlock& block);
    void erase(Streams::iterator place, Touched& touched);
    void arrive(
        const Key& key,
        Stream& stream,
        std::int64_t receipt_us,
        std::int64_t end_us,
        Touched& touched
    );
    void take_beats(const v1::Entry& entry, Touched& touched);
    void take_clock(Touched& touched);
    void
    end(const v1::Entry& entry, const std::string& device, const std::string& stream, Touched&);
    [[nodiscard]] Changes changes(const Touched& touched) const;
    [[nodiscard]] std::vector<std::string> sources(
        const std::string& patient,
        const std::string& device,
        alarm::Condition condition
    ) const;

    Streams streams_;
};

} // namespace vigil::detector
