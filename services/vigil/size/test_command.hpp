// Runs `vigil size` in the tests' own process.
#pragma once

#include "vigil/size/size_command.hpp"

#include <CLI/CLI.hpp>

#include <sstream>
#include <string>

namespace vigil::size {

struct Ran {
    int status = -1;
    std::string out;
    std::string err;
};

inline Ran run(const std::string& options) {
    CLI::App app;
    std::ostringstream out;
    std::ostringstream err;
    Ran ran;
    add_size_command(app, ran.status, out, err);
    try {
        app.parse("size " + options);
    } catch (const CLI::ParseError& error) {
        ran.status = app.exit(error, out, err) == 0 ? 0 : 2;
    }
    ran.out = out.str();
    ran.err = err.str();
    return ran;
}

} // namespace vigil::size
