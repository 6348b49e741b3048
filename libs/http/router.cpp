// The table of routes: literal segments and {parameters}, so that 404 and 405 differ.
#include "http/message.hpp"

#include <algorithm>
#include <stdexcept>

namespace vigil::http {

namespace {

std::string_view next_segment(std::string_view& rest) {
    const auto end = rest.find('/');
    const auto segment = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return segment;
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// `parameters` may be null: only whether it fits.
bool fits(
    std::string_view pattern,
    std::string_view path,
    std::map<std::string, std::string>* parameters
) {
    const auto brace = pattern.find('{');
    if (brace == std::string_view::npos) {
        return pattern == path;
    }
    if (!path.starts_with(pattern.substr(0, brace)) ||
        std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) {
        return false;
    }
    pattern.remove_prefix(brace);
    path.remove_prefix(brace);
    while (!pattern.empty()) {
        const auto wanted = next_segment(pattern);
        const auto found = next_segment(path);
        if (is_parameter(wanted)) {
            if (found.empty()) {
                return false;
            }
            if (parameters != nullptr) {
                parameters->insert_or_assign(
                    std::string(wanted.substr(1, wanted.size() - 2)),
                    std::string(found)
                );
            }
        } else if (wanted != found) {
            return false;
        }
    }
    return path.empty();
}

} // namespace

void Router::add(Verb verb, std::string pattern, RouteOptions options, Handler handler) {
    for (const auto& route : routes_) {
        if (route.verb == verb && route.pattern == pattern) {
            throw std::logic_error("a route is added twice: " + pattern);
        }
    }
    routes_.push_back(
        {.verb = verb,
         .pattern = std::move(pattern),
         .options = options,
         .handler = std::move(handler)}
    );
}

void Router::add_websocket(std::string pattern, RouteOptions options, WebSocketHandler handler) {
    add(Verb::get, std::move(pattern), options, Handler{});
    routes_.back().handler = std::move(handler);
}

void Router::fallback(RouteOptions options, Handler handler) {
    fallback_ =
        Route{.verb = Verb::get, .pattern = "", .options = options, .handler = std::move(handler)};
}

Router::Match Router::match(Verb verb, std::string_view path) const {
    Match match;
    const Route* found = nullptr;
    for (const auto& route : routes_) {
        if (route.verb != verb || !fits(route.pattern, path, nullptr)) {
            continue;
        }
        // A literal route wins over one with parameters.
        if (found == nullptr || (found->pattern.contains('{') && !route.pattern.contains('{'))) {
            found = &route;
        }
    }
    if (found != nullptr) {
        match.route = found;
        if (found->pattern.contains('{')) {
            fits(found->pattern, path, &match.parameters);
        }
        return match;
    }
    auto allowed = verbs_of(path);
    // The page itself is the fallback's, also where an old sender posts to "/".
    if (verb == Verb::get && fallback_ && (allowed.empty() || path == "/")) {
        match.route = &*fallback_;
        return match;
    }
    match.allowed = std::move(allowed);
    return match;
}

std::vector<Verb> Router::verbs_of(std::string_view path) const {
    std::vector<Verb> verbs;
    for (const auto& route : routes_) {
        if (fits(route.pattern, path, nullptr) && !std::ranges::contains(verbs, route.verb)) {
            verbs.push_back(route.verb);
        }
    }
    return verbs;
}

} // namespace vigil::http
