// Reads foreign bytes as a table of events, as a CHB-MIT summary, and as results for the gate: the
// first byte says which.
#include "check.hpp"
#include "evaluate/hed_score.hpp"
#include "evaluate/scoring.hpp"
#include "vigil/evaluate/results.hpp"

#include <string>

namespace {

using namespace vigil::evaluate;
using vigil::fuzz::check;

void check_seizures(const std::vector<Event>& seizures) {
    for (const auto& event : seizures) {
        check(event.onset_s >= 0 && event.end_s >= event.onset_s);
        check(event.end_s <= 2 * longest_recording_s);
    }
    const auto score = score_events(seizures, seizures, 3600);
    check(score.counts.detected <= score.counts.reference);
    check(score.seizures <= seizures.size());
}

void read_table(std::string_view text) {
    const auto table = read_hed_score(text);
    if (!table) {
        check(!table.error().detail.empty());
        return;
    }
    check_seizures(seizures_of(*table));
    // what is written again is read again
    const auto again = read_hed_score(hed_score_text(table->marks, 60, {}));
    const auto most = std::max<std::size_t>(1, table->marks.size());
    check(!again || again->marks.size() == most);
}

void read_summary(std::string_view text) {
    const auto listed = read_chb_summary(text);
    if (!listed) {
        check(!listed.error().detail.empty());
        return;
    }
    check(!listed->empty());
    for (const auto& [file, seizures] : *listed) {
        check_seizures(seizures);
    }
}

void read_earlier(std::string_view text) {
    const auto results = read_results(std::string(text));
    if (!results) {
        check(!results.error().detail.empty());
        return;
    }
    for (const auto& patient : results->patients) {
        check(patient.tally.events.detected <= patient.tally.events.reference);
    }
    static_cast<void>(gate(results->patients, results->patients, {.draws = 1}));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 3) {
        case 0:
            read_table(text);
            break;
        case 1:
            read_summary(text);
            break;
        default:
            read_earlier(text);
    }
    return 0;
}
