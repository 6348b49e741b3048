// The world's senders and the two intakes that they send to.
#include "simulation/world.hpp"

#include <algorithm>

namespace vigil::simulation {

namespace {

std::string name_of(const Stream& stream, journal::SampleRange range) {
    return stream.key() + ' ' + std::to_string(range.first) + '-' + std::to_string(range.end);
}

} // namespace

// -------------------------------------------------------------------------------------------------

void World::start_intake(Intake& intake) {
    intake.core = std::make_unique<eeg_intake::BlockIntake>(eeg_intake::Dependencies{
        .journal = journal_,
        .directory = directory_,
        .clock = clock_,
        .random = ids_,
        .metrics = metrics_
    });
    intake.heart = std::make_unique<heart_intake::HeartIntake>(
        heart_intake::Dependencies{
            .journal = journal_,
            .directory = directory_,
            .clock = clock_,
            .random = ids_,
            .metrics = metrics_
        },
        64 // so few that repeats are forgotten too
    );
    intake.read = journal_.oldest() - 1;
    intake.knows_all = intake.read == 0;
    read_intake(intake, SIZE_MAX); // as the program does: it reads back before it opens its port
}

void World::read_intake(Intake& intake, std::size_t entries) {
    while (entries > 0) {
        const auto next =
            journal_.read(intake.read, {.entries = std::min<std::size_t>(entries, 1000)});
        must_be_kept(next);
        if (!next || next->empty()) {
            return;
        }
        intake.core->apply(*next);
        intake.heart->apply(*next);
        intake.read = next->back()->sequence;
        entries -= next->size();
    }
}

void World::send(bool conflict) {
    const auto at = pick(random_, streams_.size());
    auto& stream = streams_[at];
    if (stream.waits) {
        return;
    }
    const bool again = conflict || stream.todo.empty() || chance(random_, 10);
    const auto& known = conflict ? stream.written : stream.accepted;
    if (again && known.empty()) {
        return;
    }
    journal::SampleRange range;
    if (again) {
        range = known[pick(random_, known.size())];
    } else {
        range = stream.todo.front();
        stream.todo.pop_front();
    }
    submit(at, range, again, conflict);
}

void World::submit(std::size_t at, journal::SampleRange range, bool again, bool conflict) {
    auto& stream = streams_[at];
    note((conflict ? "conflicting " : again ? "again " : "send ") + name_of(stream, range));
    if (!again) {
        on_the_way_.emplace_back(at, range);
    }
    eeg_intake::Submission submission;
    (stream.by_device ? submission.device : submission.patient) =
        stream.by_device ? stream.device : stream.patient;
    submission.blocks.push_back(stream.block(range, conflict));
    submission.legacy = stream.isolated;
    auto& intake = intakes_[pick(random_, 2)];
    if (conflict) {
        // What was quarantined is given to its patient in the order of its times: of a conflict
        // that was let in, either could come first. So an intake must refuse it.
        const bool is_up_to_date = stream.by_device || chance(random_, 50);
        if (stream.by_device && !intake.knows_all) {
            return;
        }
        if (is_up_to_date) {
            read_intake(intake, SIZE_MAX);
        }
        const auto what = name_of(stream, range);
        const bool must_refuse = tried_.insert(what).second && is_up_to_date && intake.knows_all;
        intake.core->submit(std::move(submission), [this, what, must_refuse](auto outcomes) {
            conflict_answered(what, must_refuse, outcomes);
        });
    } else {
        intake.core->submit(std::move(submission), [this, at, range, again](auto outcomes) {
            if (!again) {
                answered(at, range, std::move(outcomes));
            }
        });
    }
}

void World::conflict_answered(const std::string& what, bool must_refuse, const Outcomes& outcomes) {
    if (outcomes && outcomes->front().status == v1::BlockResult::REFUSED) {
        ++refused_conflicts_;
        return;
    }
    if (outcomes && must_refuse) {
        throw Failure{"an intake that has read the journal did not refuse the conflict " + what};
    }
    // Taken by an intake that has not read so far, or perhaps taken: the detector must see it where
    // it was. Sent again to that intake it is a repeat of itself.
    let_in_.insert(what);
}

bool World::was_misled(const Stream& stream, journal::SampleRange range) const {
    return std::ranges::any_of(stream.written, [&](journal::SampleRange written) {
        return written.first < range.end && range.first < written.end &&
               let_in_.contains(name_of(stream, written));
    });
}

void World::answered(std::size_t at, journal::SampleRange range, Outcomes outcomes) {
    auto& stream = streams_[at];
    std::erase(on_the_way_, std::pair{at, range});
    if (!outcomes) {
        note(
            "not taken " + stream.key() + ' ' + std::to_string(range.first) + ": " +
            outcomes.error().detail
        );
        stream.todo.push_front(range);
        return;
    }
    const auto& outcome = outcomes->front();
    if (outcome.status == v1::BlockResult::REFUSED) {
        const bool early =
            outcome.error->field.ends_with("start_time_us"); // the server's clock is behind: later
        // An intake that let a conflict in before it had read the first samples takes those for the
        // right ones until it reads on.
        const bool misled = outcome.error->code == ErrorCode::conflict && was_misled(stream, range);
        if (!early && !misled) {
            throw Failure{
                "an honest block was refused: " + stream.key() + ' ' + outcome.error->field + ' ' +
                outcome.error->detail
            };
        }
        stream.todo.push_back(range);
        return;
    }
    stream.accepted.push_back(range);
    if (outcome.status == v1::BlockResult::ACCEPTED ||
        outcome.status == v1::BlockResult::QUARANTINED) {
        stream.written.push_back(range);
    }
}

} // namespace vigil::simulation
