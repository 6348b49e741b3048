// A page that is open: what it was shown, frame by frame, by stream and sample.
#pragma once

#include "journal/journal.hpp"
#include "ward/live_state.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vigil::simulation {

class Shown {
public:
    Shown();
    /// Takes the next entries and looks at the page. errors  throws Failure: a sample shown twice
    void look(journal::Journal& journal, std::size_t entries, UtcTime now);

    [[nodiscard]] journal::Sequence read() const { return state_.sequence(); }

    /// By stream and index: the samples of all channels.
    using Samples = std::map<std::string, std::map<std::uint64_t, std::vector<std::int32_t>>>;

    [[nodiscard]] const Samples& samples() const { return samples_; }

private:
    ward::LiveState state_;
    journal::Sequence seen_ = 0;
    Samples samples_;
};

} // namespace vigil::simulation
