// Which push services this server may ask: an address that a browser gives is only ever called
// where the administrator's file allows its host. Used by PushDesk and PushWay.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace vigil::ward {

/// threads any, once it is made
class PushHosts {
public:
    /// Those of Chromium, Firefox, Safari and Edge.
    static constexpr std::string_view well_known =
        "fcm.googleapis.com updates.push.services.mozilla.com *.push.services.mozilla.com "
        "web.push.apple.com *.notify.windows.com";

    /// Names with a blank between them. "*.name" stands for all that is below it, and not for
    /// itself; "name:port" for that port alone, by HTTP too where the name is this very machine.
    ///
    /// errors  invalid_argument: none, or one that is no name
    static Result<PushHosts> read(std::string_view text);

    /// Whether this very address may be asked.
    [[nodiscard]] bool allows(std::string_view url) const;

private:
    struct Name {
        std::string host; // with a leading dot where it stands for what is below it
        std::string port; // empty: HTTPS at its usual one
    };

    std::vector<Name> names_;
};

} // namespace vigil::ward
