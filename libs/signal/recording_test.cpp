#include "signal/recording.hpp"

#include "base/time.hpp"
#include "signal/recording_test_files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace vigil::signal {
namespace {

using namespace test;
using Samples = std::vector<std::int32_t>;

const std::filesystem::path& needed_data() {
    static const std::filesystem::path folder = data_folder();
    if (folder.empty()) {
        SKIP("VIGIL_DATA is not set");
    }
    return folder;
}

// The header's checksum: the sum of a signal's samples, 16 bits of it. source  header(5)
std::int16_t checksum(const Samples& all, std::size_t channel, std::size_t samples) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(channel * samples);
    return static_cast<std::int16_t>(
        std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(samples), std::int64_t{0})
    );
}

} // namespace

TEST_CASE("CHB-MIT's EDF opens with 23 channels of 41 s and its scale") {
    const auto recording = open_file(needed_data() / "chbmit/chb01_03_from_2995s.edf").value();
    const RecordingInfo& info = recording->info();
    CHECK(info.name == "chb01_03_from_2995s");
    REQUIRE(info.channels.size() == 23);
    CHECK(info.rate == Rate{256, 1});
    CHECK(info.samples == 41 * 256);
    CHECK(info.segments == std::vector<RecordingSegment>{{0, 41 * 256}});
    CHECK(info.channels[0].label == "FP1-F7");
    CHECK(info.channels[14].label == "T8-P8");
    CHECK(info.channels[22].label == "T8-P8 (2)");
    CHECK(info.channels[0].unit == "uV");
    CHECK_THAT(info.channels[0].scale, Catch::Matchers::WithinRel(1600.0 / 4095, 1e-12));
    CHECK_THAT(info.channels[0].offset, Catch::Matchers::WithinRel(800.0 / 4095, 1e-9));
    CHECK(info.left_out.empty());
    CHECK(to_rfc3339(info.start.value()) == "2076-11-06T14:32:59.000000Z");
    // a piece equals the same piece of the whole, across the ends of records
    const Samples whole = recording->read(0, info.samples).value();
    const Samples piece = recording->read(200, 1000).value();
    for (std::size_t channel = 0; channel < 23; ++channel) {
        CHECK(std::equal(
            piece.begin() + channel * 1000,
            piece.begin() + (channel + 1) * 1000,
            whole.begin() + channel * info.samples + 200
        ));
    }
}

TEST_CASE("CHB-MIT's NumPy window has the values of the EDF, bit for bit") {
    const auto edf = open_file(needed_data() / "chbmit/chb01_03_from_2995s.edf").value();
    const auto npy = open_file(needed_data() / "chbmit/chb01_03_ictal.npy").value();
    CHECK(npy->info().notes.empty());
    CHECK(npy->info().samples == 2561);
    CHECK(npy->info().channels.size() == 23);
    CHECK_THAT(npy->info().channels[0].scale, Catch::Matchers::WithinRel(1600.0 / 4095, 1e-12));
    // index.csv: the window begins at 3006 s, the EDF at 2995 s
    CHECK(npy->read(0, 2561).value() == edf->read(11 * 256, 2561).value());
}

TEST_CASE("MIT-BIH record 100 has the samples and beats that its header and page tell") {
    const auto recording = open_file(needed_data() / "heart/100.hea").value();
    const RecordingInfo& info = recording->info();
    CHECK(info.samples == 650'000);
    CHECK(info.rate == Rate{360, 1});
    REQUIRE(info.channels.size() == 2);
    CHECK(info.channels[0].label == "MLII");
    CHECK(info.channels[1].label == "V5");
    CHECK(info.channels[0].unit == "uV");
    CHECK_THAT(info.channels[0].scale, Catch::Matchers::WithinRel(5.0, 1e-12)); // 200 a millivolt
    CHECK_THAT(info.channels[0].offset, Catch::Matchers::WithinRel(-5120.0, 1e-12));
    const Samples all = recording->read(0, info.samples).value();
    CHECK(all[0] == 995);
    CHECK(all[650'000] == 1011);
    CHECK(checksum(all, 0, 650'000) == -22131);
    CHECK(checksum(all, 1, 650'000) == 20052);
    CHECK(std::ranges::count_if(info.annotations, &RecordingAnnotation::beat) == 2273);
    CHECK(info.annotations.size() == 2274);
    CHECK(info.annotations[0].text == "+ (N");
    CHECK(info.annotations[1].sample == 77);
    // 33 atrial premature beats and one ventricular (the database's page of record 100)
    CHECK(std::ranges::count(info.annotations, "A", &RecordingAnnotation::text) == 33);
    CHECK(std::ranges::count(info.annotations, "V", &RecordingAnnotation::text) == 1);
    CHECK(info.annotations.back().sample < 650'000);
}

TEST_CASE("SeizeIT2's EDF+C opens as one channel of ECG") {
    const auto recording =
        open_file(needed_data() / "heart/sub-002_ses-01_task-szMonitoring_run-10_ecg.edf").value();
    const RecordingInfo& info = recording->info();
    REQUIRE(info.channels.size() == 1);
    CHECK(info.channels[0].label == "ECG SD");
    CHECK(info.channels[0].unit == "uV");
    CHECK(info.rate == Rate{256, 1});
    CHECK(info.samples == 6216 * 256);
    CHECK(recording->read(0, info.samples).has_value());
}

TEST_CASE("Bonn's text has 4,097 values at 173.61 Hz") {
    const auto recording = open_file(needed_data() / "bonn/setE/S001.txt").value();
    CHECK(recording->info().samples == 4097);
    CHECK(recording->info().rate == Rate{17361, 100});
    CHECK(recording->info().channels[0].scale == 1);
    CHECK(
        open_file(needed_data() / "bonn/setA/Z002.txt").value()->read(0, 4).value() ==
        Samples{-56, -50, -64, -91}
    );
}

TEST_CASE("an EDF+D keeps its gaps as gaps and its annotations in their places") {
    EdfFile file{
        .signals = {{.label = "Fp1-F7"}, {.label = "EDF Annotations", .samples = 20}},
        .kind = "EDF+D",
        .records = "3"
    };
    const auto record = [](int first, std::string lists) {
        return ramp(first, 4) + lists + std::string(40 - lists.size(), '\0');
    };
    using namespace std::string_literals;
    file.data = {
        record(
            0,
            "+0.5\x14\x14\0+1\x15"
            "2.5\x14seizure\x14\0"s
        ),
        record(4, "+1.5\x14\x14\0"s),
        record(
            8,
            "+10.5\x14\x14\0+11\x14"
            "awake\x14"
            "moved\x14\0"s
        ),
    };
    const auto recording = open_recording("gap.edf", file.bytes(), files({})).value();
    const RecordingInfo& info = recording->info();
    CHECK(info.channels.size() == 1);
    CHECK(info.rate == Rate{4, 1});
    CHECK(info.segments == std::vector<RecordingSegment>{{0, 8}, {40, 4}});
    CHECK(info.samples == 44);
    CHECK(to_rfc3339(info.start.value()) == "2026-11-24T12:30:05.500000Z");
    CHECK(recording->read(2, 4).value() == Samples{2, 3, 4, 5});
    CHECK(recording->read(40, 4).value() == Samples{8, 9, 10, 11});
    CHECK(recording->read(6, 4).error().code == ErrorCode::invalid_argument);
    CHECK(recording->read(20, 1).error().code == ErrorCode::invalid_argument);
    REQUIRE(info.annotations.size() == 3);
    CHECK(info.annotations[0].text == "seizure");
    CHECK(info.annotations[0].sample == 2);
    CHECK(info.annotations[0].duration_s == 2.5);
    CHECK(info.annotations[2].text == "moved");
    CHECK(info.annotations[2].sample == 42);
}

TEST_CASE("an EDF with several rates keeps the one of most signals and names the others") {
    EdfFile file{
        .signals =
            {{.label = "ECG", .samples = 8},
             {.label = "C3", .unit = "mV"},
             {.label = "-"},
             {.label = "C4"}},
        .records = "-1",
        .duration = "0.5"
    };
    file.data = {
        ramp(0, 8) + ramp(100, 4) + ramp(0, 4) + ramp(200, 4),
        ramp(8, 8) + ramp(104, 4) + ramp(0, 4) + ramp(204, 4)
    };
    const auto recording = open_recording("rates.EDF", file.bytes(), files({})).value();
    const RecordingInfo& info = recording->info();
    REQUIRE(info.channels.size() == 2);
    CHECK(info.channels[0].label == "C3");
    CHECK_THAT(info.channels[0].scale, Catch::Matchers::WithinRel(100.0, 1e-9)); // 0.1 mV in uV
    CHECK(info.rate == Rate{8, 1});
    CHECK(info.left_out.size() == 2);
    CHECK(info.left_out[0].starts_with("ECG: 16.0"));
    CHECK(recording->read(3, 2).value() == Samples{103, 104, 203, 204});
}

TEST_CASE("an EDF is synthetic where its header has the word, in either field and any case") {
    const auto synthetic = [](const std::string& patient, const std::string& recording) {
        EdfFile file{.patient = patient, .recording = recording};
        file.data = {ramp(0, 4) + ramp(0, 4), ramp(0, 4) + ramp(0, 4)};
        return open_recording("x.edf", file.bytes(), files({})).value()->info().synthetic;
    };
    const std::string none = "Startdate X X X X";
    CHECK_FALSE(synthetic("X X X X", none));
    CHECK(synthetic("p1 X X X synthetic", none));
    CHECK(synthetic("X X X Synthetic_17", none));
    CHECK(synthetic("X X X X", none + " SYNTHETIC"));
    CHECK(synthetic("synthetic", none));
    CHECK_FALSE(synthetic("X X X Synthetics", none));
    CHECK_FALSE(synthetic("X X X photosynthetic", none));
    // the word must not be made of two fields' ends
    CHECK_FALSE(synthetic(std::string(76, 'X') + "synt", "hetic"));
}

TEST_CASE("WFDB formats 16, 24, 32, 61 and 80, and several samples a frame, are read") {
    const auto open = [](const std::string& line, const std::string& data) {
        return open_recording("r.hea", "r 1 100 3\nr.dat " + line, files({{"r.dat", data}}))
            .value();
    };
    using namespace std::string_literals;
    CHECK(
        open("16 200", "\x01\x00\xff\xff\x00\x80"s)->read(0, 3).value() == Samples{1, -1, -32768}
    );
    CHECK(
        open("61 200", "\x00\x01\xff\xff\x80\x00"s)->read(0, 3).value() == Samples{1, -1, -32768}
    );
    CHECK(
        open("24 200", "\x01\x00\x00\xff\xff\xff\x00\x00\x80"s)->read(0, 3).value() ==
        Samples{1, -1, -8388608}
    );
    CHECK(
        open("32 200", "\x01\0\0\0\xff\xff\xff\xff\0\0\0\x80"s)->read(0, 3).value() ==
        Samples{1, -1, -2147483647 - 1}
    );
    CHECK(open("80 200", "\x81\x7f\x00"s)->read(0, 3).value() == Samples{1, -1, -128});
    CHECK(open("16+2 0", "ab\x01\x00\x02\x00\x03\x00"s)->read(0, 3).value() == Samples{1, 2, 3});
    const auto frames = open_recording(
                            "r.hea",
                            "# two rates\nr 2 100.5 2 10:20:30.5 24/11/2026\nr.dat 16x2 10(5)/uV "
                            "12 0 0 0 0 EEG Fz\nr.dat 16 200\n",
                            files({{"r.dat", ramp(1, 6)}})
    ).value();
    CHECK(frames->info().left_out.size() == 1);
    CHECK(frames->info().rate == Rate{201, 1});
    CHECK(frames->read(0, 4).value() == Samples{1, 2, 4, 5});
    CHECK(frames->info().channels[0].label == "EEG Fz");
    CHECK_THAT(frames->info().channels[0].offset, Catch::Matchers::WithinRel(-0.5, 1e-12));
    CHECK(to_rfc3339(frames->info().start.value()) == "2026-11-24T10:20:30.500000Z");
}

TEST_CASE("text and NumPy values keep their steps, and rounding is said") {
    const auto text =
        open_recording("a.txt", "1.25\r\n-3\n+0.5\n\n", files({}), {.rate = Rate{100, 1}}).value();
    CHECK(text->read(0, 3).value() == Samples{125, -300, 50});
    CHECK_THAT(text->info().channels[0].scale, Catch::Matchers::WithinRel(0.01, 1e-12));
    CHECK(text->info().rate == Rate{100, 1});

    const auto shorts =
        open_recording("b.npy", npy("<i2", "(2, 3)", ramp(-3, 6)), files({})).value();
    CHECK(shorts->info().channels.size() == 2);
    CHECK(shorts->read(1, 2).value() == Samples{-2, -1, 1, 2});

    const std::array<float, 3> values{1.23F, -7.77F, 0};
    std::string data(sizeof values, '\0');
    std::memcpy(data.data(), values.data(), sizeof values);
    const auto floats = open_recording("c.npy", npy("<f4", "(3,)", data), files({})).value();
    CHECK(floats->read(0, 3).value() == Samples{12, -78, 0});
    CHECK(floats->info().channels[0].scale == 0.1);
    CHECK(floats->info().notes.size() == 1);
}

} // namespace vigil::signal
