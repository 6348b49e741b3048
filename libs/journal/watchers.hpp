// Who wants to be told of new entries. Used by the journal's adapters.
#pragma once

#include "journal/journal.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace vigil::journal {

/// threads any
class Watchers {
public:
    [[nodiscard]] std::shared_ptr<void> add(Watcher watcher);
    void tell(Sequence newest) const;

private:
    // recursive: a watcher may add another one, or end itself
    struct Inside {
        std::recursive_mutex mutex;
        std::map<std::uint64_t, std::shared_ptr<Watcher>> watchers;
        std::uint64_t next = 0;
    };

    std::shared_ptr<Inside> inside_ = std::make_shared<Inside>();
};

} // namespace vigil::journal
