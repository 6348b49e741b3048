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
    std::string_view gzip; // the same compressed; empty where that is no smaller
    std::string_view tag;  // of its bytes
};

/// All files; made by tools/embed_pages.py at build time.
[[nodiscard]] std::span<const PageFile> page_files();

/// Answers GET for the page: "/" and "/signin" are index.html. Compressed for whoever takes gzip.
/// Names with a digest may be kept for a year, a document not at all; the rest is asked for anew
/// with its tag (304).
void serve_page(const http::Request& request, http::Reply reply);

} // namespace vigil::ward
