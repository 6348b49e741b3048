#include "ward/pages.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <string>

namespace vigil::ward {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(" \t");
    return from == std::string_view::npos
               ? std::string_view{}
               : text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// Whether an Accept-Encoding takes gzip. "*" is nobody's who needs it: plain bytes answer that.
bool takes_gzip(std::string_view accepted) {
    return std::ranges::any_of(std::views::split(accepted, ','), [](const auto& part) {
        const std::string_view item(part.begin(), part.end());
        const auto end = item.find(';');
        if (trimmed(item.substr(0, end)) != "gzip") {
            return false;
        }
        const auto quality =
            trimmed(end == std::string_view::npos ? std::string_view{} : item.substr(end + 1));
        return !quality.starts_with("q=") ||
               quality.find_first_not_of("0.", 2) != std::string_view::npos;
    });
}

/// Whether an If-None-Match names the tag, weakly compared.
/// source  RFC 9110, section 13.1.2
bool names_tag(std::string_view header, std::string_view tag) {
    return std::ranges::any_of(std::views::split(header, ','), [&](const auto& part) {
        auto item = trimmed(std::string_view(part.begin(), part.end()));
        if (item.starts_with("W/")) {
            item.remove_prefix(2);
        }
        return item == tag || item == "*";
    });
}

} // namespace

void serve_page(const http::Request& request, http::Reply reply) {
    constexpr std::array pages{"/", "/signin", "/administration", "/handover"};
    const std::string_view path = std::ranges::contains(pages, request.path) ? "/index.html"
                                  : request.path == "/sender"                ? "/sender.html"
                                                              : std::string_view(request.path);
    const auto files = page_files();
    const auto found = std::ranges::find(files, path, &PageFile::path);
    if (found == files.end()) {
        return reply(
            fail(ErrorCode::not_found, "There is nothing at this address.").error(),
            request.id
        );
    }
    const bool small = !found->gzip.empty() && takes_gzip(request.header("accept-encoding"));
    http::Response response{
        .status = 200,
        .content_type = std::string(found->content_type),
        .body = {},
        .headers = {}
    };
    if (!found->gzip.empty()) {
        response.headers.emplace_back("Vary", "Accept-Encoding");
    }
    if (!path.ends_with(".html")) {
        auto tag = '"' + std::string(found->tag) + (small ? "-gzip\"" : "\"");
        const bool unchanged = names_tag(request.header("if-none-match"), tag);
        response.headers.emplace_back("ETag", std::move(tag));
        response.headers.emplace_back(
            "Cache-Control",
            path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache"
        );
        if (unchanged) {
            response.status = 304;
            return reply(std::move(response));
        }
    }
    if (small) {
        response.headers.emplace_back("Content-Encoding", "gzip");
    }
    response.body = small ? found->gzip : found->body;
    reply(std::move(response));
}

} // namespace vigil::ward
