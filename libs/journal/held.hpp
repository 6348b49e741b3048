// What a journal holds in memory: its newest entries, the newest of each directory key and of each
// partition's outputs.
#pragma once

#include "journal/journal.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>

namespace vigil::journal {

/// threads one at a time: the adapter's lock guards it
class Held {
public:
    explicit Held(std::size_t recent_bytes) : recent_bytes_(recent_bytes) {}

    /// Takes the next entry in order; `bytes` is its serialized size.
    void add(StoredPtr entry, std::size_t bytes);
    /// Takes a kept entry whose segment may be gone.
    void keep(const StoredPtr& entry);
    /// Forgets recent entries up to here; kept ones stay.
    void forget(Sequence up_to);

    /// Entries after `after`, or nothing when that lies before the recent ones.
    [[nodiscard]] std::optional<std::vector<StoredPtr>> read(Sequence after, ReadLimits limits)
        const;
    [[nodiscard]] std::vector<StoredPtr> directory() const;
    [[nodiscard]] StoredPtr output(std::uint32_t partition) const;

    [[nodiscard]] const std::map<std::uint32_t, StoredPtr>& outputs() const { return outputs_; }

    /// What a recent entry costs beyond its bytes: the parsed message and its pointers (measured:
    /// 300 to 600).
    static constexpr std::size_t overhead_bytes = 512;

private:
    struct Recent {
        StoredPtr entry;
        std::size_t bytes = 0;
    };

    std::size_t recent_bytes_;
    std::size_t bytes_ = 0;
    std::deque<Recent> recent_;
    std::map<std::string, StoredPtr, std::less<>> newest_of_key_;
    std::map<std::uint32_t, StoredPtr> outputs_;
};

/// A STEP or TAKEOVER: what fences are about.
[[nodiscard]] inline bool is_output(const v1::Entry& entry) {
    return entry.type() == v1::STEP || entry.type() == v1::TAKEOVER;
}

/// Survives the freeing of its segment while it is the newest of its kind.
[[nodiscard]] inline bool is_kept(const v1::Entry& entry) {
    return is_output(entry) || !entry.key().empty();
}

} // namespace vigil::journal
