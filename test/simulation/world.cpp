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

} // namespace

World::World(std::uint64_t seed, Settings settings)
    : settings_(settings),
      random_(seed),
      ids_(seed ^ 0x5eedU),
      conflicts_(chance(random_, 50)),
      frees_(!conflicts_ || chance(random_, 30)),
      streams_(make_streams(random_, (!conflicts_ || !frees_) && chance(random_, 80))),
      shards_(1U << pick(random_, 3)),
      has_leases_(shards_ > 1 && chance(random_, 50)) {
    for (const auto* patient : {"p0", "p1"}) {
        hearts_.push_back(make_heart(random_, patient));
        if (chance(random_, 50)) {
            set_alarms(patient, true);
        }
    }
    if (chance(random_, 50)) {
        set_alarms({}, true); // Vigil's own
    }
    journal_.append({.entries = {partitions_entry()}, .fences = {}}, [](Result<journal::Appended>) {
    });
    if (!directory_.load(journal_)) {
        throw Failure{"the directory cannot be read"};
    }
    for (auto& intake : intakes_) {
        start_intake(intake);
    }
    start_records();
    open_page();
    make_processes();
}

void World::note(std::string what) {
    trace_.push_back(std::move(what));
}

void World::live(std::size_t steps) {
    for (std::size_t at = 0; at < steps; ++at) {
        // Now and then a quiet time, so that what is not added to is forgotten.
        clock_.advance(std::chrono::milliseconds{chance(random_, 3) ? 5000 : pick(random_, 200)});
        look_at_leases();
        pause_or_wake();
        step();
        if (at == steps / 2) {
            fall_behind();
        }
    }
    finish();
}

void World::step() {
    const auto what = pick(random_, 100);
    if (what < 36) {
        send(false);
    } else if (what < 39) {
        send(conflicts_);
    } else if (what < 41) {
        if (chance(random_, 30)) {
            assign(streams_[pick(random_, streams_.size())]);
        } else {
            staff();
        }
    } else if (what < 42) {
        send_some_vitals();
    } else if (what < 44) {
        send_beats(hearts_[pick(random_, hearts_.size())]);
    } else if (what < 51) {
        read_intake(intakes_[pick(random_, 2)], 1 + pick(random_, 20));
    } else if (what < 66) {
        for (auto& owner : owners_of(pick(random_, processes_.size()))) {
            run_owner(owner, 1 + pick(random_, 20));
        }
    } else if (what < 68) {
        for (auto& owner : owners_of(pick(random_, processes_.size()))) {
            tell_time(owner);
        }
    } else if (what < 72 && !has_leases_) {
        if (chance(random_, 50)) {
            take_over(some_owner());
        } else {
            for (auto& owner : owners_of(pick(random_, processes_.size()))) {
                take_over(owner);
            }
        }
    } else if (what < 80) {
        read_records(1 + pick(random_, 20));
    } else if (what < 83) {
        flush_records();
        if (chance(random_, 50)) {
            release_quarantine();
        }
    } else if (what < 84) {
        note("records restarts");
        start_records();
    } else if (what < 90) {
        shown_->look(journal_, 1 + pick(random_, 20), clock_.utc());
    } else if (what < 91) {
        note("ward restarts");
        open_page();
    } else if (what < 93) {
        free_journal();
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
    must_be_kept(next);
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

bool World::release_quarantine() {
    if (holding_) {
        return false; // it waits for the journal
    }
    auto released = records::Releaser(journal_, store_, directory_, clock_).release();
    if (!released) {
        if (released.error().code != ErrorCode::unavailable) {
            throw Failure{"a release failed: " + released.error().detail};
        }
        return false;
    }
    if (released->empty()) {
        return false;
    }
    note("released " + std::to_string(released->size()));
    records_->release(std::move(*released));
    return true;
}

// --- ward, and what no reader needs any more
// ------------------------------------------------------------------------------------------------------------

void World::open_page() {
    if (shown_) {
        for (const auto& [key, samples] : shown_->samples()) {
            seen_on_pages_[key].insert(samples);
        }
    }
    shown_ = std::make_unique<Shown>(journal_.oldest() - 1);
}

/// As records does: up to what every reader has, and the next owner of the detector need not read.
/// An owner that was overtaken and does not know it yet says so too.
void World::free_journal() {
    if (!frees_) {
        return;
    }
    if (chance(random_, 70)) { // else mostly one of them holds everything back
        for (auto& intake : intakes_) {
            read_intake(intake, SIZE_MAX);
        }
        shown_->look(journal_, SIZE_MAX, clock_.utc());
        read_records(SIZE_MAX);
        flush_records();
        for (auto& owner : owners_) {
            run_owner(owner, SIZE_MAX);
        }
    }
    const auto needed = owners_need();
    if (!needed) {
        return;
    }
    auto up_to = std::min({records_->stored_position(), shown_->read(), *needed});
    for (const auto& intake : intakes_) {
        up_to = std::min(up_to, intake.read);
    }
    while (journal_.oldest() <= up_to) {
        freed_.push_back(journal_.read(journal_.oldest() - 1, {.entries = 1}).value().front());
        if (!journal_.free_up_to(journal_.oldest())) {
            throw Failure{"the journal cannot be freed"};
        }
    }
    note("freed up to " + std::to_string(up_to));
}

std::vector<journal::StoredPtr> World::history() {
    auto all = freed_;
    while (true) {
        const auto after = all.empty() ? 0 : all.back()->sequence;
        const auto next = journal_.read(after, {.entries = 1000, .bytes = 64 << 20}).value();
        if (next.empty()) {
            return all;
        }
        all.insert(all.end(), next.begin(), next.end());
    }
}

void must_be_kept(const Result<std::vector<journal::StoredPtr>>& read) {
    if (!read && read.error().code == ErrorCode::not_found) {
        throw Failure{"entries were freed that a reader had not read"};
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
    for (auto& [heart, range] : beats_on_the_way_) {
        heart->todo.push_front(range);
    }
    beats_on_the_way_.clear();
    for (auto& intake : intakes_) {
        start_intake(intake);
    }
    make_processes();
    start_records();
    open_page();
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
    calm_down();
    store_.refuse_next({}, 0);
    for (auto& intake : intakes_) {
        start_intake(intake);
    }
    for (std::size_t sends = 0; !all_sent(); ++sends) {
        if (sends > 100'000) {
            throw Failure{"blocks remain that are never accepted"};
        }
        send(false);
    }
    finish_hearts();
    for (const auto& stream : streams_) {
        assign(stream);
    }
    do {
        read_records(SIZE_MAX);
        flush_records();
    } while (release_quarantine());
    for (const auto* patient : {"p0", "p1", ""}) {
        set_alarms(patient, false); // else time matters for ever
    }
    for (auto& process : processes_) {
        process.paused = false;
    }
    for (auto& owner : owners_of(0)) {
        if (owner.core == nullptr || owner.in_doubt || chance(random_, 50)) {
            take_over(owner);
        }
    }
    for (int round = 0; round < 2; ++round) {
        work_off(0);
        for (auto& owner : owners_of(0)) {
            if (!owner.core) { // it had been overtaken
                take_over(owner);
            }
        }
    }
    std::size_t rounds = 0;
    do { // until every sender has been silent for long
        if (++rounds > 1'000) {
            throw Failure{"something depends on time for ever"};
        }
        work_off(0);
        clock_.advance(std::chrono::seconds{5});
    } while (std::ranges::count_if(owners_of(0), [this](auto& one) { return tell_time(one); }) > 0);
    while (records_->position() < journal_.newest()) {
        read_records(1000);
    }
    flush_records();
    while (shown_->read() < journal_.newest()) {
        shown_->look(journal_, 1000, clock_.utc());
    }
}

} // namespace vigil::simulation
