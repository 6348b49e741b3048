// Which journals are still there to be told of trouble by the client's threads. Used by
// NatsJournal.
#pragma once

#include <mutex>
#include <set>

namespace vigil::journal::nats {

/// Who may still be told of trouble. cnats tells it in a thread of its own, now and then behind its
/// last word of a connection, when the journal is gone.
class Listeners {
public:
    void add(const void* listener) {
        const std::scoped_lock lock(mutex_);
        there_.insert(listener);
    }

    void remove(const void* listener) {
        const std::scoped_lock lock(mutex_);
        there_.erase(listener);
    }

    /// Runs `act` unless the listener is gone; it does not go meanwhile.
    template <class Act>
    void tell(const void* listener, const Act& act) {
        const std::scoped_lock lock(mutex_);
        if (there_.contains(listener)) {
            act();
        }
    }

private:
    std::mutex mutex_;
    std::set<const void*> there_;
};

inline Listeners& listeners() {
    static auto* const all = new Listeners; // never gone: that thread ends with the process
    return *all;
}

} // namespace vigil::journal::nats
