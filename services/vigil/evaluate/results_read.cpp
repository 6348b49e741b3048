// Results read back from their JSON: for the gate, and whole for a promotion.
#include "base/strict_json.hpp"
#include "vigil/evaluate/results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>

namespace vigil::evaluate {

namespace {

using json::each_element;
using json::each_member;
using json::Path;
using json::ondemand::value;
using Seen = Result<void>;

Seen into(Result<std::int64_t> number, std::uint64_t& out) {
    if (!number) {
        return std::unexpected(number.error());
    }
    out = static_cast<std::uint64_t>(*number);
    return {};
}

constexpr std::int64_t most = std::int64_t{1} << 53;
constexpr std::size_t most_patients = 100'000;
constexpr std::size_t most_latencies = 1'000'000;

Seen read_counts(value from, const Path& path, Counts& counts) {
    const auto object = json::object_of(from, path);
    if (!object) {
        return std::unexpected(object.error());
    }
    constexpr std::array<std::string_view, 5>
        names{"reference", "true_positives", "false_positives", "samples", "rate_hz"};
    const auto seen = each_member(
        *object,
        names,
        path,
        [&](std::size_t index, value member, const Path& here) -> Seen {
            if (index == 4) {
                const auto rate = json::number(member, here);
                counts.rate_hz = rate.value_or(0);
                return rate ? Seen{} : std::unexpected(rate.error());
            }
            const std::array out{
                &counts.reference,
                &counts.detected,
                &counts.false_alarms,
                &counts.samples
            };
            return into(json::integer(member, here, 0, most), *out[index]);
        },
        true
    );
    if (!seen) {
        return std::unexpected(seen.error());
    }
    if (*seen != 0x1f || counts.detected > counts.reference || !(counts.rate_hz > 0)) {
        return json::wrong(path, "is no set of counts");
    }
    return {};
}

Seen read_latencies(value from, const Path& path, std::vector<double>& latencies) {
    const auto object = json::object_of(from, path);
    if (!object) {
        return std::unexpected(object.error());
    }
    constexpr std::array<std::string_view, 1> names{"all"};
    const auto seen = each_member(
        *object,
        names,
        path,
        [&](std::size_t, value all, const Path& here) -> Seen {
            const auto read = each_element(
                all,
                most_latencies,
                here,
                [&](std::size_t, value one, const Path& there) -> Seen {
                    const auto number = json::number(one, there);
                    latencies.push_back(number.value_or(0));
                    return number ? Seen{} : std::unexpected(number.error());
                }
            );
            return read ? Seen{} : std::unexpected(read.error());
        },
        true
    );
    if (!seen) {
        return std::unexpected(seen.error());
    }
    return *seen == 1 ? Seen{} : json::wrong(path, "has no member all");
}

Seen read_patient(value from, const Path& path, PatientTally& patient) {
    const auto object = json::object_of(from, path);
    if (!object) {
        return std::unexpected(object.error());
    }
    constexpr std::array<std::string_view, 4> names{"patient", "seizures", "events", "latency_s"};
    const auto seen = each_member(
        *object,
        names,
        path,
        [&](std::size_t index, value member, const Path& here) -> Seen {
            switch (index) {
                case 0: {
                    const auto text = json::text(member, here);
                    patient.patient = text.value_or("");
                    return text ? Seen{} : std::unexpected(text.error());
                }
                case 1:
                    return into(json::integer(member, here, 0, most), patient.tally.seizures);
                case 2:
                    return read_counts(member, here, patient.tally.events);
                default:
                    return read_latencies(member, here, patient.tally.latencies_s);
            }
        },
        true
    );
    if (!seen) {
        return std::unexpected(seen.error());
    }
    return *seen == 0xf ? Seen{} : json::wrong(path, "is no patient's result");
}

constexpr std::size_t most_events = 1'000'000;
// what stands in the file was rounded to the nearest double and back
constexpr double same_s = 1e-9;

Seen read_number(value from, const Path& path, double& out) {
    return json::keep(json::number(from, path), [&](double number) { out = number; });
}

Seen read_event(value from, const Path& path, Event& event) {
    constexpr std::array<std::string_view, 3> names{"onset_s", "end_s", "raised_s"};
    const auto visit = [&](std::size_t index, value member, const Path& here) -> Seen {
        double number = 0;
        auto read = read_number(member, here, number);
        if (index == 2) {
            event.raised_s = number;
        } else {
            (index == 0 ? event.onset_s : event.end_s) = number;
        }
        return read;
    };
    const auto seen = json::each_member_of(from, names, path, visit);
    if (!seen) {
        return std::unexpected(seen.error());
    }
    return (*seen & 3U) == 3 ? Seen{} : json::wrong(path, "is no event");
}

Seen read_events(value from, const Path& path, std::vector<Event>& events) {
    return json::done(each_element(
        from,
        most_events,
        path,
        [&](std::size_t, value one, const Path& here) {
            return read_event(one, here, events.emplace_back());
        }
    ));
}

Seen read_recording(value from, const Path& path, Results& results) {
    constexpr std::array<std::string_view, 6>
        names{"name", "patient", "synthetic", "duration_s", "reference", "detections"};
    RecordingResult recording;
    const auto visit = [&](std::size_t index, value member, const Path& here) -> Seen {
        const auto keep_text = [&](std::string& out) {
            return json::keep(json::text(member, here), [&](std::string_view text) { out = text; });
        };
        switch (index) {
            case 0:
                return keep_text(recording.name);
            case 1:
                return keep_text(recording.patient);
            case 2:
                return json::keep(json::boolean(member, here), [&](bool synthetic) {
                    recording.synthetic = synthetic;
                });
            case 3:
                return read_number(member, here, recording.duration_s);
            case 4:
                return read_events(member, here, recording.reference);
            default:
                return read_events(member, here, recording.detections);
        }
    };
    const auto seen = json::each_member_of(from, names, path, visit);
    if (!seen) {
        return std::unexpected(seen.error());
    }
    if (*seen != 0x3f || !(recording.duration_s >= 0 && recording.duration_s <= 366 * 86'400.0)) {
        return json::wrong(path, "is no recording's result");
    }
    results.add(std::move(recording));
    return {};
}

Seen read_rules(value from, const Path& path) {
    constexpr std::array<std::string_view, 5> names{
        "tolerance_start_s",
        "tolerance_end_s",
        "minimum_overlap",
        "longest_event_s",
        "shortest_pause_s"
    };
    constexpr EventRules rules;
    constexpr std::array wanted{
        rules.tolerance_start_s,
        rules.tolerance_end_s,
        rules.minimum_overlap,
        rules.longest_event_s,
        rules.shortest_pause_s
    };
    const auto seen = json::each_member_of(
        from,
        names,
        path,
        [&](std::size_t index, value member, const Path& here) -> Seen {
            double number = 0;
            auto read = read_number(member, here, number);
            return read && number != wanted[index] ? json::wrong(here, "is another rule") : read;
        }
    );
    if (!seen) {
        return std::unexpected(seen.error());
    }
    return *seen == 0x1f ? Seen{} : json::wrong(path, "are not all rules");
}

Seen read_names(value from, const Path& path, std::vector<LeftOut>& all) {
    constexpr std::array<std::string_view, 2> names{"name", "why"};
    return json::done(each_element(
        from,
        most_patients,
        path,
        [&](std::size_t, value one, const Path& here) {
            auto& left = all.emplace_back();
            return json::done(json::each_member_of(
                one,
                names,
                here,
                [&](std::size_t index, value member, const Path& there) {
                    return json::keep(json::text(member, there), [&](std::string_view text) {
                        (index == 0 ? left.name : left.why) = text;
                    });
                }
            ));
        }
    ));
}

bool same(const Tally& stated, const Tally& found) {
    const auto near = [](double a, double b) { return std::abs(a - b) <= same_s; };
    return stated.seizures == found.seizures && stated.events == found.events &&
           std::ranges::equal(stated.latencies_s, found.latencies_s, near);
}

/// Whether the figures that the file states are those that its events give.
Seen check_figures(
    const std::vector<PatientTally>& stated,
    const std::vector<PatientTally>& found
) {
    const Path root;
    if (stated.size() != found.size()) {
        return json::wrong(root.member("patients"), "are others than the recordings'");
    }
    for (std::size_t i = 0; i < stated.size(); ++i) {
        if (stated[i].patient != found[i].patient || !same(stated[i].tally, found[i].tally)) {
            return json::wrong(
                root.member("patients").element(i),
                "has other figures than the events of its recordings give: the file was changed"
            );
        }
    }
    return {};
}

} // namespace

Result<EarlierResults> read_results(std::string text) {
    return json::read_object(
        text,
        [](json::ondemand::object object, const Path& root) -> Result<EarlierResults> {
            EarlierResults results;
            constexpr std::array<std::string_view, 3> names{"format", "detector", "patients"};
            const auto seen = each_member(
                object,
                names,
                root,
                [&](std::size_t index, value member, const Path& here) -> Seen {
                    if (index < 2) {
                        const auto word = json::text(member, here);
                        if (!word || (index == 0 && *word != results_format)) {
                            return json::wrong(here, "is not the format of this program");
                        }
                        if (index == 1) {
                            results.detector = *word;
                        }
                        return {};
                    }
                    const auto read = each_element(
                        member,
                        most_patients,
                        here,
                        [&](std::size_t, value one, const Path& there) {
                            return read_patient(one, there, results.patients.emplace_back());
                        }
                    );
                    return read ? Seen{} : std::unexpected(read.error());
                },
                true
            );
            if (!seen) {
                return std::unexpected(seen.error());
            }
            if (*seen != 7) {
                return json::wrong(root, "format, detector or patients is missing");
            }
            return results;
        }
    );
}

Result<Results> read_whole_results(std::string text) {
    const auto stated = read_results(text);
    if (!stated) {
        return std::unexpected(stated.error());
    }
    constexpr std::array<std::string_view, 4> names{
        "rules",
        "recordings",
        "left_out",
        "without_hypothesis"
    };
    Results results{.detector = stated->detector};
    const auto visit = [&](std::size_t index, value member, const Path& here) -> Seen {
        switch (index) {
            case 0:
                return read_rules(member, here);
            case 1:
                return json::done(each_element(
                    member,
                    most_patients,
                    here,
                    [&](std::size_t, value one, const Path& there) {
                        return read_recording(one, there, results);
                    }
                ));
            case 2:
                return read_names(member, here, results.left_out);
            default:
                return read_names(member, here, results.without_hypothesis);
        }
    };
    const auto read = [&](json::ondemand::object object, const Path& root) {
        return each_member(object, names, root, visit, true);
    };
    const auto seen = json::read_object(text, read);
    if (!seen) {
        return std::unexpected(seen.error());
    }
    if (*seen != 0xf) {
        return fail(ErrorCode::invalid_argument, "rules or recordings are missing");
    }
    if (auto checked = check_figures(stated->patients, results.patients); !checked) {
        return std::unexpected(checked.error());
    }
    return results;
}

} // namespace vigil::evaluate
