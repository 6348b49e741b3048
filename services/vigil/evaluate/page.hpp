// What the reports have in common: the head of the page with its style, and lists of names.
#pragma once

#include "vigil/evaluate/results.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace vigil::evaluate {

/// Up to the opened body: a page by itself, which asks nothing of any other host and runs no
/// script.
[[nodiscard]] std::string_view page_head();

/// A row of a table, all of it HTML already.
[[nodiscard]] std::string page_row(std::string_view name, const std::vector<std::string>& cells);

/// A heading and a line for each; nothing where there is none.
[[nodiscard]] std::string page_names(std::string_view title, const std::vector<LeftOut>& all);

} // namespace vigil::evaluate
