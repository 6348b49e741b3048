#include "heart_intake/seen_values.hpp"

#include <algorithm>
#include <bit>

namespace vigil::heart_intake {

namespace {

/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), with a final mix as in SplitMix64,
/// since the table uses low bits.
class Hash {
public:
    explicit Hash(std::uint64_t seed) : state_(14695981039346656037ULL ^ seed) {}

    Hash& text(std::string_view text) {
        for (const char c : text) {
            byte(static_cast<std::uint8_t>(c));
        }
        byte(0);
        return *this;
    }

    Hash& number(std::uint64_t number) {
        for (int shift = 0; shift < 64; shift += 8) {
            byte(static_cast<std::uint8_t>(number >> shift));
        }
        return *this;
    }

    [[nodiscard]] std::uint64_t result() const {
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

private:
    void byte(std::uint8_t byte) { state_ = (state_ ^ byte) * 1099511628211ULL; }

    std::uint64_t state_;
};

} // namespace

SeenValues::Key SeenValues::key(std::string_view patient, const v1::Vital& vital) {
    const auto identity = Hash(0)
                              .text(patient)
                              .text(vital.name())
                              .text(vital.source())
                              .number(static_cast<std::uint64_t>(vital.start_time_us()))
                              .result();
    const auto content =
        Hash(0x9e3779b97f4a7c15ULL)
            .number(identity)
            .text(patient)
            .text(vital.source())
            .number(std::bit_cast<std::uint64_t>(vital.value()))
            .number(vital.has_minimum() ? std::bit_cast<std::uint64_t>(vital.minimum()) : 1)
            .number(vital.has_maximum() ? std::bit_cast<std::uint64_t>(vital.maximum()) : 1)
            .result();
    return {identity, content};
}

bool SeenValues::holds(const Key& key) const {
    const auto& set = sets_[key.identity % sets_.size()];
    const auto found = std::ranges::find(set, key.identity, &Key::identity);
    return found != set.end() && found->content == key.content;
}

void SeenValues::add(const Key& key) {
    auto& set = sets_[key.identity % sets_.size()];
    auto place = std::ranges::find(set, key.identity, &Key::identity);
    if (place == set.end()) {
        place = set.end() - 1;
    }
    std::move_backward(set.begin(), place, place + 1);
    set.front() = key;
}

} // namespace vigil::heart_intake
