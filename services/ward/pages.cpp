#include "ward/pages.hpp"

#include <algorithm>
#include <array>

namespace vigil::ward {

void serve_page(const http::Request& request, http::Reply reply) {
    constexpr std::array pages{"/", "/signin", "/administration"};
    const std::string_view path =
        std::ranges::contains(pages, request.path) ? "/index.html" : std::string_view(request.path);
    const auto files = page_files();
    const auto found = std::ranges::find(files, path, &PageFile::path);
    if (found == files.end()) {
        return reply(
            fail(ErrorCode::not_found, "There is nothing at this address.").error(),
            request.id
        );
    }
    http::Response response{
        .status = 200,
        .content_type = std::string(found->content_type),
        .body = std::string(found->body),
        .headers = {}
    };
    if (path.starts_with("/assets/")) {
        response.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
    }
    reply(std::move(response));
}

} // namespace vigil::ward
