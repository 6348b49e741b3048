#include "vigil/evaluate/progress.hpp"

#include <format>

namespace vigil::evaluate {

namespace {

constexpr std::chrono::milliseconds redraw_every{100};
constexpr std::chrono::seconds line_every{10};

} // namespace

void Progress::show(std::size_t number, std::size_t of, const std::string& name, double share) {
    const auto now = std::chrono::steady_clock::now();
    if (quiet_ || now < next_) {
        return;
    }
    if (!terminal_ && next_ == std::chrono::steady_clock::time_point{}) {
        next_ = now + line_every; // short work says nothing
        return;
    }
    const auto done = (static_cast<double>(number) + share) / static_cast<double>(of);
    const auto line =
        std::format("{:3.0f} %  recording {} of {}: {}", done * 100, number + 1, of, name);
    if (terminal_) {
        next_ = now + redraw_every;
        out_ << '\r' << line << "\x1b[K" << std::flush;
        drawn_ = true;
    } else {
        next_ = now + line_every;
        out_ << line << std::endl;
    }
}

void Progress::end() {
    if (drawn_) {
        out_ << "\r\x1b[K" << std::flush;
        drawn_ = false;
    }
}

} // namespace vigil::evaluate
