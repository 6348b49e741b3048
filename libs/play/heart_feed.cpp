#include "play/heart_feed.hpp"

#include "base/json_text.hpp"

#include <cmath>
#include <format>
#include <numeric>

namespace vigil::play {

namespace {

constexpr std::size_t averaged_beats = 5;
constexpr int beats_of_a_message = 5;
/// What api/vigil/v1/vitals.proto takes as an interval.
constexpr std::uint32_t shortest_rr_us = 200'000;
constexpr std::uint32_t longest_rr_us = 5'000'000;
constexpr const char* source_name = "vigil play";

std::string legacy_body(UtcTime at, double bpm) {
    JsonText json;
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    json.open_object().key("data").open_object().key("metrics").open_array().open_object();
    json.member("name", "heart_rate").member("units", "count/min").key("data").open_array();
    json.open_object()
        .member("date", std::format("{:%Y-%m-%d %H:%M:%S} +0000", second))
        .member("Min", std::round(bpm * 10) / 10)
        .member("Avg", std::round(bpm * 10) / 10)
        .member("Max", std::round(bpm * 10) / 10)
        .member("source", source_name)
        .close_object();
    json.close_array().close_object().close_array().close_object().close_object();
    return std::move(json).text();
}

} // namespace

void HeartFeed::begin_stream(
    const std::string& stream,
    std::uint32_t epoch,
    std::vector<Item>& items
) {
    flush(items);
    stream_ = stream;
    epoch_ = epoch;
    next_beat_ = 0;
}

void HeartFeed::add_beat(UtcTime at, std::uint32_t rr_us, std::vector<Item>& items) {
    last_beat_ = at;
    if (rr_us < shortest_rr_us || rr_us > longest_rr_us) {
        flush(items); // not an interval between two beats of a heart: the chain is cut here
        recent_us_.clear();
        ++next_beat_;
        return;
    }
    recent_us_.push_back(rr_us);
    if (recent_us_.size() > averaged_beats) {
        recent_us_.pop_front();
    }
    if (options_.legacy) {
        return;
    }
    if (waiting_.rr_us().empty()) {
        waiting_.set_device(device_);
        waiting_.set_stream(stream_);
        waiting_.set_first_beat(next_beat_);
        waiting_.set_start_time_us(to_us(at) - rr_us);
        waiting_.set_synthetic(options_.synthetic);
    }
    waiting_.add_rr_us(rr_us);
    ++next_beat_;
    if (waiting_.rr_us_size() >= beats_of_a_message) {
        flush(items);
    }
}

void HeartFeed::flush(std::vector<Item>& items) {
    if (!waiting_.rr_us().empty()) {
        items.push_back({.kind = Kind::beats, .body = waiting_.SerializeAsString(), .epoch = epoch_}
        );
        waiting_.Clear();
    }
}

void HeartFeed::advance(UtcTime now, std::vector<Item>& items) {
    const auto step =
        std::chrono::duration_cast<Microseconds>(std::chrono::duration<double>(options_.every_s));
    if (step.count() <= 0) {
        return;
    }
    if (!next_value_) {
        next_value_ = now + step;
    }
    for (; *next_value_ <= now; *next_value_ += step) {
        constexpr std::chrono::seconds stale{10};
        if (recent_us_.size() >= 2 && last_beat_ && now - *last_beat_ < stale) {
            make_value(*next_value_, items);
        }
    }
}

void HeartFeed::make_value(UtcTime at, std::vector<Item>& items) {
    const double bpm = 60e6 * static_cast<double>(recent_us_.size()) /
                       std::accumulate(recent_us_.begin(), recent_us_.end(), 0.0);
    if (options_.legacy) {
        items.push_back({.kind = Kind::legacy_heart, .body = legacy_body(at, bpm), .epoch = epoch_}
        );
        return;
    }
    v1::VitalBatch batch;
    auto& vital = *batch.add_vitals();
    vital.set_name("heart_rate");
    vital.set_unit("/min");
    vital.set_value(std::round(bpm * 10) / 10);
    vital.set_start_time_us(to_us(at));
    vital.set_source(source_name);
    vital.set_synthetic(options_.synthetic);
    items.push_back({.kind = Kind::vital, .body = batch.SerializeAsString(), .epoch = epoch_});
}

} // namespace vigil::play
