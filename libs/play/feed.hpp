// Makes what a device would send out of a source: blocks with index and time, heart rate, beats,
// ends of streams. Used by the player.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "play/heart_feed.hpp"
#include "play/item.hpp"
#include "play/legacy_feed.hpp"
#include "play/play_options.hpp"
#include "play/source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace vigil::play {

/// threads one at a time
class Feed {
public:
    /// `run` names this run in the streams' names; `number` is the patient's place in the ward;
    /// `origin` the time of the first sample.
    Feed(
        PlayedPatient patient,
        const PlayOptions& options,
        unsigned number,
        std::string run,
        UtcTime origin
    );

    /// The items of the next block's time.
    /// errors  of the recording
    [[nodiscard]] Result<std::vector<Item>> next();
    /// What is left of the heart, and the end of the stream.
    [[nodiscard]] std::vector<Item> finish();

    /// All was played that was asked for.
    [[nodiscard]] bool finished() const { return finished_; }

    [[nodiscard]] std::uint64_t blocks_made() const { return slot_; }

    [[nodiscard]] const std::string& patient() const { return patient_.id; }

private:
    void name_stream();
    [[nodiscard]] UtcTime time_of(std::uint64_t sample) const;
    [[nodiscard]] Result<void> add_block(const Stretch& stretch, std::vector<Item>& items);
    void end_stream(std::vector<Item>& items);

    PlayedPatient patient_;
    std::uint64_t block_ms_;
    bool once_;
    std::string run_;
    UtcTime origin_;
    signal::Rate rate_;
    v1::EegBlock pattern_;         // a block without samples
    std::uint64_t longest_block_;  // samples
    std::uint64_t slot_ = 0;       // blocks' times played
    std::uint64_t played_ = 0;     // samples' times played, over all streams
    std::uint64_t base_ = 0;       // of these, before the present stream
    std::uint64_t end_sample_ = 0; // one past the last that was sent of the present stream
    std::uint64_t limit_ = 0;      // of played_; 0: none
    std::uint32_t epoch_ = 0;
    bool finished_ = false;
    HeartFeed heart_;
    std::optional<LegacyFeed> legacy_;
};

} // namespace vigil::play
