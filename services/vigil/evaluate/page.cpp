#include "vigil/evaluate/page.hpp"

#include "vigil/evaluate/plots.hpp"

#include <format>

namespace vigil::evaluate {

namespace {

// default-src 'none': whatever a recording's name holds, the page asks nothing of anybody
constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation</title>
<style>
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #66707f; --line: #d5dbe3; --reference: #1c7c54;
  --detection: #b8431f; --mark: #2257a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --paper: #14181f; --soft: #9aa5b4; --line: #38414e;
  --reference: #4fc48f; --detection: #f08a63; --mark: #7fb0f5; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p.note { color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
th, td { text-align: right; padding: .25rem .7rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg .grid { stroke: var(--line); } svg .mark { stroke: var(--mark); fill: var(--mark); }
svg .reference { fill: var(--reference); } svg .detection { fill: var(--detection); } svg .record { fill: var(--line); }
svg .rate { stroke: var(--mark); fill: none; } svg .seizure { fill: var(--reference); opacity: .3; }
.bad { color: var(--detection); font-weight: 600; }
section.synthetic { border-left: .4rem solid var(--detection); padding-left: 1rem; }
</style>
</head>
<body>
)";

} // namespace

std::string_view page_head() {
    return head;
}

std::string page_row(std::string_view name, const std::vector<std::string>& cells) {
    std::string text = std::format("<tr><td>{}</td>", name);
    for (const auto& cell : cells) {
        text += std::format("<td>{}</td>", cell);
    }
    return text + "</tr>\n";
}

std::string page_names(std::string_view title, const std::vector<LeftOut>& all) {
    if (all.empty()) {
        return {};
    }
    std::string text = std::format("<h2>{}</h2>\n<ul>\n", title);
    for (const auto& [name, why] : all) {
        text += std::format("<li>{}: {}</li>\n", escaped(name), escaped(why));
    }
    return text + "</ul>\n";
}

} // namespace vigil::evaluate
