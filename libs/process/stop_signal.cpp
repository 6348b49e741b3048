#include "process/stop_signal.hpp"

#include <sys/resource.h>

namespace vigil::process {

StopSignal::StopSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

int StopSignal::wait() {
    if (came_ == 0) {
        ::sigwait(&signals_, &came_);
    }
    return came_;
}

bool StopSignal::wait_for(std::chrono::milliseconds time) {
    if (came_ == 0) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
        const timespec limit{
            .tv_sec = seconds.count(),
            .tv_nsec = std::chrono::nanoseconds(time - seconds).count()
        };
        if (const int came = ::sigtimedwait(&signals_, nullptr, &limit); came > 0) {
            came_ = came;
        }
    }
    return came_ != 0;
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

} // namespace vigil::process
