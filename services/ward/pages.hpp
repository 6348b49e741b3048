// The page's files, built from web/ and embedded in the program.
#pragma once

#include "http/message.hpp"

#include <span>
#include <string_view>

namespace vigil::ward {

struct PageFile {
    std::string_view path; // "/index.html"
    std::string_view content_type;
    std::string_view body;
};

/// All files; made by tools/embed_pages.py at build time.
[[nodiscard]] std::span<const PageFile> page_files();

/// Answers GET for the page: "/" and "/signin" are index.html; names with a digest may be kept for
/// a year.
void serve_page(const http::Request& request, http::Reply reply);

} // namespace vigil::ward
