#include "signal/recording.hpp"
#include "signal/recording_test_files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <random>

namespace vigil::signal {
namespace {

using namespace test;

std::string
refusal(const std::string& name, std::string bytes, const FileLoader& loader = files({})) {
    const auto opened = open_recording(name, std::move(bytes), loader);
    return opened ? "opened" : opened.error().detail;
}

EdfFile good_edf() {
    EdfFile file;
    file.data = {ramp(0, 8), ramp(8, 8)};
    return file;
}

template <class Change>
std::string edf_refusal(Change change) {
    EdfFile file = good_edf();
    change(file);
    return refusal("x.edf", file.bytes());
}

std::string
wfdb_refusal(const std::string& header, const std::string& data = std::string(60, '\x01')) {
    return refusal("r.hea", header, files({{"r.dat", data}}));
}

} // namespace

TEST_CASE("a damaged EDF is refused with what is wrong") {
    CHECK(edf_refusal([](EdfFile&) {}) == "opened");
    CHECK(refusal("x.edf", "").contains("does not begin"));
    CHECK(refusal("x.edf", std::string(5000, 'x')).contains("does not begin"));
    CHECK(refusal("x.edf", good_edf().bytes().substr(0, 300)).contains("length"));
    CHECK(refusal("x.edf", good_edf().bytes().substr(0, 790)).contains("cut short"));
    CHECK(edf_refusal([](EdfFile& f) { f.records = "0"; }).contains("number of records"));
    CHECK(edf_refusal([](EdfFile& f) { f.records = "99999999"; }).contains("cut short"));
    CHECK(edf_refusal([](EdfFile& f) { f.records = "-7"; }).contains("number of records"));
    CHECK(edf_refusal([](EdfFile& f) { f.duration = "0"; }).contains("duration"));
    CHECK(edf_refusal([](EdfFile& f) { f.duration = "-1"; }).contains("duration"));
    CHECK(edf_refusal([](EdfFile& f) { f.duration = "nan"; }).contains("duration"));
    CHECK(edf_refusal([](EdfFile& f) { f.signals[1].samples = 0; }).contains("F7-T7"));
    CHECK(edf_refusal([](EdfFile& f) { f.signals[1].samples = 1'000'001; }).contains("F7-T7"));
    CHECK(edf_refusal([](EdfFile& f) { f.signals[1].digital_high = "-32768"; }).contains("empty"));
    CHECK(edf_refusal([](EdfFile& f) { f.signals[1].digital_high = "40000"; }).contains("16 bits"));
    CHECK(edf_refusal([](EdfFile& f) { f.signals[1].physical_low = "inf"; }).contains("not numbers")
    );
    CHECK(edf_refusal([](EdfFile& f) { f.signals[1].physical_high = "-3276.8"; }).contains("empty")
    );
    CHECK(edf_refusal([](EdfFile& f) { f.kind = "EDF+D"; }).contains("does not say when"));
    CHECK(edf_refusal([](EdfFile& f) { f.signals.clear(); }).contains("number of signals"));
    CHECK(edf_refusal([](EdfFile& f) { f.signals.assign(513, {.label = "a"}); }
    ).contains("1 to 512"));
    CHECK(edf_refusal([](EdfFile& f) { f.signals.assign(2, {.label = "EDF Annotations"}); }
    ).contains("no signals"));
    CHECK(edf_refusal([](EdfFile& f) {
              f.signals.assign(257, {.label = "a", .samples = 1});
              f.data = {ramp(0, 257), ramp(0, 257)};
          }).contains("more than 256"));
    // a date that does not exist costs the start, not the recording
    EdfFile undated = good_edf();
    undated.date = "31.02.26";
    CHECK_FALSE(
        open_recording("x.edf", undated.bytes(), files({})).value()->info().start.has_value()
    );
    // and bytes behind the last record are only noted
    CHECK(
        open_recording("x.edf", good_edf().bytes() + "tail", files({}))
            .value()
            ->info()
            .notes.size() == 1
    );
}

TEST_CASE("records of an EDF+D that overlap or lie absurdly late are refused") {
    EdfFile file{
        .signals = {{.label = "C3"}, {.label = "EDF Annotations", .samples = 10}},
        .kind = "EDF+D"
    };
    const auto record = [](std::string lists) {
        return ramp(0, 4) + lists + std::string(20 - lists.size(), '\0');
    };
    const auto with_second = [&](const std::string& onset) {
        file.data = {record("+0\x14\x14"), record(onset + "\x14\x14")};
        return refusal("x.edf", file.bytes());
    };
    CHECK(with_second("+1") == "opened");
    CHECK(with_second("+0.9") == "opened"); // less than a sample early: rounding
    CHECK(with_second("+0.5").contains("ends"));
    CHECK(with_second("-5").contains("ends"));
    CHECK(with_second("+1e300").contains("does not say when"));
    CHECK(with_second("+x").contains("does not say when"));
}

TEST_CASE("a damaged WFDB header is refused with what is wrong") {
    CHECK(wfdb_refusal("r 1 100 30\nr.dat 16 200") == "opened");
    CHECK(wfdb_refusal("").contains("empty"));
    CHECK(wfdb_refusal("r").contains("number of signals"));
    CHECK(wfdb_refusal("r 257 100").contains("1 to 256"));
    CHECK(wfdb_refusal("r/3 1 100").contains("several segments"));
    CHECK(wfdb_refusal("r 2 100\nr.dat 16 200").contains("describes fewer"));
    CHECK(wfdb_refusal("r 1 0\nr.dat 16 200").contains("frequency"));
    CHECK(wfdb_refusal("r 1 1e9\nr.dat 16 200").contains("frequency"));
    CHECK(wfdb_refusal("r 1 100 -3\nr.dat 16 200").contains("number of samples"));
    CHECK(wfdb_refusal("r 1 100 31\nr.dat 16 200").contains("cut short"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 16x10001 200").contains("frame"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 8 200").contains("formats"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 16:5 200").contains("skewed"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 16+100 200").contains("shorter"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 16+-1 200").contains("offset"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 16 -200").contains("gain"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 16 1e-300").contains("gain"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 16 200(x)").contains("baseline"));
    CHECK(wfdb_refusal("r 1 100\nother.dat 16 200").contains("could not be read"));
    CHECK(wfdb_refusal("r 1 100\n../../etc/passwd 16 200").contains("beside the header"));
    CHECK(wfdb_refusal("r 2 100\nr.dat 16 200\nr.dat 212 200").contains("different formats"));
    CHECK(wfdb_refusal("r 1 100\nr.dat 16 200", "").contains("cut short"));
}

TEST_CASE("a damaged WFDB annotator is refused with what is wrong") {
    const auto with = [](const std::string& annotations) {
        return refusal(
            "r.hea",
            "r 1 100\nr.dat 16 200",
            files({{"r.dat", "abcd"}, {"r.atr", annotations}})
        );
    };
    using namespace std::string_literals;
    CHECK(with("") == "opened");
    CHECK(with("\x05\x04\x00\x00"s) == "opened");
    CHECK(with("\x00\xec\x01"s).contains("within an interval"));
    CHECK(with("\x00\xec\xff\xff\xff\xff"s).contains("before the record"));
    CHECK(with("\xff\xff"s).contains("within a note"));
}

TEST_CASE("damaged text and NumPy files are refused with what is wrong") {
    CHECK(refusal("a.txt", "").contains("no values"));
    CHECK(refusal("a.txt", "1\n\n2").contains("line 2"));
    CHECK(refusal("a.txt", "1\nnan\n").contains("line 2"));
    CHECK(refusal("a.txt", "1 2\n").contains("line 1"));
    CHECK(refusal("a.txt", "1e3\n").contains("line 1"));
    CHECK(refusal("a.txt", "0.1234567\n").contains("line 1"));
    CHECK(refusal("a.txt", "8388607\n") == "opened");
    CHECK(refusal("a.txt", "8388608\n").contains("24 bits"));
    CHECK(refusal("a.txt", std::string(300, '9')).contains("24 bits"));
    CHECK(refusal("a.txt", std::string(400, '9')).contains("line 1"));
    CHECK(refusal("a.npy", "").contains("mark"));
    CHECK(refusal("a.npy", npy("<f8", "(1,)", "12345678")).contains("float32"));
    CHECK(refusal("a.npy", npy("<i2", "(2,)", "abcd", "True")).contains("C order"));
    CHECK(refusal("a.npy", npy("<i2", "(3,)", "abcd")).contains("length"));
    CHECK(refusal("a.npy", npy("<i2", "(1, 1, 2)", "abcd")).contains("shape"));
    CHECK(refusal("a.npy", npy("<i2", "()", "")).contains("shape"));
    CHECK(refusal("a.npy", npy("<i2", "(0,)", "")).contains("shape"));
    CHECK(refusal("a.npy", npy("<i2", "(1099511627776, 1099511627776)", "")).contains("channels"));
    CHECK(refusal("a.npy", npy("<i2", "(257, 1)", std::string(514, 'a'))).contains("257"));
    CHECK(refusal("a.npy", npy("<i2", "(256, 1)", std::string(512, 'a'))) == "opened");
    CHECK(refusal("a.npy", npy("<f4", "(1,)", std::string("\x00\x00\xc0\x7f", 4)))
              .contains("not finite"));
    CHECK(refusal("a.npy", npy("<f4", "(1,)", std::string("\x00\x00\x00\x7f", 4))).contains("838"));
    std::string cut = npy("<i2", "(2,)", "abcd");
    CHECK(refusal("a.npy", cut.substr(0, 60)).contains("header"));
}

TEST_CASE("only the known endings open") {
    CHECK(refusal("a.pdf", "x").contains("a.pdf"));
    CHECK(refusal("a", "x").contains(".edf"));
    CHECK(refusal("100.dat", "x").contains(".hea"));
    const RecordingOptions zero{.rate = Rate{0, 1}};
    CHECK_FALSE(open_recording("a.txt", "1", files({}), zero).has_value());
}

} // namespace vigil::signal
