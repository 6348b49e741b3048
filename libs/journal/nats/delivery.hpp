// A subscription whose messages cnats hands over in a thread of its own. Used by NatsJournal.
#pragma once

#include "journal/nats/handles.hpp"

#include <semaphore>
#include <utility>

namespace vigil::journal::nats {

/// A subscription with a handler, which does not run any more once this is gone: cnats' own way of
/// destroying it returns while the handler may still be at work.
class Delivery {
public:
    Delivery() = default;
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    ~Delivery() { end(); }

    /// \param made  what the call that subscribed has given, kept whatever becomes of it
    /// errors  cnats': the connection ended meanwhile
    [[nodiscard]] natsStatus begin(natsSubscription* made) {
        subscription_.reset(made);
        natsSubscription_SetPendingLimits(made, -1, -1);
        const auto status = natsSubscription_SetOnCompleteCB(
            made,
            [](void* self) { static_cast<Delivery*>(self)->complete_.release(); },
            this
        );
        runs_ = status == NATS_OK;
        return status;
    }

    /// Waits for the handler, so not to be called in it.
    void end() {
        subscription_.reset();
        if (std::exchange(runs_, false)) {
            complete_.acquire();
        }
    }

private:
    Subscription subscription_;
    std::binary_semaphore complete_{0};
    bool runs_ = false;
};

} // namespace vigil::journal::nats
