#include "recordings/edf_file.hpp"

#include "recordings/recording_file.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <iterator>

namespace vigil::recordings {

namespace {

namespace fs = std::filesystem;
using std::chrono::sys_days;
using namespace std::chrono_literals;

class Folder {
public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "vigil-edf-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }

    ~Folder() { fs::remove_all(path); }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path path;
};

EdfDescription description() {
    return {
        .labels = {"Fp1-F7", "F7-T7"},
        .rate_hz = 128,
        .scale_uv = 0.1,
        .start = sys_days{2000y / 2 / 3} + 4h + 5min + 6s,
        .patient_code = "a b",
        .patient_additional = "synthetic",
        .equipment = "vigil",
        .recording_additional = "made",
    };
}

std::vector<std::int16_t> second(int number) {
    std::vector<std::int16_t> samples(256);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i] = static_cast<std::int16_t>(1000 * number + static_cast<int>(i));
    }
    samples[0] = -32768;
    samples[1] = 32767;
    return samples;
}

std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("what is written as EDF+ is read back: samples, scale, start, labels, annotations") {
    const Folder folder;
    const auto path = folder.path / "x.edf";
    auto file = EdfFile::create(path, description());
    REQUIRE(file);
    for (int number = 0; number < 3; ++number) {
        auto samples = second(number);
        REQUIRE(file->write_second(samples));
    }
    REQUIRE(file->annotate(0.5, 1.25, "seizure"));
    REQUIRE(file->close());
    const auto recording = open_recording_file(path).value();
    const auto& info = recording->info();
    REQUIRE(info.channels.size() == 2);
    CHECK(info.channels[0].label == "Fp1-F7");
    CHECK(info.channels[1].unit == "uV");
    CHECK(info.channels[1].scale == Catch::Approx(0.1));
    CHECK(info.channels[1].offset == Catch::Approx(0).margin(1e-9));
    CHECK(info.rate == signal::Rate{128, 1});
    CHECK(info.samples == 384);
    CHECK(info.segments.size() == 1);
    CHECK(info.start == description().start);
    REQUIRE(info.annotations.size() == 1);
    CHECK(info.annotations[0].sample == 64);
    CHECK(info.annotations[0].duration_s == 1.25);
    CHECK(info.annotations[0].text == "seizure");
    const auto samples = recording->read(256, 128).value();
    const auto written = second(2);
    CHECK(std::equal(samples.begin(), samples.end(), written.begin(), written.end()));
    const auto header = bytes_of(path).substr(0, 200);
    CHECK(header.substr(8, 80).starts_with("a_b X X X synthetic "));
    CHECK(header.substr(88, 80).starts_with("Startdate 03-FEB-2000 X X vigil made "));
    CHECK(header.substr(192, 5) == "EDF+C");
}

TEST_CASE("a description that EDF cannot hold is refused") {
    const Folder folder;
    const auto refused = [&folder](auto change) {
        auto described = description();
        change(described);
        const auto made = EdfFile::create(folder.path / "x.edf", described);
        return !made && made.error().code == ErrorCode::invalid_argument;
    };
    CHECK(refused([](auto& d) { d.labels.clear(); }));
    CHECK(refused([](auto& d) { d.labels.assign(257, "x"); }));
    CHECK_FALSE(refused([](auto& d) { d.labels.assign(256, "x"); }));
    CHECK(refused([](auto& d) { d.labels[0] = ""; }));
    CHECK(refused([](auto& d) { d.labels[0] = std::string(17, 'x'); }));
    CHECK(refused([](auto& d) { d.labels[0] = "\xC2\xB5"; }));
    CHECK(refused([](auto& d) { d.patient_code = std::string(41, 'x'); }));
    CHECK(refused([](auto& d) { d.equipment = "a\nb"; }));
    CHECK(refused([](auto& d) { d.rate_hz = 0; }));
    CHECK(refused([](auto& d) { d.scale_uv = 0; }));
    CHECK(refused([](auto& d) { d.scale_uv = 100; }));
    CHECK(refused([](auto& d) { d.start = sys_days{1984y / 12 / 31}; }));
}

TEST_CASE("a second of another size, or more annotations than seconds, is refused") {
    const Folder folder;
    auto file = EdfFile::create(folder.path / "x.edf", description());
    REQUIRE(file);
    std::vector<std::int16_t> samples(255);
    CHECK(file->write_second(samples).error().detail.contains("256 samples, not 255"));
    CHECK_FALSE(file->annotate(0, 1, "too early"));
    samples.resize(256);
    REQUIRE(file->write_second(samples));
    CHECK_FALSE(file->annotate(-1, 1, "x"));
    CHECK_FALSE(file->annotate(0, 0, "x"));
    CHECK(file->annotate(0, 1, "x"));
    CHECK_FALSE(file->annotate(0, 1, "one too many"));
    CHECK(file->close());
}

TEST_CASE("a place that cannot be written, or is full, is an error with its name") {
    const auto nowhere = EdfFile::create("/proc/nowhere/x.edf", description());
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == ErrorCode::unavailable);
    CHECK(nowhere.error().detail.contains("/proc/nowhere/x.edf"));
    auto full = EdfFile::create("/dev/full", description());
    if (full) {
        auto samples = second(0);
        bool failed = false;
        for (int i = 0; i < 100 && !failed; ++i) {
            failed = !full->write_second(samples);
        }
        CHECK((failed || !full->close()));
    }
}

} // namespace vigil::recordings
