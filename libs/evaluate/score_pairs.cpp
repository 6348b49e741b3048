// Scores pairs of event lists as text, for the comparison with timescoring: a line in, a line out.
// Only a test runs it.
#include "evaluate/scoring.hpp"

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

namespace {

using vigil::evaluate::Counts;
using vigil::evaluate::Event;

/// Times in hundredths of a second.
std::vector<Event> read_events(std::istream& in, std::size_t count) {
    std::vector<Event> events(count);
    for (auto& event : events) {
        std::int64_t onset = 0;
        std::int64_t end = 0;
        in >> onset >> end;
        event.onset_s = static_cast<double>(onset) / 100;
        event.end_s = static_cast<double>(end) / 100;
    }
    return events;
}

void print(const Counts& counts) {
    std::printf(
        "%lu %lu %lu %lu",
        counts.reference,
        counts.detected,
        counts.false_alarms,
        counts.samples
    );
    for (const auto& figure :
         {counts.sensitivity(), counts.precision(), counts.f1(), counts.false_alarms_per_day()}) {
        // 17 digits tell every double from its neighbours
        figure ? std::printf(" %.17g", *figure) : std::printf(" nan");
    }
}

} // namespace

/// in    tolerance_start tolerance_end overlap longest pause, length, count of reference events, of
///       detections, then their onsets and ends
/// out   events: reference detected false_alarms samples sensitivity precision f1 rate, then the
///       same of samples
int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream in(line);
        vigil::evaluate::EventRules rules;
        std::int64_t length = 0;
        std::size_t reference_count = 0;
        std::size_t detection_count = 0;
        in >> rules.tolerance_start_s >> rules.tolerance_end_s >> rules.minimum_overlap >>
            rules.longest_event_s >> rules.shortest_pause_s >> length >> reference_count >>
            detection_count;
        const auto reference = read_events(in, reference_count);
        const auto detections = read_events(in, detection_count);
        if (!in) {
            std::cerr << "unreadable: " << line << '\n';
            return 1;
        }
        const double duration_s = static_cast<double>(length) / 100;
        print(score_events(reference, detections, duration_s, rules).counts);
        std::printf(" ");
        print(score_samples(reference, detections, duration_s));
        std::printf("\n");
    }
    return 0;
}
