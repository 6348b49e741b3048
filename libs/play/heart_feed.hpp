// Beats as a device reports them: a heart rate every second or so, and runs of R-R intervals. Used
// by Feed.
#pragma once

#include "base/time.hpp"
#include "play/item.hpp"
#include "vigil/v1/vitals.pb.h"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace vigil::play {

/// threads one at a time
class HeartFeed {
public:
    struct Options {
        double every_s = 1;
        bool synthetic = false;
        bool legacy = false; // Health Auto Export in place of Vital, and no beats
    };

    HeartFeed(Options options, std::string device)
        : options_(options), device_(std::move(device)) {}

    /// A new stream begins: the chain of beats is cut.
    void begin_stream(const std::string& stream, std::uint32_t epoch, std::vector<Item>& items);
    void add_beat(UtcTime at, std::uint32_t rr_us, std::vector<Item>& items);
    /// Time has come to here: values that are due are made.
    void advance(UtcTime now, std::vector<Item>& items);
    /// Sends the beats that wait.
    void flush(std::vector<Item>& items);

private:
    void make_value(UtcTime at, std::vector<Item>& items);

    Options options_;
    std::string device_;
    std::string stream_;
    std::uint32_t epoch_ = 0;
    std::deque<std::uint32_t> recent_us_; // the last intervals: the rate is of their mean
    std::optional<UtcTime> last_beat_;
    std::optional<UtcTime> next_value_;
    v1::Beats waiting_;
    std::uint64_t next_beat_ = 0;
};

} // namespace vigil::play
