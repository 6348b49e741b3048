// How far a long evaluation is. Used by the command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>

namespace vigil::evaluate {

/// A line that is drawn again in place on a terminal; elsewhere a plain one every ten seconds.
/// threads one
class Progress {
public:
    Progress(std::ostream& out, bool terminal, bool quiet)
        : out_(out), terminal_(terminal), quiet_(quiet) {}

    /// `share` of recording `number`, from 0, is done.
    void show(std::size_t number, std::size_t of, const std::string& name, double share);
    void end();

private:
    std::ostream& out_;
    bool terminal_;
    bool quiet_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point next_{};
};

} // namespace vigil::evaluate
