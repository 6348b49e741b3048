// How a program is told to stop: SIGTERM and SIGINT, taken by one wait and by nothing else. Used by
// every program that serves.
#pragma once

#include <chrono>
#include <csignal>

namespace vigil::process {

/// Made before the first thread starts: threads inherit the block, so that only the waits below
/// take the signals. SIGPIPE is ignored from then on.
class StopSignal {
public:
    StopSignal();
    StopSignal(const StopSignal&) = delete;

    /// The signal's number.
    int wait();
    /// False: none came in that time.
    bool wait_for(std::chrono::milliseconds time);

private:
    sigset_t signals_{};
    int came_ = 0; // one that wait_for() has taken
};

/// Each connection takes a descriptor: as many as the system lets this process have.
void raise_descriptor_limit();

} // namespace vigil::process
