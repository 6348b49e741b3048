// cnats' handles as owners, and its status as an error. Included only by the NATS adapter.
#pragma once

#include "base/error.hpp"

#include <nats/nats.h>

#include <memory>
#include <string>

namespace vigil::journal::nats {

template <auto destroy>
struct Destroyer {
    template <class Handle>
    void operator()(Handle* handle) const {
        destroy(handle);
    }
};

using Options = std::unique_ptr<natsOptions, Destroyer<natsOptions_Destroy>>;
using Connection = std::unique_ptr<natsConnection, Destroyer<natsConnection_Destroy>>;
using Context = std::unique_ptr<jsCtx, Destroyer<jsCtx_Destroy>>;
using Subscription = std::unique_ptr<natsSubscription, Destroyer<natsSubscription_Destroy>>;
using Message = std::unique_ptr<natsMsg, Destroyer<natsMsg_Destroy>>;

/// unavailable, safe to try again.
[[nodiscard]] inline std::unexpected<Error> failed(const std::string& what, natsStatus status) {
    return fail(
        ErrorCode::unavailable,
        "the journal's servers do not answer",
        {},
        what + ": " + natsStatus_GetText(status),
        Retry::safe
    );
}

} // namespace vigil::journal::nats
