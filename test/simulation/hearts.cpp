// The senders of heart rates and beats, through the real heart_intake.
#include "heart_intake/read_vitals.hpp"
#include "simulation/world.hpp"

#include <algorithm>

namespace vigil::simulation {

namespace {

/// While the server's clock is an hour behind, what was measured since lies in its future.
bool is_early(const std::string& field) {
    return field.ends_with("start_time_us");
}

} // namespace

void World::send_vitals(Heart& heart, std::size_t first, std::size_t count) {
    if (faults_ && chance(random_, 20)) {
        ++heart.sent[first + pick(random_, count)]; // the app has corrected a value
    }
    note("vitals of " + heart.patient + ' ' + std::to_string(first) + '+' + std::to_string(count));
    auto body = chance(random_, 70) ? heart.exported(first, count) : heart.batch(first, count);
    auto posted = body.starts_with('{') ? heart_intake::read_health_export(body)
                                        : heart_intake::read_vitals_protobuf(body);
    if (!posted || posted->points.size() != count) {
        throw Failure{"an export was not read"};
    }
    const std::vector<unsigned> versions(
        heart.sent.begin() + static_cast<std::ptrdiff_t>(first),
        heart.sent.begin() + static_cast<std::ptrdiff_t>(first + count)
    );
    intakes_[pick(random_, 2)].heart->submit(
        {.patient = heart.patient},
        std::move(*posted),
        TraceId{},
        [&heart, first, versions](Result<heart_intake::VitalOutcome> outcome) {
            if (!outcome) {
                return; // it will be in the next export
            }
            if (outcome->accepted + outcome->duplicates + outcome->refused.size() !=
                versions.size()) {
                throw Failure{"of an export more or less is answered than it has"};
            }
            std::vector<bool> refused(versions.size());
            for (const auto& point : outcome->refused) {
                if (!is_early(point.field)) {
                    throw Failure{"an honest value was refused: " + point.field};
                }
                refused.at(point.index) = true;
            }
            for (std::size_t i = 0; i < versions.size(); ++i) {
                if (!refused[i]) {
                    auto& accepted = heart.accepted[first + i];
                    accepted = std::max(accepted, std::optional(versions[i]));
                }
            }
        }
    );
}

void World::send_some_vitals() {
    auto& heart = hearts_[pick(random_, hearts_.size())];
    const auto first = pick(random_, heart.sent.size());
    send_vitals(heart, first, 1 + pick(random_, heart.sent.size() - first));
}

void World::send_beats(Heart& heart) {
    const bool again = heart.todo.empty() || chance(random_, 15);
    if (again && heart.accepted_beats.empty()) {
        return;
    }
    journal::SampleRange range;
    if (again) {
        range = heart.accepted_beats[pick(random_, heart.accepted_beats.size())];
    } else {
        range = heart.todo.front();
        heart.todo.pop_front();
        beats_on_the_way_.emplace_back(&heart, range);
    }
    note(
        (again ? "beats again of " : "beats of ") + heart.patient + ' ' +
        std::to_string(range.first) + '-' + std::to_string(range.end)
    );
    intakes_[pick(random_, 2)].heart->submit(
        {.patient = heart.patient},
        heart.beats_of(range),
        TraceId{},
        [this, &heart, range, again](Result<bool> known) {
            if (!known && known.error().code != ErrorCode::unavailable &&
                !is_early(known.error().field)) {
                throw Failure{"honest beats were refused: " + known.error().detail};
            }
            if (again) {
                return;
            }
            std::erase(beats_on_the_way_, std::pair{&heart, range});
            if (known) {
                heart.accepted_beats.push_back(range);
            } else {
                heart.todo.push_front(range);
            }
        }
    );
}

bool World::hearts_are_sent() const {
    return beats_on_the_way_.empty() && std::ranges::all_of(hearts_, [](const Heart& heart) {
               return heart.todo.empty() &&
                      std::ranges::equal(heart.accepted, heart.sent, [](auto one, auto other) {
                          return one == other;
                      });
           });
}

/// Without faults: what is missing, until nothing is.
void World::finish_hearts() {
    for (auto& heart : hearts_) {
        while (!heart.todo.empty()) {
            send_beats(heart);
        }
        send_vitals(heart, 0, heart.sent.size());
    }
    if (!hearts_are_sent()) {
        throw Failure{"values or beats remain that are never accepted"};
    }
}

} // namespace vigil::simulation
