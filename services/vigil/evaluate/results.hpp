// What an evaluation found, and its forms: a table, JSON, an HTML page. Used by `vigil evaluate`.
#pragma once

#include "base/error.hpp"
#include "evaluate/figures.hpp"
#include "evaluate/gate.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::evaluate {

struct RecordingResult {
    std::string name;
    std::string patient;
    double duration_s = 0;
    std::vector<Event> reference;
    std::vector<Event> detections;
    bool synthetic = false; // a model made it
};

struct LeftOut {
    std::string name;
    std::string why;
};

struct Results {
    std::string detector;        // "window-178 1.0.0", or where the events came from
    std::string parameters = {}; // how its scores became events; may be empty
    EventRules rules = {};
    std::vector<RecordingResult> recordings = {};
    /// By id; of the recordings that nobody declared synthetic.
    std::vector<PatientTally> patients = {};
    /// By id; of the synthetic ones. No figure is ever made of both, and no gate of these.
    std::vector<PatientTally> synthetic_patients = {};
    std::vector<LeftOut> left_out = {}; // not in any figure
    /// Counted as if nothing had been detected.
    std::vector<LeftOut> without_hypothesis = {};
    std::vector<LeftOut> remarks = {};
    std::optional<GateResult> gate = {};
    std::string active = {}; // what the gate compared with

    /// Scores a recording and adds it to its patient of its kind.
    void add(RecordingResult recording);
};

/// Patients whose figures stand together.
struct ResultsPart {
    std::span<const PatientTally> patients;
    bool synthetic = false;
};

/// The parts that a report has, the real one first; at least one.
[[nodiscard]] std::vector<ResultsPart> parts_of(const Results& results);

/// What every report says over figures of synthetic recordings.
inline constexpr std::string_view synthetic_note =
    "SYNTHETIC: a model made these recordings. They serve tests, delay and load; their figures are "
    "no claim of accuracy and stand apart from those of real recordings.";

inline constexpr std::string_view results_format = "vigil-evaluation-1";

/// "1 patient", "2 patients".
[[nodiscard]] std::string counted(std::size_t count, std::string_view what);

/// Lines for a terminal.
[[nodiscard]] std::string results_table(const Results& results);

/// One object; figures that do not exist are null. The member `format` is results_format.
[[nodiscard]] std::string results_json(const Results& results);

/// A page by itself: style and plots inside, no script, no request to anywhere.
[[nodiscard]] std::string results_html(const Results& results);

struct EarlierResults {
    std::string detector;
    std::vector<PatientTally> patients;
};

/// What results_json wrote, as far as gate() needs it.
///
/// errors  invalid_argument with the member: other JSON, another format, counts that contradict
/// each other
[[nodiscard]] Result<EarlierResults> read_results(std::string json);

/// The recordings and their events that results_json wrote, and the figures worked out from them
/// anew.
///
/// errors  as above, and of figures that the events do not give, or that other rules gave
[[nodiscard]] Result<Results> read_whole_results(std::string json);

/// The gate's lines of results_table.
[[nodiscard]] std::string gate_lines(const GateResult& gate, const std::string& active);

} // namespace vigil::evaluate
