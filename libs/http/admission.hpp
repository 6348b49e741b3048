// Decides, before the body is read, whether a request may go on: its route, who sent it, and the
// bounds. Used by connections.
#pragma once

#include "http/core.hpp"

#include <optional>
#include <string_view>

namespace vigil::http {

struct Admission {
    RouteState* state = nullptr;     // nullptr: no route was found
    std::optional<Response> refusal; // what is answered instead
};

/// Fills in `parameters` and `principal`. `verb` is empty for a method that no route can have.
Admission admit(Core& core, std::optional<Verb> verb, Request& request);

/// Whether a browser's page of another origin sent this with the person's cookie.
/// source  RFC 6454 section 7; OWASP Cross-Site Request Forgery Prevention, "Verifying Origin With
/// Standard Headers"
[[nodiscard]] bool is_cross_site(const Request& request, bool websocket);

} // namespace vigil::http
