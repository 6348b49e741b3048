#include "signal/synthetic/ecg.hpp"

#include "signal/recording_test_files.hpp"
#include "signal/synthetic/noise.hpp"
#include "vigil/evaluate/ecg_record.hpp"
#include "vigil/evaluate/ecg_run.hpp"
#include "vigil/evaluate/test_folder.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::evaluate {

namespace {

namespace files = signal::test;
using Catch::Matchers::WithinAbs;

constexpr int rate_hz = 250;

/// Seven minutes at 70 a minute, in tenths of a microvolt, and its beats.
struct Heart {
    std::vector<std::int16_t> samples = {};
    std::vector<std::int64_t> beats = {};

    explicit Heart(double seconds = 420) {
        signal::SyntheticEcg source({.rate_hz = rate_hz, .seed = 3});
        signal::WhiteNoise hiss(1);
        for (const float uv : source.next(static_cast<std::size_t>(seconds * rate_hz))) {
            samples.push_back(static_cast<std::int16_t>(std::lround(10 * (uv + 5 * hiss.normal())))
            );
        }
        for (const std::int64_t beat : source.beats()) {
            if (beat < static_cast<std::int64_t>(samples.size())) {
                beats.push_back(beat);
            }
        }
    }

    [[nodiscard]] std::string bytes() const {
        std::string out;
        for (const std::int16_t sample : samples) {
            out += files::int16(sample);
        }
        return out;
    }
};

struct Mark {
    std::int64_t sample;
    int code = 1; // N
};

std::string word(unsigned code, unsigned data) {
    return files::int16(static_cast<std::int16_t>(static_cast<std::uint16_t>(code << 10U | data)));
}

std::string atr(const std::vector<Mark>& marks) {
    std::string out;
    std::int64_t now = 0;
    for (const auto& [sample, code] : marks) {
        const auto apart = static_cast<std::uint32_t>(sample - now);
        if (apart > 1023) {
            out += word(59, 0) + files::int16(static_cast<std::int16_t>(apart >> 16U)) +
                   files::int16(static_cast<std::int16_t>(apart & 0xffffU));
        }
        out += word(static_cast<unsigned>(code), apart > 1023 ? 0 : apart);
        now = sample;
    }
    return out + word(0, 0);
}

std::string atr(const std::vector<std::int64_t>& beats) {
    std::vector<Mark> marks;
    for (const std::int64_t beat : beats) {
        marks.push_back({beat});
    }
    return atr(marks);
}

void put_wfdb(const TestFolder& folder, const std::string& name, const Heart& heart) {
    folder.put(
        name + ".hea",
        std::format(
            "{0} 1 {1} {2}\n{0}.dat 16 10000(0)/mV 16 0 0 0 0 MLII\n",
            name,
            rate_hz,
            heart.samples.size()
        )
    );
    folder.put(name + ".dat", heart.bytes());
}

/// A second a record; `start_s` of each record where it is EDF+D.
std::string edf(const Heart& heart, const std::string& label) {
    const auto bytes = heart.bytes();
    files::EdfFile file{.signals = {{.label = label, .samples = rate_hz}}};
    for (std::size_t at = 0; at + 2 * rate_hz <= bytes.size(); at += 2 * rate_hz) {
        file.data.push_back(bytes.substr(at, 2 * rate_hz));
    }
    file.records = std::to_string(file.data.size());
    return file.bytes();
}

Result<EcgResults> run(const TestFolder& folder, const std::string& seeds = {}) {
    EcgOptions options{.folder = folder.path};
    if (!seeds.empty()) {
        options.noise_seeds = parse_seeds(seeds).value();
    }
    return evaluate_ecg(options, [](std::size_t, std::size_t, const std::string&, double) {});
}

signal::BeatCounts counts_of(const EcgResults& results, const std::string& name) {
    const auto at = std::ranges::find(results.records, name, &EcgRecord::name);
    REQUIRE(at != results.records.end());
    REQUIRE(at->counts);
    return *at->counts;
}

} // namespace

TEST_CASE("WFDB and EDF records with reference beats are compared, by EC57's rules") {
    const TestFolder folder;
    const Heart heart;
    put_wfdb(folder, "a", heart);
    folder.put("a.atr", atr(heart.beats));
    folder.put("b.edf", edf(heart, "EKG"));
    folder.put("b.atr", atr(heart.beats));
    folder.put("c.edf", edf(heart, "X1"));
    folder.put("c.edf.atr", atr(heart.beats));
    const auto results = run(folder).value();
    CHECK(results.left_out.empty());
    CHECK(results.remarks.empty());
    const auto expected = static_cast<std::uint64_t>(
        std::ranges::count_if(heart.beats, [](std::int64_t beat) { return beat >= 300 * rate_hz; })
    );
    for (const auto* name : {"a.hea", "b.edf", "c.edf"}) {
        const auto counts = counts_of(results, name);
        CHECK(counts.matched == expected);
        CHECK(counts.missed + counts.extra == 0);
    }
    const auto& record = results.records[0];
    CHECK(record.channel == "MLII");
    CHECK(record.rate_bpm.size() == 42);
    for (const auto& rate : record.rate_bpm) {
        REQUIRE(rate);
        CHECK_THAT(*rate, WithinAbs(70, 4));
    }
    const auto table = ecg_table(results);
    CHECK(table.contains(std::format("a.hea    {:>8} {:>6} {:>6}   100.00   100.00", expected, 0, 0)
    ));
    CHECK(table.contains("gross "));
    CHECK(table.contains("average "));
    CHECK(table.contains("within 150 ms, without the first 300 s"));
}

TEST_CASE("a record without reference beats, or that cannot be read, is named and the others go on"
) {
    const TestFolder folder;
    const Heart heart;
    put_wfdb(folder, "a", heart);
    put_wfdb(folder, "b", heart);
    folder.put("b.atr", "\x05"); // no whole word: no annotation
    put_wfdb(folder, "c", heart);
    folder.put("c.atr", word(59, 0)); // ends within an interval
    put_wfdb(folder, "d", heart);
    folder.put("d.dat", "short");
    folder.put("e.edf", edf(heart, "ECG"));
    put_wfdb(folder, "f", heart);
    folder.put("f.atr", atr(heart.beats));
    folder.put("g.edf", "no recording");
    folder.put("notes.txt", "no electrocardiogram");
    const auto results = run(folder).value();
    CHECK(results.counts().size() == 1);
    CHECK(counts_of(results, "f.hea").missed == 0);
    std::vector<std::string> names;
    for (const auto& one : results.left_out) {
        names.push_back(one.name);
    }
    CHECK(names == std::vector<std::string>{"a.hea", "b.hea", "c.hea", "d.hea", "e.edf", "g.edf"});
    CHECK(results.left_out[0].why == "there are no reference beats: no a.atr beside it");
    CHECK(results.left_out[1].why == "its annotations have no beat");
    CHECK(results.left_out[2].why.contains("within an interval"));
    CHECK(results.left_out[3].why.contains("cut short"));
    CHECK(results.left_out[4].why == "there are no reference beats: no e.atr beside it");
    CHECK(ecg_table(results).contains("LEFT OUT a.hea: there are no reference beats"));
    // what could be read has its rate all the same
    CHECK(results.records.size() == 4);
    CHECK(ecg_json(results).contains(R"("comparison":null)"));
}

TEST_CASE("a folder without an electrocardiogram is an error that says why") {
    const TestFolder folder;
    CHECK(run(folder).error().code == ErrorCode::not_found);
    folder.put("x.txt", "1\n2\n");
    CHECK(run(folder).error().detail.contains("no WFDB or EDF record"));
    folder.put("x.edf", "no recording");
    CHECK(run(folder).error().detail.contains("x.edf: "));
}

TEST_CASE("every beat of MIT-BIH record 100 after five minutes is found, and nothing else") {
    const auto data = files::data_folder();
    if (data.empty()) {
        SKIP("VIGIL_DATA is not set");
    }
    const TestFolder folder;
    for (const auto* name : {"100.hea", "100.dat", "100.atr"}) {
        std::filesystem::copy(data / "heart" / name, folder.path / name);
    }
    const auto results = run(folder).value();
    const auto counts = counts_of(results, "100.hea");
    CHECK(counts.matched == 1902);
    CHECK(counts.missed == 0);
    CHECK(counts.extra == 0);
    CHECK(results.records[0].unusable_share == 0);
    const auto table = ecg_table(results);
    CHECK(table.contains("100.hea      1902      0      0   100.00   100.00       0.00"));
}

TEST_CASE("beats in flutter and fibrillation of the reference count in neither list") {
    using signal::RecordingAnnotation;
    const auto mark = [](std::int64_t sample, std::string text, bool beat) {
        return RecordingAnnotation{.sample = sample, .text = std::move(text), .beat = beat};
    };
    const std::vector marked{
        mark(5, "+ (N", false),
        mark(300, "N", true),
        mark(100, "N", true), // files may go back
        mark(400, "[", false),
        mark(450, "!", true),
        mark(500, "]", false),
        mark(501, "V", true),
        mark(600, "[", false),
        mark(700, "N", true)
    };
    const auto reference = reference_beats(marked).value();
    CHECK(reference.beats == std::vector<std::int64_t>{100, 300, 501});
    REQUIRE(reference.excluded.size() == 2);
    CHECK(reference.excluded[0] == signal::SampleRange{400, 501});
    CHECK(reference.excluded[1].first == 600);
    CHECK(reference.excluded[1].end > 1'000'000'000'000); // to the end
    DetectedEcg detected;
    for (const std::int64_t at : {100, 300, 420, 460, 501, 640, 900}) {
        detected.beats.push_back({.sample = at});
    }
    const auto counts = compare(reference, detected, 100, {.learning_s = 0});
    CHECK(counts.matched == 3);
    CHECK(counts.missed == 0);
    CHECK(counts.extra == 0);
}

TEST_CASE("annotations with a time resolution of their own are refused, not misread") {
    const std::vector<signal::RecordingAnnotation> marked{
        {.sample = 0, .text = "\" ## time resolution: 1000"},
        {.sample = 100, .text = "N", .beat = true}
    };
    CHECK(reference_beats(marked).error().detail.contains("time resolution"));
    CHECK(reference_beats({}).error().detail.contains("no beat"));
}

TEST_CASE("which channel is the electrocardiogram") {
    signal::RecordingInfo info;
    const auto channels = [&info](std::initializer_list<std::pair<const char*, const char*>> all) {
        info.channels.clear();
        for (const auto& [label, unit] : all) {
            info.channels.push_back({.label = label, .unit = unit});
        }
    };
    channels({{"pressure", "mm[Hg]"}, {"V5", "uV"}, {"my ekg", "uV"}});
    CHECK(choose_ecg(info, false, {}) == 2);
    CHECK(choose_ecg(info, true, {"V5"}) == 1);
    CHECK_FALSE(choose_ecg(info, true, {"V9"}));
    CHECK_FALSE(choose_ecg(info, true, {"pressure"}));
    channels({{"pressure", "mm[Hg]"}, {"V5", "uV"}, {"MLII", "uV"}});
    CHECK(choose_ecg(info, true, {}) == 1);
    CHECK(choose_ecg(info, false, {}).error().detail.contains("--channels"));
    channels({{"pressure", "mm[Hg]"}, {"C3", "uV"}});
    CHECK(choose_ecg(info, false, {}) == 1);
    channels({{"ECG", "mm[Hg]"}});
    CHECK_FALSE(choose_ecg(info, true, {}));
}

TEST_CASE("a record no longer than what EC57 leaves out is remarked, and has no figures") {
    const TestFolder folder;
    const Heart heart(60);
    put_wfdb(folder, "a", heart);
    folder.put("a.atr", atr(heart.beats));
    const auto results = run(folder).value();
    REQUIRE(results.remarks.size() == 1);
    CHECK(results.remarks[0].why.contains("EC57"));
    CHECK_FALSE(counts_of(results, "a.hea").sensitivity());
    CHECK(ecg_json(results).contains(R"("gross_sensitivity":null)"));
    CHECK_FALSE(ecg_json(results).contains("nan"));
}

TEST_CASE("generated noise runs each kind, ratio and seed, and the figures are the runs'") {
    const TestFolder folder;
    const Heart heart;
    put_wfdb(folder, "a", heart);
    folder.put("a.atr", atr(heart.beats));
    const auto results = run(folder, "100-101").value();
    REQUIRE(results.noise.size() == 18);
    const auto figures = noise_figures(results.noise);
    REQUIRE(figures.size() == 9);
    CHECK(figures[0].runs == 2);
    CHECK(figures[0].reached()); // wander at 12 dB
    CHECK(figures[8].snr_db == 0);
    CHECK(figures[8].to_reach == 0.90);
    const auto table = ecg_table(results);
    CHECK(table.contains("electrode motion"));
    CHECK(table.contains("synthetic"));
    CHECK(ecg_json(results).contains(R"("noise":"muscle noise","snr_db":6,"seed":101)"));
}

TEST_CASE("one run that does not reach its aim is enough to say so") {
    std::vector<NoiseRun> runs(3, {.snr_db = 12, .counts = {.matched = 1000}});
    CHECK(noise_figures(runs)[0].reached());
    runs[1].counts = {.matched = 995, .missed = 5};
    CHECK(noise_figures(runs)[0].reached());
    runs[1].counts = {.matched = 994, .missed = 6};
    CHECK_FALSE(noise_figures(runs)[0].reached());
    runs[1].counts = {.matched = 994, .extra = 6};
    CHECK_FALSE(noise_figures(runs)[0].reached());
    runs[1].counts = {};
    CHECK_FALSE(noise_figures(runs)[0].reached());
    CHECK(noise_figures({}).empty());
}

TEST_CASE("seeds are one number or a range of at most a thousand") {
    CHECK(parse_seeds("7").value() == std::vector<std::uint64_t>{7});
    CHECK(parse_seeds("100-102").value() == std::vector<std::uint64_t>{100, 101, 102});
    CHECK(parse_seeds("1-1000")->size() == 1000);
    CHECK(parse_seeds("18446744073709551615").value().size() == 1);
    for (const auto* text :
         {"",
          "-",
          "1-",
          "-1",
          "2-1",
          "1-1001",
          "x",
          "1 ",
          "1-2-3",
          "18446744073709551616",
          "0-18446744073709551615"}) {
        CAPTURE(text);
        const auto seeds = parse_seeds(text);
        REQUIRE_FALSE(seeds);
        CHECK(seeds.error().field == "noise-seeds");
    }
}

TEST_CASE("a marked seizure is drawn over the rate, with the rate before and in it") {
    EcgRecord record{.name = "p", .duration_s = 900};
    record.rate_bpm.assign(90, 60.0);
    record.rate_bpm[40] = 130; // 400 to 410 s
    record.rate_bpm[46] = 150; // more than a minute after the end
    record.rate_bpm[5] = 200;  // more than 5 minutes before
    record.rate_bpm[20] = std::nullopt;
    record.unusable = {{380, 391}, {392, 393}, {394.5, 420}};
    const Event seizure{390, 395};
    const auto rate = rate_at(record, seizure);
    CHECK(rate.unusable_s == 2.5);
    CHECK(rate.before_bpm == 60);
    CHECK(rate.highest_bpm == 130);
    record.seizures.push_back(seizure);
    EcgResults results;
    results.records.push_back(record);
    const auto page = ecg_html(results);
    CHECK(page.contains("class=\"seizure\""));
    CHECK(page.contains("A demonstration, not a claim"));
    CHECK(page.contains("60 a minute on the mean of the 5 minutes before, up to 130 in it"));
    CHECK(ecg_table(results).contains("up to 130 in it"));
    // two lines, since nothing is known between
    const auto first = page.find("<polyline");
    REQUIRE(first != std::string::npos);
    CHECK(page.find("<polyline", first + 1) != std::string::npos);
    CHECK_FALSE(rate_at({}, seizure).before_bpm);
}

TEST_CASE("the page of electrocardiograms asks nothing of any other host and runs no script") {
    EcgResults results;
    results.records.push_back({.name = "<script src=//evil.example/x.js>", .channel = "<img src=x>"}
    );
    results.left_out.push_back({.name = "<iframe>", .why = "</ul>"});
    const auto page = ecg_html(results);
    for (const auto* word : {"<script", "<img", "<iframe", "http://", "https://", "<link"}) {
        CHECK_FALSE(page.contains(word));
    }
    CHECK(page.contains("default-src 'none'"));
}

} // namespace vigil::evaluate
