#include "vigil/size/counter_minutes.hpp"

#include <cmath>

namespace vigil::size {

namespace {

constexpr std::int64_t minute_s = 60;

class Sum {
public:
    explicit Sum(const AskedTime& time)
        : time_(time),
          size_(static_cast<std::size_t>((time.until_s - time.from_s) / minute_s)),
          increases_(size_, 0.0),
          hidden_(size_, false),
          seen_(size_, false),
          pods_(size_, 0) {}

    void add(const Series& series) {
        std::optional<std::size_t> last; // place of the newest point, counted from from_s
        double value = 0;
        for (const auto& [at_s, now] : series.points) {
            const auto place = static_cast<std::size_t>((at_s - time_.from_s) / minute_s);
            if (at_s < time_.from_s || place > size_ || now < 0) {
                continue;
            }
            if (last && place == *last + 1) {
                seen_[place - 1] = true;
                increases_[place - 1] += now >= value ? now - value : now;
            } else if (last) {
                for (auto missed = *last; missed < place; ++missed) {
                    hidden_[missed] = true;
                }
            }
            if (place > 0) {
                ++pods_[place - 1];
            }
            last = place;
            value = now;
        }
    }

    [[nodiscard]] CountedMinutes result() const {
        CountedMinutes counted{
            .requests = {.first_minute = time_.from_s / minute_s, .counts = {}},
            .pods = pods_
        };
        counted.requests.counts.resize(size_);
        for (std::size_t minute = 0; minute < size_; ++minute) {
            if (seen_[minute] && !hidden_[minute]) {
                counted.requests.counts[minute] =
                    static_cast<std::uint64_t>(std::llround(increases_[minute]));
            }
        }
        return counted;
    }

private:
    AskedTime time_;
    std::size_t size_;
    std::vector<double> increases_;
    std::vector<bool> hidden_; // a counter was away that came back
    std::vector<bool> seen_;   // from both ends, by one counter at least
    std::vector<std::uint64_t> pods_;
};

} // namespace

CountedMinutes counted_minutes(std::span<const Series* const> series, const AskedTime& time) {
    Sum sum(time);
    for (const auto* one : series) {
        sum.add(*one);
    }
    return sum.result();
}

} // namespace vigil::size
