#include "journal/held.hpp"

#include <algorithm>

namespace vigil::journal {

void Held::add(StoredPtr entry, std::size_t bytes) {
    if (is_kept(entry->entry)) {
        keep(entry);
    }
    bytes_ += bytes + overhead_bytes;
    recent_.push_back({std::move(entry), bytes});
    while (bytes_ > recent_bytes_ && !recent_.empty()) {
        bytes_ -= recent_.front().bytes + overhead_bytes;
        recent_.pop_front();
    }
}

void Held::keep(const StoredPtr& entry) {
    if (is_output(entry->entry)) {
        outputs_[entry->entry.partition()] = entry;
    }
    if (!entry->entry.key().empty()) {
        newest_of_key_[entry->entry.key()] = entry;
    }
}

void Held::forget(Sequence up_to) {
    while (!recent_.empty() && recent_.front().entry->sequence <= up_to) {
        bytes_ -= recent_.front().bytes + overhead_bytes;
        recent_.pop_front();
    }
}

std::optional<std::vector<StoredPtr>> Held::read(Sequence after, ReadLimits limits) const {
    // the adapters give sequences without gaps, so "the one before the oldest recent one" is known
    // to be its predecessor
    if (recent_.empty() || after + 1 < recent_.front().entry->sequence) {
        return std::nullopt;
    }
    std::vector<StoredPtr> found;
    std::size_t bytes = 0;
    const auto begin = std::ranges::upper_bound(recent_, after, {}, [](const Recent& r) {
        return r.entry->sequence;
    });
    for (auto next = begin; next != recent_.end() && found.size() < limits.entries; ++next) {
        bytes += next->bytes;
        if (bytes > limits.bytes && !found.empty()) {
            break;
        }
        found.push_back(next->entry);
    }
    return found;
}

std::vector<StoredPtr> Held::directory() const {
    std::vector<StoredPtr> found;
    found.reserve(newest_of_key_.size());
    for (const auto& [key, entry] : newest_of_key_) {
        found.push_back(entry);
    }
    std::ranges::sort(found, {}, [](const StoredPtr& e) { return e->sequence; });
    return found;
}

StoredPtr Held::output(std::uint32_t partition) const {
    const auto found = outputs_.find(partition);
    return found == outputs_.end() ? nullptr : found->second;
}

} // namespace vigil::journal
