#include "simulation/world.hpp"

#include <algorithm>

namespace vigil::simulation {

namespace {

Error away(const char* what) {
    return fail(ErrorCode::unavailable, what, {}, {}, Retry::safe).error();
}

v1::Entry partitions_entry() {
    v1::Partitions partitions;
    partitions.set_epoch(1);
    partitions.set_count(World::partitions);
    v1::Entry entry;
    entry.set_id(derived_id("simulation", "partitions"));
    entry.set_type(v1::PARTITIONS);
    entry.set_schema_version(1);
    entry.set_key("partitions");
    entry.set_payload(partitions.SerializeAsString());
    return entry;
}

std::string name_of(const Stream& stream, journal::SampleRange range) {
    return stream.key() + ' ' + std::to_string(range.first) + '-' + std::to_string(range.end);
}

} // namespace

World::World(std::uint64_t seed, std::chrono::seconds memory)
    : memory_(memory),
      random_(seed),
      ids_(seed ^ 0x5eedU),
      conflicts_(chance(random_, 50)),
      streams_(make_streams(random_, !conflicts_)) {
    journal_.append({.entries = {partitions_entry()}, .fences = {}}, [](Result<journal::Appended>) {
    });
    if (!directory_.load(journal_)) {
        throw Failure{"the directory cannot be read"};
    }
    for (auto& intake : intakes_) {
        start_intake(intake);
    }
    start_records();
    shown_ = std::make_unique<Shown>();
}

void World::note(std::string what) {
    trace_.push_back(std::move(what));
}

void World::live(std::size_t steps) {
    for (std::size_t at = 0; at < steps; ++at) {
        clock_.advance(std::chrono::milliseconds{pick(random_, 200)});
        step();
    }
    finish();
}

void World::step() {
    const auto what = pick(random_, 100);
    if (what < 38) {
        send(false);
    } else if (what < 41) {
        send(conflicts_);
    } else if (what < 44) {
        send_vital();
    } else if (what < 52) {
        read_intake(intakes_[pick(random_, 2)], 1 + pick(random_, 20));
    } else if (what < 70) {
        run_owner(owners_[pick(random_, 2)], 1 + pick(random_, 20));
    } else if (what < 74) {
        take_over(owners_[pick(random_, 2)]);
    } else if (what < 82) {
        read_records(1 + pick(random_, 20));
    } else if (what < 85) {
        flush_records();
    } else if (what < 86) {
        note("records restarts");
        start_records();
    } else if (what < 92) {
        shown_->look(journal_, 1 + pick(random_, 20), clock_.utc());
    } else if (what < 93) {
        note("ward restarts");
        shown_ = std::make_unique<Shown>();
    } else if (what < 97) {
        disturb_journal();
    } else if (what < 98 || (stepped_ != Microseconds{0} && chance(random_, 3))) {
        step_clock();
    } else if (what < 99) {
        crash_all();
    } else {
        store_.refuse_next(away("the store's disk is full"), 1 + pick(random_, 3));
    }
}

// --- senders and intake
// -------------------------------------------------------------------------------------------------

void World::start_intake(Intake& intake) {
    intake.core = std::make_unique<eeg_intake::BlockIntake>(eeg_intake::Dependencies{
        .journal = journal_,
        .directory = directory_,
        .clock = clock_,
        .random = ids_,
        .metrics = metrics_
    });
    intake.read = 0;
    read_intake(intake, SIZE_MAX); // as the program does: it reads back before it opens its port
}

void World::read_intake(Intake& intake, std::size_t entries) {
    while (entries > 0) {
        const auto next =
            journal_.read(intake.read, {.entries = std::min<std::size_t>(entries, 1000)});
        if (!next || next->empty()) {
            return;
        }
        intake.core->apply(*next);
        intake.read = next->back()->sequence;
        entries -= next->size();
    }
}

void World::send(bool conflict) {
    const auto at = pick(random_, streams_.size());
    auto& stream = streams_[at];
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
    note((conflict ? "conflicting " : again ? "again " : "send ") + name_of(stream, range));
    if (!again) {
        on_the_way_.emplace_back(at, range);
    }
    eeg_intake::Submission submission;
    submission.patient = stream.patient;
    submission.blocks.push_back(stream.block(range, conflict));
    submission.legacy = stream.isolated;
    auto& intake = intakes_[pick(random_, 2)];
    if (conflict) {
        const bool is_up_to_date = chance(random_, 50);
        if (is_up_to_date) {
            read_intake(intake, SIZE_MAX);
        }
        const auto what = name_of(stream, range);
        const bool must_refuse = tried_.insert(what).second && is_up_to_date;
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
        if (!early) {
            throw Failure{
                "an honest block was refused: " + stream.key() + ' ' + outcome.error->field + ' ' +
                outcome.error->detail
            };
        }
        stream.todo.push_back(range);
        return;
    }
    stream.accepted.push_back(range);
    if (outcome.status == v1::BlockResult::ACCEPTED) {
        stream.written.push_back(range);
    }
}

void World::send_vital() {
    const auto time_us = to_us(epoch) + static_cast<std::int64_t>(pick(random_, 20)) * 1'000'000;
    const auto value = 60.0 + static_cast<double>(pick(random_, 40));
    v1::Vital vital;
    vital.set_name("heart_rate");
    vital.set_unit("/min");
    vital.set_value(value);
    vital.set_start_time_us(time_us);
    vital.set_source("watch");
    v1::Entry entry;
    entry.set_id(random_id(ids_));
    entry.set_type(v1::VITAL);
    entry.set_schema_version(1);
    entry.set_patient("p0");
    entry.set_partition(journal::partition_of("p0", partitions));
    entry.set_receipt_time_us(to_us(clock_.utc()));
    entry.set_payload(vital.SerializeAsString());
    note("vital " + std::to_string(time_us));
    journal_.append(
        {.entries = {std::move(entry)}, .fences = {}},
        [this, time_us, value](Result<journal::Appended> result) {
            if (result) {
                vitals_[time_us] = value;
            } else if (result.error().retry == Retry::in_doubt) {
                vitals_[time_us] = value; // MemoryJournal takes what it doubts
            }
        }
    );
}

// --- detector
// -----------------------------------------------------------------------------------------------------------

void World::take_over(Owner& owner) {
    if (holding_ || owner.waiting) {
        return; // taking over waits for the journal
    }
    note(&owner == &owners_.front() ? "A takes over" : "B takes over");
    detector::CoreOptions options;
    options.partitions = partitions;
    options.owner = &owner == &owners_.front() ? "a" : "b";
    options.epoch = ++epochs_;
    options.memory = memory_;
    auto core = std::make_unique<detector::Core>(scorer_, options);
    const auto taken = core->take_over(journal_, clock_.utc());
    owner.batch.reset();
    owner.in_doubt = false;
    owner.core = taken ? std::move(core) : nullptr;
}

void World::run_owner(Owner& owner, std::size_t entries) {
    if (owner.in_doubt) {
        take_over(owner);
    }
    if (!owner.core || owner.waiting || owner.in_doubt) {
        return;
    }
    if (!owner.batch) {
        const auto inputs = journal_.read(owner.core->position(), {.entries = entries});
        if (!inputs || inputs->empty()) {
            return;
        }
        auto batch = owner.core->step(*inputs, clock_.utc());
        if (batch.entries.empty()) {
            return;
        }
        owner.batch = std::move(batch);
        if (faults_ && chance(random_, 15)) {
            note("an owner pauses before its append");
            return;
        }
    }
    append(owner);
}

void World::append(Owner& owner) {
    note("an owner appends");
    owner.waiting = true;
    auto batch = *owner.batch;
    journal_.append(std::move(batch), [this, &owner](Result<journal::Appended> result) {
        owner.waiting = false;
        if (result) {
            owner.core->committed(*result);
            owner.batch.reset();
        } else if (result.error().code == ErrorCode::conflict) {
            note("an owner is refused");
            ++refused_owners_;
            owner.core.reset();
            owner.batch.reset();
        } else if (result.error().retry == Retry::in_doubt) {
            owner.in_doubt = true;
            owner.batch.reset();
        } // else it tries the same batch again
    });
}

// --- records
// ------------------------------------------------------------------------------------------------------------

void World::start_records() {
    records_ = std::make_unique<records::Core>(store_);
    if (!records_->load()) {
        throw Failure{"records cannot load"};
    }
}

void World::read_records(std::size_t entries) {
    const auto next = journal_.read(records_->position(), {.entries = entries});
    if (next) {
        records_->apply(*next);
    }
}

void World::flush_records() {
    note("flush");
    if (const auto flushed = records_->flush(clock_.steady());
        !flushed && flushed.error().code != ErrorCode::unavailable) {
        throw Failure{"a flush failed: " + flushed.error().detail + ' ' + flushed.error().cause};
    }
}

// --- what goes wrong
// ----------------------------------------------------------------------------------------------------

void World::disturb_journal() {
    switch (pick(random_, 4)) {
        case 0:
            note("the journal refuses");
            journal_.refuse_next(away("the journal's disk is full"), 1 + pick(random_, 3));
            break;
        case 1:
            note("the journal's answers are lost");
            journal_.doubt_next(1 + pick(random_, 2));
            break;
        case 2:
            note("the journal holds");
            journal_.hold();
            holding_ = true;
            break;
        default:
            note("the journal lets go");
            if (chance(random_, 50)) {
                journal_.release(1 + pick(random_, 3));
            } else {
                journal_.release();
                holding_ = false;
            }
    }
}

void World::step_clock() {
    // Mostly back to the right time: while it is wrong, every block may be refused as of the
    // future.
    const auto by = stepped_ != Microseconds{0} && chance(random_, 80)
                        ? std::chrono::floor<std::chrono::hours>(-stepped_)
                        : std::chrono::hours{chance(random_, 50) ? 1 : -1};
    note(by.count() > 0 ? "the clock is set an hour ahead" : "the clock is set an hour back");
    clock_.step(by);
    stepped_ += by;
}

void World::crash_all() {
    note("the process is killed");
    journal_.crash(pick(random_, journal_.waiting() + 1));
    holding_ = false;
    for (auto& [at, range] : on_the_way_) {
        streams_[at].todo.push_front(range);
    }
    on_the_way_.clear();
    for (auto& intake : intakes_) {
        start_intake(intake);
    }
    for (auto& owner : owners_) {
        owner = Owner{};
    }
    start_records();
    shown_ = std::make_unique<Shown>();
}

// --- the end
// ------------------------------------------------------------------------------------------------------------

bool World::all_sent() const {
    return on_the_way_.empty() &&
           std::ranges::all_of(streams_, [](const Stream& stream) { return stream.todo.empty(); });
}

void World::finish() {
    note("no more faults");
    faults_ = false;
    journal_.release();
    holding_ = false;
    journal_.refuse_next({}, 0);
    journal_.doubt_next(0);
    store_.refuse_next({}, 0);
    clock_.step(-stepped_);
    for (auto& intake : intakes_) {
        start_intake(intake);
    }
    for (std::size_t sends = 0; !all_sent(); ++sends) {
        if (sends > 100'000) {
            throw Failure{"blocks remain that are never accepted"};
        }
        send(false);
    }
    if (owners_[0].core == nullptr || owners_[0].in_doubt || chance(random_, 50)) {
        take_over(owners_[0]);
    }
    for (int round = 0; round < 2; ++round) {
        for (std::size_t steps = 0;
             owners_[0].core &&
             (owners_[0].batch || owners_[0].core->position() < journal_.newest());
             ++steps) {
            run_owner(owners_[0], 1000);
        }
        if (!owners_[0].core) { // it had been overtaken
            take_over(owners_[0]);
        }
    }
    while (records_->position() < journal_.newest()) {
        read_records(1000);
    }
    flush_records();
    while (shown_->read() < journal_.newest()) {
        shown_->look(journal_, 1000, clock_.utc());
    }
}

} // namespace vigil::simulation
