#include "detector/hearts.hpp"

#include "detector/test_ward.hpp"
#include "vigil/v1/vitals.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace vigil;
using namespace vigil::detector;

namespace {

constexpr std::uint32_t partition = 3;

v1::Entry with(v1::EntryType type, const std::string& patient, const auto& payload, UtcTime now) {
    v1::Entry entry;
    entry.set_type(type);
    entry.set_patient(patient);
    entry.set_partition(partition);
    entry.set_receipt_time_us(to_us(now));
    entry.set_payload(payload.SerializeAsString());
    entry.set_id(derived_id(entry.payload(), std::to_string(to_us(now))));
    return entry;
}

v1::Entry limits_entry(double tachycardia_bpm, UtcTime now) {
    v1::AlarmSettings settings;
    settings.set_patient("p1");
    settings.set_user("ada");
    settings.set_role(v1::StaffUser::CLINICIAN);
    settings.mutable_limits()->set_bradycardia_bpm(50);
    settings.mutable_limits()->set_tachycardia_bpm(tachycardia_bpm);
    settings.mutable_limits()->set_pause_s(3);
    return with(v1::ALARM_SETTINGS, "p1", settings, now);
}

/// A heart that beats 75 times a minute, 150 from beat 100 to 200, and 40 from beat 300 on.
class Heart {
public:
    [[nodiscard]] static std::uint32_t rr_us(std::uint64_t beat) {
        return beat < 100 || (beat >= 200 && beat < 300) ? 800'000
               : beat < 200                              ? 400'000
                                                         : 1'500'000;
    }

    /// The next so many beats, as soon as they are over.
    [[nodiscard]] v1::Beats next(std::size_t count) {
        v1::Beats beats;
        beats.set_device("strap");
        beats.set_stream("s1");
        beats.set_first_beat(beat_);
        beats.set_start_time_us(to_us(now));
        for (std::size_t i = 0; i < count; ++i, ++beat_) {
            beats.add_rr_us(rr_us(beat_));
            now += std::chrono::microseconds{rr_us(beat_)};
        }
        return beats;
    }

    UtcTime now = test_start;

private:
    std::uint64_t beat_ = 0;
};

class Watched {
public:
    explicit Watched(std::uint64_t checkpoint_entries = 1'000'000)
        : checkpoint_entries_(checkpoint_entries) {
        change_owner();
    }

    void put(v1::Entry entry) {
        ward.now = std::max(ward.now, from_us(entry.receipt_time_us()));
        ward.put(std::move(entry));
        REQUIRE_FALSE(ward.run(*core_, 10).has_value());
    }

    void change_owner() {
        core_ = std::make_unique<Core>(
            scorer_,
            CoreOptions{.epoch = ++epochs_, .checkpoint_entries = checkpoint_entries_}
        );
        REQUIRE(core_->take_over(ward.journal, ward.now).has_value());
        REQUIRE_FALSE(ward.run(*core_, 10).has_value());
    }

    void pass(int length_s) {
        for (int i = 0; i < length_s; ++i) {
            ward.pass_second(*core_);
        }
    }

    [[nodiscard]] std::vector<std::string> changes(bool are_settled) {
        std::vector<std::string> found;
        for (const auto& step : ward.steps()) {
            for (const auto& change : step.heart()) {
                if (change.settled() == are_settled) {
                    found.push_back(
                        v1::HeartChange::State_Name(change.state()) + ' ' +
                        v1::HeartChange::Kind_Name(change.kind()) + ' ' +
                        std::to_string(change.at_us()) + ' ' + std::to_string(change.value()) +
                        " limit " + std::to_string(change.limit())
                    );
                }
            }
        }
        return found;
    }

    Ward ward;

private:
    AmplitudeScorer scorer_;
    std::uint64_t checkpoint_entries_;
    std::uint64_t epochs_ = 0;
    std::unique_ptr<Core> core_;
};

void live(Watched& watched, Heart& heart, int entries) {
    for (int i = 0; i < entries; ++i) {
        const auto beats = heart.next(2);
        watched.put(with(v1::BEATS, "p1", beats, heart.now));
    }
}

} // namespace

TEST_CASE("beats become changes of the heart's state, told at once and settled later") {
    Watched watched;
    Heart heart;
    live(watched, heart, 60);
    auto told = watched.changes(false);
    REQUIRE(told.size() == 1);
    CHECK(told.front().starts_with("TACHYCARDIA BEGINS"));
    CHECK(told.front().ends_with("limit 120.000000"));
    CHECK(watched.changes(true).empty());
    live(watched, heart, 140);
    told = watched.changes(false);
    REQUIRE(told.size() == 3);
    CHECK(told[1].starts_with("TACHYCARDIA ENDS"));
    CHECK(told[2].starts_with("BRADYCARDIA BEGINS"));
    CHECK(watched.changes(true) == told);
    for (const auto& step : watched.ward.steps()) {
        for (const auto& change : step.heart()) {
            CHECK(change.patient() == "p1");
            CHECK(change.device() == "strap");
            CHECK(change.stream() == "s1");
            CHECK(change.cause().size() == 16);
        }
    }
}

TEST_CASE(
    "with other owners, from checkpoints or not, the changes are the same and each is told once"
) {
    Watched whole;
    Heart heart;
    live(whole, heart, 200);
    whole.pass(120);
    const auto told = whole.changes(false);
    REQUIRE(told.size() == 4); // the last one: nothing is known any more
    CHECK(told.back().starts_with("BRADYCARDIA LOST"));
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        Watched changed(seed % 3 == 0 ? 1'000'000 : 1 + random() % 30);
        Heart again;
        for (int i = 0; i < 200; ++i) {
            live(changed, again, 1);
            if (random() % 8 == 0) {
                changed.change_owner();
            }
        }
        changed.pass(50);
        changed.change_owner();
        changed.pass(70);
        CHECK(changed.changes(false) == told);
        CHECK(changed.changes(true) == whole.changes(true));
    }
}

TEST_CASE("a patient's own limits count, also for an owner that begins from a checkpoint") {
    for (const bool with_another_owner : {false, true}) {
        Watched watched(3);
        watched.put(limits_entry(160, test_start));
        Heart heart;
        for (int i = 0; i < 3; ++i) { // another patient's entries bring the checkpoint
            watched.put(with(v1::BEATS, "p2", heart.next(1), heart.now));
        }
        if (with_another_owner) {
            watched.change_owner();
        }
        Heart fast;
        live(watched, fast, 100);
        CHECK(watched.changes(false).empty()); // 150 a minute
        watched.put(limits_entry(140, fast.now));
        Heart late;
        late.now = fast.now + std::chrono::minutes{2};
        live(watched, late, 100);
        REQUIRE_FALSE(watched.changes(false).empty());
        CHECK(watched.changes(false).front().ends_with("limit 140.000000"));
    }
}

TEST_CASE("limits that no heart can have change nothing") {
    Watched watched;
    watched.put(limits_entry(1'000, test_start));
    Heart heart;
    live(watched, heart, 60);
    CHECK(watched.changes(false).size() == 1);
}

TEST_CASE("a rate from a device counts, one from a batch that came long after its time does not") {
    for (const bool is_batched : {false, true}) {
        Watched watched;
        v1::Vital vital;
        vital.set_name("heart_rate");
        vital.set_source("watch");
        vital.set_value(140);
        vital.set_start_time_us(to_us(test_start));
        vital.set_batched(is_batched);
        watched.put(with(v1::VITAL, "p1", vital, test_start));
        CHECK(watched.changes(false).size() == (is_batched ? 0 : 1));
    }
}

TEST_CASE("beyond the most sources the one that was silent longest is forgotten") {
    Hearts hearts;
    const auto beats_of = [](std::size_t device, std::uint64_t first) {
        v1::Beats beats;
        beats.set_device("d" + std::to_string(device));
        beats.set_stream("s");
        beats.set_first_beat(first);
        beats.set_start_time_us(to_us(test_start) + static_cast<std::int64_t>(first) * 400'000);
        for (int i = 0; i < 10; ++i) {
            beats.add_rr_us(400'000);
        }
        return with(v1::BEATS, "p1", beats, test_start);
    };
    for (std::size_t device = 0; device <= Hearts::most_sources; ++device) {
        CHECK(hearts.take(beats_of(device, 0), static_cast<std::int64_t>(device)).size() == 1);
    }
    // Device 1 is known, and its repeat no news; device 0 was forgotten.
    CHECK(hearts.take(beats_of(1, 0), 5'000).empty());
    CHECK(hearts.take(beats_of(0, 0), 5'001).size() == 1);
    v1::Step checkpoint;
    hearts.remember(checkpoint);
    CHECK(checkpoint.hearts_size() > 100);
    CHECK(checkpoint.hearts_size() < static_cast<int>(Hearts::most_sources));
    CHECK(checkpoint.ByteSizeLong() <= Hearts::most_memory_bytes + 10'000);
    Hearts other;
    other.load(checkpoint);
    CHECK(other.take(beats_of(1, 0), 5'002).empty());
}
