#include "play/play.hpp"

#include "play/feed.hpp"
#include "play/lane.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <format>
#include <mutex>
#include <queue>
#include <thread>

namespace vigil::play {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds report_every{200};
constexpr unsigned most_live_connections = 16;
constexpr unsigned most_sockets = 512; // each has a thread of its own in the client

class Player {
public:
    Player(const PlayOptions& options, Tally& tally, std::function<void(const PlaySummary&)> report)
        : options_(options),
          tally_(tally),
          report_(std::move(report)),
          budget_{.limit = options.memory_bytes} {}

    Result<void> prepare(std::vector<PlayedPatient> patients, UtcTime now, const std::string& run);
    void play(const std::stop_token& stop);
    void finish(bool stopped);
    [[nodiscard]] PlaySummary summary() const;

private:
    struct Due {
        steady_clock::time_point at;
        std::size_t patient;

        friend bool operator>(const Due& a, const Due& b) { return a.at > b.at; }
    };

    [[nodiscard]] Result<std::optional<SpoolFile>>
    open_spool(const std::string& patient, const char* ending, std::size_t patients) const;
    void start_lanes(std::uint64_t seed);
    void take_turn(std::size_t patient);
    void push(std::size_t patient, std::vector<Item> items);
    void play_in_time(const std::stop_token& stop);
    void play_at_once(const std::stop_token& stop);
    [[nodiscard]] steady_clock::time_point due(std::size_t patient) const;
    bool wait(steady_clock::time_point until, const std::stop_token& stop);
    void tell(bool now = false);
    [[nodiscard]] std::uint64_t undelivered() const;

    const PlayOptions& options_;
    Tally& tally_;
    std::function<void(const PlaySummary&)> report_;
    MemoryBudget budget_;
    std::vector<std::unique_ptr<Feed>> feeds_;
    std::deque<Box> boxes_;
    std::vector<std::unique_ptr<LaneWorker>> live_;
    std::vector<std::unique_ptr<LaneWorker>> backfill_;
    steady_clock::time_point begin_;
    steady_clock::time_point next_report_;
    std::mutex mutex_;
    std::condition_variable_any never_;
    std::vector<std::string> notes_;
    std::uint64_t homeless_ = 0;
};

/// Where the first sample lies in time: now, or before it where samples are made faster than they
/// pass.
Microseconds head_start(const PlayOptions& options) {
    const double ahead = options.speed <= 0 ? 1 : 1 - 1 / std::max(1.0, options.speed);
    return std::chrono::duration_cast<Microseconds>(
        std::chrono::duration<double>(options.duration_s * ahead)
    );
}

/// A file of the patient in the spool folder; nothing where there is no folder.
Result<std::optional<SpoolFile>>
Player::open_spool(const std::string& patient, const char* ending, std::size_t patients) const {
    if (options_.spool_folder.empty()) {
        return std::nullopt;
    }
    return SpoolFile::open(
        std::filesystem::path(options_.spool_folder) / (patient + ending),
        options_.spool_bytes / patients / 2 // there are two files
    );
}

Result<void>
Player::prepare(std::vector<PlayedPatient> patients, UtcTime now, const std::string& run) {
    const auto phase =
        options_.block / static_cast<double>(std::max<std::size_t>(1, patients.size()));
    for (std::size_t i = 0; i < patients.size(); ++i) {
        const auto key = options_.keys.find(patients[i].id);
        if (!options_.legacy && key == options_.keys.end()) {
            return fail(
                ErrorCode::invalid_argument,
                std::format("there is no key for patient {}", patients[i].id),
                "keys"
            );
        }
        auto spool = open_spool(patients[i].id, ".spool", patients.size());
        auto aside = open_spool(patients[i].id, ".aside", patients.size());
        if (!spool || !aside) {
            return std::unexpected(spool ? aside.error() : spool.error());
        }
        boxes_.emplace_back(
            patients[i].id,
            options_.legacy ? std::string{} : key->second,
            options_.live_items,
            budget_,
            std::move(*spool),
            std::move(*aside)
        );
        const auto offset =
            std::chrono::duration_cast<Microseconds>(phase * static_cast<double>(i));
        feeds_.push_back(std::make_unique<Feed>(
            std::move(patients[i]),
            options_,
            static_cast<unsigned>(i),
            run,
            now - head_start(options_) + offset
        ));
    }
    start_lanes(std::hash<std::string>{}(run));
    return {};
}

void Player::start_lanes(std::uint64_t seed) {
    const auto patients = static_cast<unsigned>(boxes_.size());
    auto live = options_.live_connections != 0 ? options_.live_connections : most_live_connections;
    live = options_.websocket ? patients : std::min(live, patients);
    const auto backfill = std::clamp(options_.backfill_connections, 1U, patients);
    for (const auto lane : {Lane::live, Lane::backfill}) {
        auto& workers = lane == Lane::live ? live_ : backfill_;
        const auto count = lane == Lane::live ? live : backfill;
        for (unsigned worker = 0; worker < count; ++worker) {
            std::vector<Box*> mine;
            for (std::size_t i = worker; i < boxes_.size(); i += count) {
                mine.push_back(&boxes_[i]);
            }
            workers.push_back(
                std::make_unique<LaneWorker>(lane, options_, std::move(mine), tally_, ++seed)
            );
        }
    }
}

void Player::push(std::size_t patient, std::vector<Item> items) {
    if (items.empty()) {
        return;
    }
    const auto now = steady_clock::now();
    for (auto& item : items) {
        item.made = now;
        ++tally_.made;
        tally_.blocks += item.kind == Kind::eeg_block || item.kind == Kind::legacy_window ? 1 : 0;
        boxes_[patient].outbox.push(std::move(item));
    }
    live_[patient % live_.size()]->wake();
    backfill_[patient % backfill_.size()]->wake();
}

void Player::take_turn(std::size_t patient) {
    auto& feed = *feeds_[patient];
    auto items = feed.next();
    if (items) {
        push(patient, std::move(*items));
    } else {
        notes_.push_back(std::format("{}: {}", feed.patient(), items.error().detail));
    }
    if (!items || feed.finished()) {
        push(patient, feed.finish());
    }
}

steady_clock::time_point Player::due(std::size_t patient) const {
    // the patients of a ward follow each other within a block's time, so that they do not all fire
    // in the same instant
    const std::chrono::duration<double, std::milli> block = options_.block / options_.speed;
    const double blocks = static_cast<double>(feeds_[patient]->blocks_made() + 1) +
                          static_cast<double>(patient) / static_cast<double>(feeds_.size());
    return begin_ + std::chrono::duration_cast<steady_clock::duration>(block * blocks);
}

void Player::play(const std::stop_token& stop) {
    begin_ = steady_clock::now();
    next_report_ = begin_;
    if (options_.speed > 0) {
        play_in_time(stop);
    } else {
        play_at_once(stop);
    }
}

void Player::play_in_time(const std::stop_token& stop) {
    std::priority_queue<Due, std::vector<Due>, std::greater<>> order;
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
        if (!feeds_[i]->finished()) {
            order.push({.at = due(i), .patient = i});
        }
    }
    while (!order.empty()) {
        const auto next = order.top();
        if (!wait(next.at, stop)) {
            return;
        }
        order.pop();
        take_turn(next.patient);
        if (!feeds_[next.patient]->finished()) {
            order.push({.at = due(next.patient), .patient = next.patient});
        }
    }
}

void Player::play_at_once(const std::stop_token& stop) {
    for (bool all_finished = false; !all_finished && !stop.stop_requested();) {
        all_finished = true;
        bool moved = false;
        for (std::size_t i = 0; i < feeds_.size(); ++i) {
            if (feeds_[i]->finished()) {
                continue;
            }
            all_finished = false;
            // nothing is made that the live lane could not take: the server sets the pace
            if (boxes_[i].outbox.undelivered() < options_.live_items) {
                take_turn(i);
                moved = true;
            }
        }
        tell();
        if (!moved && !all_finished) {
            std::this_thread::sleep_for(std::chrono::microseconds{200});
        }
    }
}

/// False: a stop was requested.
bool Player::wait(steady_clock::time_point until, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto now = steady_clock::now();
        tell();
        if (now >= until) {
            return true;
        }
        std::unique_lock lock(mutex_);
        never_.wait_until(lock, stop, report_ ? std::min(until, next_report_) : until, [] {
            return false;
        });
    }
    return false;
}

void Player::tell(bool now) {
    if (report_ && (now || steady_clock::now() >= next_report_)) {
        next_report_ = steady_clock::now() + report_every;
        report_(summary());
    }
}

std::uint64_t Player::undelivered() const {
    std::uint64_t all = 0;
    for (const auto& box : boxes_) {
        all += box.outbox.undelivered();
    }
    return all;
}

void Player::finish(bool stopped) {
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
        if (!feeds_[i]->finished()) {
            push(i, feeds_[i]->finish());
        }
    }
    const auto until = steady_clock::now() + (stopped ? options_.drain / 10 : options_.drain);
    while (undelivered() > 0 && steady_clock::now() < until) {
        tell();
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    for (auto* workers : {&live_, &backfill_}) {
        for (const auto& worker : *workers) {
            worker->stop();
        }
    }
    live_.clear();
    backfill_.clear();
    for (auto& box : boxes_) {
        homeless_ += box.outbox.keep();
    }
    tell(true);
}

PlaySummary Player::summary() const {
    PlaySummary summary;
    summary.patients = feeds_.size();
    for (const auto& feed : feeds_) {
        const double played = static_cast<double>(feed->blocks_made()) *
                              static_cast<double>(options_.block.count()) / 1000;
        summary.played_s = std::max(summary.played_s, played);
    }
    summary.duration_s = options_.duration_s;
    summary.blocks = tally_.blocks;
    summary.made = tally_.made;
    summary.accepted = tally_.accepted;
    summary.accepted_blocks = tally_.accepted_blocks;
    summary.duplicates = tally_.duplicates;
    summary.refused = tally_.refused;
    summary.retries = tally_.retries;
    summary.backfilled = tally_.backfilled;
    summary.lost = homeless_;
    for (const auto& box : boxes_) {
        summary.lost += box.outbox.lost();
        summary.set_aside += box.outbox.kept_aside();
    }
    summary.waiting = undelivered() - homeless_;
    summary.acceptance_p50 = tally_.acceptance.quantile(0.5);
    summary.acceptance_p99 = tally_.acceptance.quantile(0.99);
    summary.age_p99 = tally_.age.quantile(0.99);
    summary.trouble = tally_.last_trouble();
    summary.notes = notes_;
    summary.aside = tally_.set_aside();
    return summary;
}

} // namespace

Result<void> check(const PlayOptions& options) {
    const auto wrong = [](const char* field, std::string detail) {
        return fail(ErrorCode::invalid_argument, std::move(detail), field);
    };
    if (options.block < std::chrono::milliseconds{20} || options.block > std::chrono::seconds{10}) {
        return wrong("block", "a block lasts 20 to 10000 milliseconds");
    }
    if (!(options.speed >= 0 && options.speed <= 1e6)) {
        return wrong("speed", "the speed is 0 (as fast as possible) to 1000000");
    }
    if ((options.speed == 0 || options.speed > 1) && options.duration_s <= 0) {
        return wrong(
            "duration",
            "faster than real time needs a duration: the last sample is to lie at the present, not "
            "in the future"
        );
    }
    if (options.recordings.empty() &&
        (options.ward.patients == 0 || options.ward.patients > 10'000)) {
        return wrong("patients", "a synthetic ward has 1 to 10000 patients");
    }
    if (options.recordings.empty() && options.ward.channels > 23) {
        return wrong("channels", "a synthetic patient has 1 to 23 channels");
    }
    if (options.websocket && options.legacy) {
        return wrong("websocket", "the old contract knows no WebSocket");
    }
    return {};
}

Result<PlaySummary> run(
    const PlayOptions& options,
    std::vector<PlayedPatient> patients,
    const Clock& clock,
    Random& random,
    std::stop_token stop,
    const std::function<void(const PlaySummary&)>& report
) {
    if (auto checked = check(options); !checked) {
        return std::unexpected(checked.error());
    }
    if (patients.empty()) {
        return fail(ErrorCode::invalid_argument, "there is no patient to play");
    }
    if (options.websocket && patients.size() > most_sockets) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("at most {} patients by WebSocket", most_sockets),
            "websocket"
        );
    }
    Tally tally;
    Player player(options, tally, report);
    // a run's streams must not be mistaken for another's, whatever the clock says
    const auto name = to_hex(random_id(random)).substr(0, 12);
    if (auto ready = player.prepare(std::move(patients), clock.utc(), name); !ready) {
        return std::unexpected(ready.error());
    }
    player.play(stop);
    player.finish(stop.stop_requested());
    return player.summary();
}

} // namespace vigil::play
