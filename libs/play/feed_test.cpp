#include "play/feed.hpp"

#include "play/play_command.hpp"
#include "play/source_parts.hpp"
#include "signal/block_samples.hpp"
#include "signal/recording_test_files.hpp"
#include "vigil/v1/vitals.pb.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace vigil;
using namespace vigil::play;

namespace {

const UtcTime start = from_us(1'700'000'000'000'000);

/// Counts up in every channel; stops at its length.
class CountingSource final : public Source {
public:
    CountingSource(signal::Rate rate, std::uint64_t length, std::size_t channels = 1)
        : rate_(rate), length_(length) {
        for (std::size_t i = 0; i < channels; ++i) {
            channels_.push_back({.label = "C" + std::to_string(i), .unit = "uV"});
        }
    }

    [[nodiscard]] const std::vector<signal::RecordingChannel>& channels() const override {
        return channels_;
    }

    [[nodiscard]] signal::Rate rate() const override { return rate_; }

    [[nodiscard]] bool synthetic() const override { return false; }

    [[nodiscard]] std::uint64_t length() const override { return length_; }

    [[nodiscard]] Result<Stretch> next(std::uint64_t samples) override {
        const auto count = std::min(samples, length_ - at_);
        Stretch stretch{.first_sample = at_, .samples = count, .span = count};
        for (std::size_t c = 0; c < channels_.size(); ++c) {
            for (std::uint64_t i = 0; i < count; ++i) {
                stretch.channel_major.push_back(static_cast<std::int32_t>((at_ + i) % 1000));
            }
        }
        at_ += count;
        if (at_ == length_) {
            stretch.last = true;
            at_ = 0;
        }
        return stretch;
    }

private:
    signal::Rate rate_;
    std::uint64_t length_;
    std::uint64_t at_ = 0;
    std::vector<signal::RecordingChannel> channels_;
};

struct Sent {
    std::vector<v1::EegBlock> blocks;
    std::vector<v1::StreamEnd> ends;
    std::vector<v1::Vital> vitals;
    std::vector<v1::Beats> beats;
    std::vector<std::string> windows;
    std::vector<std::string> hearts;

    void add(const std::vector<Item>& items) {
        for (const auto& item : items) {
            v1::EegBlockBatch batch;
            v1::VitalBatch values;
            switch (item.kind) {
                case Kind::eeg_block:
                    REQUIRE(batch.ParseFromString(item.body));
                    REQUIRE(batch.blocks_size() == 1);
                    CHECK(batch.blocks(0).first_sample() == item.first_sample);
                    blocks.push_back(batch.blocks(0));
                    break;
                case Kind::stream_end:
                    REQUIRE(ends.emplace_back().ParseFromString(item.body));
                    break;
                case Kind::vital:
                    REQUIRE(values.ParseFromString(item.body));
                    vitals.push_back(values.vitals(0));
                    break;
                case Kind::beats:
                    REQUIRE(beats.emplace_back().ParseFromString(item.body));
                    break;
                case Kind::legacy_window:
                    windows.push_back(item.body);
                    break;
                case Kind::legacy_heart:
                    hearts.push_back(item.body);
                    break;
            }
        }
    }
};

Sent play_all(Feed& feed, int most_blocks) {
    Sent sent;
    for (int i = 0; i < most_blocks && !feed.finished(); ++i) {
        sent.add(feed.next().value());
    }
    sent.add(feed.finish());
    return sent;
}

PlayedPatient ward_patient(unsigned index) {
    PlayOptions options;
    std::vector<std::string> notes;
    return open_patients(options, notes).value().at(index);
}

std::filesystem::path data_folder() {
    const char* folder = std::getenv("VIGIL_DATA");
    return folder == nullptr ? std::filesystem::path{} : std::filesystem::path(folder);
}

} // namespace

TEST_CASE("blocks follow each other by index and time, also at a rate that is no whole number") {
    const PlayOptions options{
        .signal_kind = v1::EegBlock::SCALP,
        .reference = v1::EegBlock::BIPOLAR,
        .duration_s = 30
    };
    for (const unsigned patient : {0U, 2U}) {
        Feed feed(ward_patient(patient), options, patient, "run", start);
        const auto sent = play_all(feed, 1000);
        REQUIRE(sent.blocks.size() == 120);
        std::uint64_t next = 0;
        for (const auto& block : sent.blocks) {
            CHECK(block.first_sample() == next);
            CHECK(block.synthetic());
            CHECK(block.signal_kind() == v1::EegBlock::SCALP);
            CHECK(block.reference() == v1::EegBlock::BIPOLAR);
            const double rate =
                static_cast<double>(block.rate_numerator()) / block.rate_denominator();
            const double at_us = static_cast<double>(next) / rate * 1e6;
            CHECK(std::abs(static_cast<double>(block.start_time_us() - to_us(start)) - at_us) <= 1);
            CHECK(
                signal::block_samples(block).value().size() ==
                block.samples() * static_cast<std::size_t>(block.channels_size())
            );
            next += block.samples();
        }
        CHECK(next == (patient == 0 ? 7680U : 5208U));
        REQUIRE(sent.ends.size() == 1);
        CHECK(sent.ends[0].end_sample() == next);
        CHECK(sent.ends[0].stream() == "run-1");
        CHECK(sent.ends[0].device() == "play.ward-" + std::to_string(patient + 1));
    }
}

TEST_CASE("the heart is sent once a second and as an unbroken chain of beats") {
    Feed feed(ward_patient(0), PlayOptions{.duration_s = 60}, 0, "run", start);
    const auto sent = play_all(feed, 1000);
    CHECK(sent.vitals.size() >= 55);
    for (const auto& vital : sent.vitals) {
        CHECK(vital.name() == "heart_rate");
        CHECK(vital.unit() == "/min");
        CHECK(vital.value() > 50);
        CHECK(vital.value() < 150);
        CHECK(vital.start_time_us() <= to_us(start) + 60'000'000);
    }
    std::uint64_t next = 0;
    std::int64_t end_us = 0;
    for (const auto& beats : sent.beats) {
        CHECK(beats.first_beat() == next);
        CHECK((next == 0 || std::abs(beats.start_time_us() - end_us) <= 20));
        next += static_cast<std::uint64_t>(beats.rr_us_size());
        end_us = beats.start_time_us();
        for (const auto rr : beats.rr_us()) {
            end_us += rr;
        }
    }
    CHECK(next >= 50);
}

TEST_CASE("a recording that ends begins again as a new stream, and its time goes on") {
    PlayedPatient patient{
        .id = "p",
        .source = std::make_shared<CountingSource>(signal::Rate{100, 1}, 130)
    };
    Feed feed(patient, PlayOptions{.duration_s = 3}, 0, "run", start);
    const auto sent = play_all(feed, 100);
    REQUIRE(sent.ends.size() == 3);
    CHECK(sent.ends[0].end_sample() == 130);
    CHECK(sent.ends[2].end_sample() == 40);
    CHECK(sent.ends[2].stream() == "run-3");
    for (const auto& block : sent.blocks) {
        const auto number = block.stream().back() - '1';
        CHECK(
            block.start_time_us() == to_us(start) + number * 1'300'000 +
                                         static_cast<std::int64_t>(block.first_sample()) * 10'000
        );
        CHECK(
            signal::block_samples(block).value().front() ==
            static_cast<std::int32_t>(block.first_sample())
        );
    }
}

TEST_CASE("played once, a recording ends with its last sample") {
    PlayedPatient patient{
        .id = "p",
        .source = std::make_shared<CountingSource>(signal::Rate{100, 1}, 130)
    };
    Feed feed(patient, PlayOptions{.once = true}, 0, "run", start);
    const auto sent = play_all(feed, 100);
    REQUIRE(sent.ends.size() == 1);
    CHECK(sent.ends[0].end_sample() == 130);
    CHECK(sent.blocks.back().samples() == 5);
}

TEST_CASE("a block that would be over 512 KiB is sent as several") {
    PlayedPatient patient{
        .id = "p",
        .source = std::make_shared<CountingSource>(signal::Rate{4000, 1}, 100'000, 256)
    };
    Feed feed(
        patient,
        PlayOptions{.block = std::chrono::milliseconds{1000}, .duration_s = 1},
        0,
        "run",
        start
    );
    const auto sent = play_all(feed, 2);
    CHECK(sent.blocks.size() > 1);
    std::uint64_t samples = 0;
    for (const auto& block : sent.blocks) {
        CHECK(block.data().size() <= 512U << 10U);
        samples += block.samples();
    }
    CHECK(samples == 4000);
}

TEST_CASE(
    "in the old contract windows of 178 integers are made at 173.61 Hz, with the time of their "
    "first"
) {
    PlayedPatient patient{
        .id = "p",
        .source = std::make_shared<CountingSource>(signal::Rate{17361, 100}, 100'000)
    };
    Feed same(patient, PlayOptions{.duration_s = 11, .legacy = true}, 0, "run", start);
    const auto sent = play_all(same, 1000);
    REQUIRE(sent.windows.size() == 10);
    CHECK(sent.blocks.empty());
    CHECK(sent.ends.empty());
    CHECK(sent.windows[0].starts_with(R"({"fk_user":"1","eeg_data":[0,1,2,)"));
    CHECK(sent.windows[0].ends_with(R"(,176,177],"register_timestamp":"2023-11-14 22:13:20"})"));
    CHECK(sent.windows[1].starts_with(R"({"fk_user":"1","eeg_data":[178,)"));
    CHECK(sent.windows[9].ends_with(R"("2023-11-14 22:13:29"})"));

    Feed other(
        ward_patient(0),
        PlayOptions{.duration_s = 11, .legacy = true, .legacy_first_user = 7},
        0,
        "run",
        start
    );
    const auto resampled = play_all(other, 1000);
    CHECK(resampled.windows.size() == 10);
    CHECK(resampled.windows[0].starts_with(R"({"fk_user":"7",)"));
    CHECK(resampled.hearts.size() >= 8);
    CHECK(resampled.hearts[0].starts_with(
        R"({"data":{"metrics":[{"name":"heart_rate","units":"count/min","data":[{"date":"2023-11-14 22:13:)"
    ));
    Feed second(ward_patient(1), PlayOptions{.duration_s = 11, .legacy = true}, 1, "run", start);
    CHECK(play_all(second, 1000).hearts.empty());
}

TEST_CASE("the keys file is read strictly") {
    std::istringstream good("# keys\n\nward-1 abc\n  ward-2\tdef\n");
    const auto keys = read_keys(good).value();
    CHECK(keys.size() == 2);
    CHECK(keys.at("ward-2") == "def");
    for (const char* text : {"ward-1", "ward-1 a b", "ward-1 a\nward-1 b"}) {
        std::istringstream bad(text);
        CHECK_FALSE(read_keys(bad).has_value());
    }
}

TEST_CASE("a folder without recordings, or none, is named") {
    PlayOptions options{.recordings = "/nowhere/at/all"};
    std::vector<std::string> notes;
    CHECK(open_patients(options, notes).error().code == ErrorCode::not_found);
    const auto folder = std::filesystem::temp_directory_path() / "vigil_play_feed_test";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "broken.edf") << "no header";
    options.recordings = folder.string();
    CHECK(open_patients(options, notes).error().code == ErrorCode::not_found);
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].starts_with("broken.edf is left out: "));
    std::filesystem::remove_all(folder);
}

TEST_CASE("a recording whose header says that it is synthetic is sent as synthetic") {
    std::string pattern = (std::filesystem::temp_directory_path() / "vigil-feed-XXXXXX").string();
    const std::filesystem::path folder = ::mkdtemp(pattern.data());
    for (const bool synthetic : {false, true}) {
        signal::test::EdfFile file{
            .recording = synthetic ? "Startdate X X X synthetic" : "Startdate X X X X",
        };
        for (int record = 0; record < 2; ++record) {
            file.data.push_back(signal::test::ramp(0, 4) + signal::test::ramp(0, 4));
        }
        std::ofstream(folder / (synthetic ? "made.edf" : "patient.edf")) << file.bytes();
    }
    std::vector<std::string> notes;
    const PlayOptions options{.recordings = folder.string(), .once = true};
    const auto patients = open_patients(options, notes).value();
    std::filesystem::remove_all(folder);
    REQUIRE(patients.size() == 2);
    for (const auto& patient : patients) {
        CAPTURE(patient.id);
        CHECK(patient.synthetic == (patient.id == "made"));
        Feed feed(patient, PlayOptions{.duration_s = 2}, 0, "run", start);
        const auto sent = play_all(feed, 100);
        REQUIRE_FALSE(sent.blocks.empty());
        CHECK(sent.blocks[0].synthetic() == patient.synthetic);
    }
}

TEST_CASE("real recordings are played whole, each a patient, from the second that was asked for") {
    if (data_folder().empty()) {
        SKIP("VIGIL_DATA is not set");
    }
    std::vector<std::string> notes;
    PlayOptions options{
        .recordings = (data_folder() / "chbmit").string(),
        .start_s = 2985,
        .once = true
    };
    const auto scalp = open_patients(options, notes).value();
    const auto edf = std::ranges::find(scalp, "chb01_03_from_2995s", &PlayedPatient::id);
    REQUIRE(edf != scalp.end());
    CHECK(edf->source->channels().size() == 23);
    CHECK(edf->source->length() == 41 * 256); // not longer than 2985 s: from its beginning

    options = {.recordings = (data_folder() / "heart").string(), .start_s = 60, .once = true};
    const auto hearts = open_patients(options, notes).value();
    const auto record = std::ranges::find(hearts, "100", &PlayedPatient::id);
    REQUIRE(record != hearts.end());
    CHECK(record->source->length() == 650'000 - 60 * 360);
    Feed feed(*record, PlayOptions{.duration_s = 60}, 0, "run", start);
    const auto sent = play_all(feed, 1000);
    CHECK(sent.blocks.size() == 240);
    std::size_t beats = 0;
    for (const auto& run : sent.beats) {
        beats += static_cast<std::size_t>(run.rr_us_size());
    }
    CHECK(beats > 65);
    CHECK(beats < 85);
    REQUIRE_FALSE(sent.vitals.empty());
    CHECK(sent.vitals.back().value() == Catch::Approx(75).margin(12));

    std::vector<std::string> none;
    options = {.recordings = (data_folder() / "bonn" / "setE").string()};
    const auto bonn = open_patients(options, none).value();
    CHECK(bonn.size() == 80);
    CHECK(none.empty());
    CHECK(bonn[0].source->rate() == signal::Rate{17361, 100});
}
