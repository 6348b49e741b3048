#include "journal/watchers.hpp"

namespace vigil::journal {

std::shared_ptr<void> Watchers::add(Watcher watcher) {
    const std::scoped_lock lock(inside_->mutex);
    const auto id = inside_->next++;
    inside_->watchers.emplace(id, std::make_shared<Watcher>(std::move(watcher)));
    // the handle keeps what is inside: it may outlive the journal
    const auto remove = [inside = inside_, id](void*) {
        const std::scoped_lock removing(inside->mutex);
        inside->watchers.erase(id);
    };
    return {static_cast<void*>(inside_.get()), remove};
}

void Watchers::tell(Sequence newest) const {
    const std::scoped_lock lock(inside_->mutex);
    // by id, since a watcher may add or end watchers
    for (auto next = inside_->watchers.begin(); next != inside_->watchers.end();) {
        const auto id = next->first;
        const auto watcher = next->second;
        (*watcher)(newest);
        next = inside_->watchers.upper_bound(id);
    }
}

} // namespace vigil::journal
