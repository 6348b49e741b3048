#include "ward/video_link.hpp"

#include "http/outgoing.hpp"

#include <algorithm>
#include <format>
#include <string>

namespace vigil::ward {

namespace {

std::unexpected<Error> wrong(std::string detail) {
    return fail(ErrorCode::invalid_argument, std::move(detail), "address");
}

bool is_of_an_address(char c) {
    return c > ' ' && c < 0x7F && !std::string_view("\"<>\\^`|").contains(c);
}

struct Filled {
    std::string address{};
    bool has_moment = false;
};

/// With something in every place, so that the rest can be judged as an address.
Result<Filled> filled(std::string_view address) {
    Filled made;
    while (!address.empty()) {
        const auto brace = address.find_first_of("{}");
        made.address += address.substr(0, brace);
        if (brace == std::string_view::npos) {
            return made;
        }
        const auto end = address.find('}', brace);
        const auto place = end == std::string_view::npos ? address.substr(brace)
                                                         : address.substr(brace, end + 1 - brace);
        if (place != "{start}" && place != "{seconds}" && place != "{patient}") {
            return wrong(std::format(
                "\"{}\" is no place that is known: there are {{start}}, {{seconds}} and "
                "{{patient}}.",
                place
            ));
        }
        const auto slash = made.address.find('/', std::string_view("https://").size());
        if (slash == std::string::npos) {
            return wrong("A place stands behind the host, not in it.");
        }
        made.has_moment |= place != "{patient}";
        made.address += '0';
        address.remove_prefix(brace + place.size());
    }
    return made;
}

} // namespace

Result<void> check_video_address(std::string_view address) {
    if (address.size() > longest_video_address) {
        return wrong(std::format("It has at most {} characters.", longest_video_address));
    }
    if (!address.starts_with("https://")) {
        return wrong("It begins with https://.");
    }
    if (!std::ranges::all_of(address, is_of_an_address)) {
        return wrong("It has a character that belongs in no address.");
    }
    const auto made = filled(address);
    if (!made) {
        return std::unexpected(made.error());
    }
    if (!made->has_moment) {
        return wrong("It has no place for the moment: {start} or {seconds}.");
    }
    // A fragment such as #t={seconds} is the video page's own and goes to no server.
    if (const auto where = http::destination_of(made->address.substr(0, made->address.find('#')));
        !where) {
        return wrong("It is no address: write one such as https://video.example/bed3?at={start}.");
    }
    return {};
}

} // namespace vigil::ward
