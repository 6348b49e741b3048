// Intake, journal, detector, records and ward in one thread over in-memory ports, and what goes
// wrong between them. Everything follows from the seed.
#pragma once

#include "access/directory.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "detector/core.hpp"
#include "detector/shards.hpp"
#include "eeg_intake/block_intake.hpp"
#include "heart_intake/vital_intake.hpp"
#include "journal/memory_journal.hpp"
#include "records/core.hpp"
#include "records/releaser.hpp"
#include "simulation/plan.hpp"
#include "simulation/shown.hpp"
#include "simulation/tiny_scorer.hpp"
#include "store/memory_store.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace vigil::simulation {

struct Failure {
    std::string what;
};

/// So that worlds of some seconds have events.
inline constexpr detect::EventParameters event_parameters{
    .smoothed_windows = 2,
    .minimum_us = 2'000'000,
    .end_after_us = 2'000'000,
    .prolonged_us = 5'000'000,
};

struct Settings {
    std::chrono::seconds memory{30
    }; // after so much silence the detector forgets a stream's samples
    std::uint64_t checkpoint_entries = 5000; // between two checkpoints of the detector
};

class World {
public:
    World(std::uint64_t seed, Settings settings);

    /// Lives through `steps` steps with faults, then lets everything finish without.
    /// errors  throws Failure
    void live(std::size_t steps);

    // What the checks read.
    [[nodiscard]] journal::MemoryJournal& journal() { return journal_; }

    [[nodiscard]] store::MemoryStore& store() { return store_; }

    [[nodiscard]] const records::Core& records() const { return *records_; }

    [[nodiscard]] const std::vector<Stream>& streams() const { return streams_; }

    [[nodiscard]] const Shown& shown() const { return *shown_; }

    [[nodiscard]] const std::vector<Heart>& hearts() const { return hearts_; }

    /// Every entry that the journal ever held, also those that were freed.
    [[nodiscard]] std::vector<journal::StoredPtr> history();

    /// What all pages showed, each of them once, and what came before the first page's end.
    [[nodiscard]] const Shown::Samples& seen_on_pages() const { return seen_on_pages_; }

    [[nodiscard]] std::uint64_t freed() const { return freed_.size(); }

    /// Conflicts that no intake refused, by stream and first sample.
    [[nodiscard]] const std::multiset<std::string>& let_in() const { return let_in_; }

    [[nodiscard]] const std::vector<std::string>& trace() const { return trace_; }

    [[nodiscard]] Engine& random() { return random_; }

    /// Takeovers that found a checkpoint.
    [[nodiscard]] std::size_t begun_from_checkpoints() const { return begun_from_checkpoints_; }

    /// Whether the detector fell behind in it.
    [[nodiscard]] bool fell_behind() const { return fell_behind_; }

    [[nodiscard]] std::size_t refused_owners() const { return refused_owners_; }

    /// Of these, owners of a process that had stood still and went on.
    [[nodiscard]] std::size_t refused_after_a_pause() const { return refused_after_a_pause_; }

    /// Whether several processes owned a part of the partitions each at the same time.
    [[nodiscard]] bool was_shared() const { return was_shared_; }

    /// Shards that began to be owned as the leases said.
    [[nodiscard]] std::size_t leased_takeovers() const { return leased_takeovers_; }

    /// Times that an owner was given entries which it had read before.
    [[nodiscard]] std::size_t redelivered() const { return redelivered_; }

    [[nodiscard]] std::size_t refused_conflicts() const { return refused_conflicts_; }

    [[nodiscard]] const Settings& settings() const { return settings_; }

    static constexpr std::uint32_t partitions = 4;

private:
    struct Intake {
        std::unique_ptr<eeg_intake::BlockIntake> core;
        std::unique_ptr<heart_intake::HeartIntake> heart;
        journal::Sequence read = 0;
        bool knows_all = true; // it has read the journal from its first entry on
    };

    /// Of one shard in one process, while it is the owner or believes so.
    struct Owner {
        std::size_t process = 0;
        std::uint32_t shard = 0;
        std::unique_ptr<detector::Core> core = {};
        std::optional<journal::Batch> batch = {
        }; // made and not appended: the owner paused, or must try again
        bool waiting = false; // appended, no answer yet
        std::uint64_t epoch = 0;
        bool in_doubt = false; // must take over again to know
        bool wanted = false;   // by a lease
        bool refused = false;  // since then
        std::uint64_t life = 0;
    };

    /// A process with an owner for each shard; in worlds with leases these say of which.
    struct Process {
        bool paused = false;
        bool was_paused = false;
        std::unique_ptr<journal::Membership> membership = {};
        std::unique_ptr<detector::ShardKeeper> keeper = {};
    };

    class LeasedOwner;

    void step();
    void note(std::string what);

    void send(bool conflict);
    void submit(std::size_t stream, journal::SampleRange range, bool again, bool conflict);
    using Outcomes = Result<std::vector<eeg_intake::BlockOutcome>>;
    void answered(std::size_t stream, journal::SampleRange range, Outcomes outcomes);
    [[nodiscard]] bool was_misled(const Stream& stream, journal::SampleRange range) const;
    void conflict_answered(const std::string& what, bool must_refuse, const Outcomes& outcomes);
    void send_vitals(Heart& heart, std::size_t first, std::size_t count);
    void send_some_vitals();
    void send_beats(Heart& heart);
    [[nodiscard]] bool hearts_are_sent() const;
    void finish_hearts();
    void start_intake(Intake& intake);
    void read_intake(Intake& intake, std::size_t entries);

    void make_processes();
    void start_process(std::size_t number);
    [[nodiscard]] Owner& owner(std::size_t process, std::uint32_t shard);
    [[nodiscard]] Owner& some_owner();
    /// All shards of one process.
    [[nodiscard]] std::span<Owner> owners_of(std::size_t process);
    void stop(Owner& owner);
    void refuse(Owner& owner);
    void look_at_leases();
    void pause_or_wake();
    void take_over(Owner& owner);
    void take_over_again(Owner& owner);
    void run_owner(Owner& owner, std::size_t entries);
    bool tell_time(Owner& owner);
    void append(Owner& owner);
    void answered(Owner& owner, const Result<journal::Appended>& result);
    void work_off(std::size_t process);
    [[nodiscard]] std::optional<journal::Sequence> owners_need();

    void
    write(v1::EntryType type, const std::string& patient, std::string key, std::string payload);
    void set_alarms(const std::string& patient, bool are_on);
    [[nodiscard]] std::optional<v1::Alarm> some_alarm();
    void act();
    void say_what_is_wrong(const std::string& patient);
    void staff();
    void be_quiet();
    void fall_behind();
    void calm_down();
    void score(std::size_t process);
    void must_have_told(const std::string& patient, journal::Sequence after, UtcTime behind);
    /// Puts the device of a stream on its patient, from ever on.
    void assign(const Stream& stream);

    void start_records();
    void read_records(std::size_t entries);
    void flush_records();
    /// Whether something was given to a patient.
    bool release_quarantine();

    void open_page();
    void free_journal();

    void disturb_journal();
    void step_clock();
    void crash_all();
    void finish();
    [[nodiscard]] bool all_sent() const;

    std::vector<std::string> trace_;
    Settings settings_;
    Engine random_;
    SeededRandom ids_;
    ManualClock clock_{epoch + std::chrono::minutes{1}};
    Microseconds stepped_{0};
    Metrics metrics_;
    journal::MemoryJournal journal_;
    store::MemoryStore store_;
    access::Directory directory_;
    TinyScorer scorer_;
    bool conflicts_; // in half of the worlds
    bool frees_;     // not where a conflict could take the place of what was freed
    std::vector<Stream> streams_;
    std::vector<Heart> hearts_;
    std::array<Intake, 2> intakes_;
    std::uint32_t shards_;                     // of which each has owners of its own
    bool has_leases_;                          // else anybody takes over at any time
    std::vector<Owner> owners_;                // by process, then shard
    std::vector<std::uint64_t> newest_epochs_; // by shard
    journal::MemoryLeases leases_;
    std::vector<Process> processes_; // after the owners that they stop
    std::size_t lives_ = 0;          // of all processes
    std::unique_ptr<records::Core> records_;
    std::unique_ptr<Shown> shown_;
    std::vector<std::pair<std::size_t, journal::SampleRange>> on_the_way_;
    std::vector<std::pair<Heart*, journal::SampleRange>> beats_on_the_way_;
    std::vector<journal::StoredPtr> freed_;
    Shown::Samples seen_on_pages_; // of pages that were closed
    std::set<std::string> tried_;  // conflicts that were sent at least once
    std::multiset<std::string> let_in_;
    std::uint64_t epochs_ = 0;
    bool holding_ = false;
    bool fell_behind_ = false;
    std::size_t begun_from_checkpoints_ = 0;
    std::size_t refused_owners_ = 0;
    std::size_t refused_after_a_pause_ = 0;
    std::size_t leased_takeovers_ = 0;
    std::size_t redelivered_ = 0;
    bool was_shared_ = false;
    std::size_t refused_conflicts_ = 0;
    bool faults_ = true;
};

/// errors  throws Failure: entries were freed that this reader had not read
void must_be_kept(const Result<std::vector<journal::StoredPtr>>& read);

/// What a world had for the checks.
struct Checked {
    std::size_t detections = 0;
    std::size_t events = 0;
    std::size_t heart_changes = 0;
    std::map<v1::Alarm::Condition, std::size_t> alarms; // that were raised
};

/// Everything that must hold when a world has finished. errors  throws Failure
Checked check(World& world);

} // namespace vigil::simulation
