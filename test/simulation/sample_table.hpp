// The samples of one stream by index, as a store or a page has them: in blocks, since one map entry
// for each sample would be most of the simulation's time.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>

namespace vigil::simulation {

class SampleTable {
public:
    using Values = std::array<std::int32_t, 2>; // of the channels: plan makes one or two

    /// False where the index is there already: it keeps its values.
    bool insert(std::uint64_t index, Values values) {
        auto& block = blocks_[index / length];
        const auto at = index % length;
        if (block.held[at]) {
            return false;
        }
        block.held[at] = true;
        block.values[at] = values;
        ++size_;
        return true;
    }

    /// What is not there yet.
    void insert(const SampleTable& other) {
        for (const auto& [number, block] : other.blocks_) {
            for (std::size_t at = 0; at < length; ++at) {
                if (block.held[at]) {
                    insert(number * length + at, block.values[at]);
                }
            }
        }
    }

    /// nullptr: not there
    [[nodiscard]] const Values* find(std::uint64_t index) const {
        const auto block = blocks_.find(index / length);
        const auto at = index % length;
        return block == blocks_.end() || !block->second.held[at] ? nullptr
                                                                 : &block->second.values[at];
    }

    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t length = 256;

    struct Block {
        std::bitset<length> held;
        std::array<Values, length> values{};
    };

    std::map<std::uint64_t, Block> blocks_;
    std::size_t size_ = 0;
};

} // namespace vigil::simulation
