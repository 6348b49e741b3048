// Reads what was written with this project's reader and with another program: Teunis van Beelen's
// EDFlib.
#include "signal/edf_writer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <edflib.h>

#include <filesystem>
#include <fstream>

namespace vigil::signal {

namespace {

constexpr UtcTime start =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::seconds{3723};

EdfPlan plan_of(std::size_t records) {
    return {
        .patient = "p1",
        .start = start,
        .synthetic = true,
        .rate = {.numerator = 256, .denominator = 1},
        .records = records,
        .channels =
            {
                {.label = "Fp1", .unit = "uV", .scale = 0.1953125},
                {.label = "O2", .unit = "uV", .scale = 1, .offset = 5},
            },
    };
}

std::int32_t sample(std::size_t channel, std::size_t index) {
    return static_cast<std::int32_t>((index * 7919 + channel * 13) % 65'536) - 32'768;
}

std::string written(EdfWriter& writer, std::size_t records, const std::vector<double>& onsets) {
    auto bytes = writer.header();
    const auto samples = writer.samples_per_record();
    for (std::size_t record = 0; record < records; ++record) {
        std::vector<std::int32_t> values;
        for (std::size_t channel = 0; channel < 2; ++channel) {
            for (std::size_t i = 0; i < samples; ++i) {
                values.push_back(sample(channel, record * samples + i));
            }
        }
        bytes += writer.record(onsets[record], values).value();
    }
    CHECK(bytes.size() == writer.file_bytes());
    return bytes;
}

} // namespace

TEST_CASE("what EdfWriter writes is what EDFlib reads, samples, scales and annotations") {
    auto plan = plan_of(3);
    plan.notes = {
        {.onset_s = 0.5, .duration_s = 1.25, .text = "seizure possible"},
        {.onset_s = 2, .duration_s = 0, .text = "second"},
        {.onset_s = 2.5, .duration_s = 0, .text = "third"},
        {.onset_s = 2.75, .duration_s = 0, .text = "fourth"}
    };
    auto writer = EdfWriter::open(plan).value();
    const auto file = std::filesystem::temp_directory_path() / "vigil_edf_writer_test.edf";
    std::ofstream(file, std::ios::binary) << written(writer, 3, {0, 1, 2});
    edf_hdr_struct header;
    REQUIRE(edfopen_file_readonly(file.c_str(), &header, EDFLIB_READ_ALL_ANNOTATIONS) == 0);
    CHECK(header.filetype == EDFLIB_FILETYPE_EDFPLUS);
    CHECK(header.edfsignals == 2);
    CHECK(std::string(header.patientcode).starts_with("p1"));
    CHECK((header.startdate_day == 24 && header.startdate_month == 11));
    CHECK((header.starttime_hour == 1 && header.starttime_minute == 2));
    REQUIRE(header.annotations_in_file == 4);
    edf_annotation_struct note;
    REQUIRE(edf_get_annotation(header.handle, 0, &note) == 0);
    CHECK(note.onset == 5'000'000); // EDFlib counts in 100 ns
    CHECK(note.duration_l == 12'500'000);
    CHECK(std::string(note.annotation) == "seizure possible");
    for (int channel = 0; channel < 2; ++channel) {
        const auto& theirs = header.signalparam[channel];
        const auto& ours = plan.channels[static_cast<std::size_t>(channel)];
        CHECK_THAT(
            theirs.phys_min,
            Catch::Matchers::WithinRel(-32768 * ours.scale + ours.offset, 1e-6)
        );
        std::vector<int> samples(768);
        REQUIRE(edfread_digital_samples(header.handle, channel, 768, samples.data()) == 768);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            REQUIRE(samples[i] == sample(static_cast<std::size_t>(channel), i));
        }
    }
    CHECK(edfclose_file(header.handle) == 0);
    std::filesystem::remove(file);
}

TEST_CASE("gaps, and that nobody was recorded, are in the file") {
    auto plan = plan_of(2);
    plan.discontinuous = true;
    auto writer = EdfWriter::open(plan).value();
    const auto recording = open_recording("gap.edf", written(writer, 2, {0.25, 4.25}), {}).value();
    CHECK(recording->info().synthetic);
    REQUIRE(recording->info().segments.size() == 2);
    CHECK(recording->info().segments[1].first - recording->info().segments[0].first == 1024);
    CHECK(recording->read(recording->info().segments[1].first, 1).value()[0] == sample(0, 256));
}

TEST_CASE("a rate that is no whole number keeps its rate") {
    auto plan = plan_of(2);
    plan.rate = {.numerator = 17361, .denominator = 100};
    auto writer = EdfWriter::open(plan).value();
    CHECK(writer.samples_per_record() == 174);
    const auto recording =
        open_recording("bonn.edf", written(writer, 2, {0, writer.record_seconds()}), {}).value();
    CHECK_THAT(recording->info().rate.hertz(), Catch::Matchers::WithinRel(173.61, 1e-5));
}

TEST_CASE("EdfWriter refuses what EDF cannot hold") {
    CHECK(!EdfWriter::open({}));
    auto scale = plan_of(1);
    scale.channels[0].scale = 1e9;
    CHECK(!EdfWriter::open(scale));
    auto many = plan_of(1);
    many.channels.resize(257, many.channels[0]);
    CHECK(!EdfWriter::open(many));
    auto writer = EdfWriter::open(plan_of(1)).value();
    std::vector<std::int32_t> values(512, 0);
    values[7] = 32'768;
    CHECK(!writer.record(0, values));
    values[7] = 0;
    CHECK(!writer.record(0, std::span(values).first(511)));
    CHECK(writer.record(0, values));
    CHECK(!writer.record(1, values));
}

} // namespace vigil::signal
