#include "http/admission.hpp"

#include <algorithm>
#include <cctype>

namespace vigil::http {

namespace {

Response not_allowed(const std::vector<Verb>& verbs, const Request& request) {
    auto response = problem_with_status(
        405,
        fail(ErrorCode::invalid_argument, "This path does not take that method.").error(),
        request.id
    );
    std::string allow;
    for (const auto verb : verbs) {
        constexpr std::array names{"GET, HEAD", "POST", "PUT", "DELETE"};
        allow += (allow.empty() ? "" : ", ");
        allow += names[static_cast<std::size_t>(verb)];
    }
    response.headers.emplace_back("Allow", allow);
    return response;
}

bool may(const Principal& who, Access access) {
    const bool staff = who.kind == Principal::Kind::staff;
    switch (access) {
        case Access::open:
            return true;
        case Access::device:
            return who.kind == Principal::Kind::device;
        case Access::staff:
            return staff;
        case Access::clinician:
            return staff && who.clinician;
        case Access::administrator:
            return staff && who.administrator;
    }
    return false;
}

std::optional<Response> authorise(Core& core, const Router::Route& route, Request& request) {
    const bool has_key = !request.header("authorization").empty();
    const bool has_credentials = has_key || !request.header("cookie").empty();
    const auto access = route.options.access;
    if (core.authenticator && (access != Access::open || has_credentials)) {
        auto who = core.authenticator(request);
        if (who) {
            request.principal = std::move(*who);
        } else if (access != Access::open || has_key ||
                   who.error().code != ErrorCode::unauthenticated) {
            return problem(who.error(), request.id);
        }
        // A cookie that has expired must not close the door to the sign-in page.
    }
    if (may(request.principal, access)) {
        return std::nullopt;
    }
    if (request.principal.kind == Principal::Kind::nobody) {
        return problem(
            fail(ErrorCode::unauthenticated, "This needs a device key or a signed-in person.")
                .error(),
            request.id
        );
    }
    return problem(
        fail(ErrorCode::forbidden, "This key or person may not do that.").error(),
        request.id
    );
}

} // namespace

bool is_cross_site(const Request& request, bool websocket) {
    const auto origin = request.header("origin");
    if (origin.empty() || !request.header("authorization").empty() ||
        (request.verb == Verb::get && !websocket)) {
        return false;
    }
    const auto scheme = origin.find("://");
    const auto host =
        scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
    return !std::ranges::equal(host, request.header("host"), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    });
}

Admission admit(Core& core, std::optional<Verb> verb, Request& request) {
    if (!verb) {
        auto verbs = core.router.verbs_of(request.path);
        if (verbs.empty()) {
            return {
                nullptr,
                problem(fail(ErrorCode::not_found, "There is nothing here.").error(), request.id)
            };
        }
        return {nullptr, not_allowed(verbs, request)};
    }
    auto match = core.router.match(*verb, request.path);
    if (match.route == nullptr) {
        return {
            nullptr,
            match.allowed.empty()
                ? problem(fail(ErrorCode::not_found, "There is nothing here.").error(), request.id)
                : not_allowed(match.allowed, request),
        };
    }
    auto& state = core.state_of(match.route);
    request.parameters = std::move(match.parameters);
    const bool websocket = std::holds_alternative<WebSocketHandler>(match.route->handler);
    if (auto refused = authorise(core, *match.route, request)) {
        core.count(Refusal::access);
        return {&state, std::move(refused)};
    }
    if (is_cross_site(request, websocket)) {
        core.count(Refusal::access);
        return {
            &state,
            problem(
                fail(ErrorCode::forbidden, "A page of another origin sent this.", "Origin").error(),
                request.id
            )
        };
    }
    if (state.slots.full()) {
        state.slots.refuse();
        core.count(Refusal::in_flight);
        return {&state, slots_full(state.slots.most(), request.id)};
    }
    return {&state, std::nullopt};
}

} // namespace vigil::http
