// A detector that reads on and scores nothing for a while, as where a model hangs: that must be
// said in time, and be over once it has caught up.
#include "alarm/conditions.hpp"
#include "simulation/world.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace vigil::simulation {

namespace {

using std::chrono::seconds;

constexpr seconds block_length{5};
/// alarm::LagWatch says nothing of a stream's first 35 s.
constexpr std::uint64_t scored_blocks = 10;
/// Behind by more than 5 s, a block and two windows from the third on; told 10 s later.
constexpr std::uint64_t blocks_until_behind = 3;

} // namespace

/// Nothing goes wrong from here on but what is asked for.
void World::calm_down() {
    journal_.release();
    holding_ = false;
    journal_.refuse_next({}, 0);
    journal_.doubt_next(0);
    clock_.step(-stepped_);
    stepped_ = Microseconds{0};
}

void World::score(std::size_t process) {
    work_off(process);
    for (auto& owner : owners_of(process)) {
        tell_time(owner);
    }
    work_off(process);
}

void World::fall_behind() {
    const auto found = std::ranges::find_if(streams_, &Stream::waits);
    if (found == streams_.end()) {
        return;
    }
    note("the detector will fall behind");
    auto& stream = *found;
    stream.waits = false;
    const bool had_faults = std::exchange(faults_, false);
    calm_down();
    set_alarms(stream.patient, true);
    v1::Patient known;
    known.set_id(stream.patient);
    known.set_monitoring(v1::Patient::ON);
    write(v1::PATIENT, stream.patient, "patient/" + stream.patient, known.SerializeAsString());
    processes_[0].paused = false;
    for (auto& owner : owners_of(0)) {
        take_over(owner);
    }
    score(0);
    const auto begin = journal_.newest();
    const auto at = static_cast<std::size_t>(found - streams_.begin());
    UtcTime behind{};
    for (std::uint64_t block = 0; block < Stream::long_blocks; ++block) {
        clock_.advance(block_length);
        const auto range = stream.todo.front();
        stream.todo.pop_front();
        on_the_way_.emplace_back(at, range);
        submit(at, range, false, false);
        if (block < scored_blocks) {
            score(0);
        } else {
            for (auto& owner : owners_of(0)) {
                tell_time(owner); // which is another thread's work than to score
            }
        }
        if (block == scored_blocks + blocks_until_behind - 1) {
            behind = clock_.utc();
        }
    }
    score(0);
    clock_.advance(seconds{1});
    score(0);
    must_have_told(stream.patient, begin, behind);
    fell_behind_ = true;
    faults_ = had_faults;
}

/// errors  throws Failure: the alarm came too early, too late or not at all, or is still there
void World::must_have_told(const std::string& patient, journal::Sequence after, UtcTime behind) {
    const auto delay = alarm::row_of(v1::Alarm::DETECTOR_BEHIND)->delay_us;
    const auto earliest = to_us(behind) + delay;
    const auto latest = earliest + Microseconds(block_length).count(); // a clock entry a block
    std::optional<v1::Alarm> raised;
    std::optional<v1::Alarm> newest;
    const auto entries = journal_.read(after, {.entries = 100'000, .bytes = 64 << 20});
    must_be_kept(entries);
    for (const auto& stored : entries.value()) {
        v1::Step step;
        if (stored->entry.type() != v1::STEP || !step.ParseFromString(stored->entry.payload())) {
            continue;
        }
        for (const auto& output : step.alarms()) {
            if (output.alarm().condition() == v1::Alarm::DETECTOR_BEHIND &&
                output.alarm().patient() == patient) {
                newest = output.alarm();
                raised = raised ? raised : newest;
            }
        }
    }
    if (!raised) {
        throw Failure{"the detector fell behind and nobody was told"};
    }
    if (raised->raised_us() < earliest || raised->raised_us() > latest) {
        throw Failure{std::format(
            "that the detector is behind was told {} ms after it was",
            (raised->raised_us() - to_us(behind)) / 1000
        )};
    }
    if (newest->state() != v1::Alarm::ENDED) {
        throw Failure{"the detector has caught up and is still said to be behind"};
    }
}

} // namespace vigil::simulation
