// A page that is open: what it was shown, frame by frame, by stream and sample.
#pragma once

#include "journal/journal.hpp"
#include "simulation/sample_table.hpp"
#include "ward/live_state.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace vigil::simulation {

class Shown {
public:
    /// The ward has started and reads what comes after `after`.
    explicit Shown(journal::Sequence after);
    /// Takes the next entries and looks at the page. errors  throws Failure: a sample or a value
    /// shown twice
    void look(journal::Journal& journal, std::size_t entries, UtcTime now);

    [[nodiscard]] journal::Sequence read() const { return std::max(state_.sequence(), after_); }

    [[nodiscard]] journal::Sequence after() const { return after_; }

    /// By stream.
    using Samples = std::map<std::string, SampleTable>;

    [[nodiscard]] const Samples& samples() const { return samples_; }

    /// Heart rates by value_key.
    [[nodiscard]] const std::map<std::string, double>& values() const { return values_; }

private:
    void look_at_values(const v1::LivePatient& patient);

    ward::LiveState state_;
    journal::Sequence after_;
    journal::Sequence seen_ = 0;
    Samples samples_;
    std::map<std::string, double> values_;
};

/// What a value is of: two with the same key are one.
[[nodiscard]] std::string value_key(const std::string& patient, const v1::Vital& vital);

} // namespace vigil::simulation
