#include "vigil/evaluate/run.hpp"

#include "signal/recording_test_files.hpp"
#include "vigil/evaluate/dataset.hpp"
#include "vigil/evaluate/test_folder.hpp"
#include "vigil/evaluate/window_models.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace vigil::evaluate {

namespace {

namespace fs = std::filesystem;
namespace files = signal::test;

std::string table(const std::string& rows) {
    return "onset\tduration\teventType\trecordingDuration\n" + rows;
}

/// 20 s of one channel at 64 Hz whose mean amplitude is 1000 uV in the last 10 s.
std::string loud_late(const std::string& recording_field = "Startdate X X X X") {
    files::EdfFile file{
        .signals = {{.label = "F3", .samples = 64}},
        .recording = recording_field,
        .records = "20",
    };
    for (int second = 0; second < 20; ++second) {
        std::string bytes;
        for (int i = 0; i < 64; ++i) {
            const int level = second < 10 ? 10 : 10'000;
            bytes += files::int16(static_cast<std::int16_t>(i % 2 == 0 ? level : -level));
        }
        file.data.push_back(bytes);
    }
    return file.bytes();
}

/// 1 where the mean amplitude is at least 100 uV.
class LoudScorer final : public detect::Scorer {
public:
    [[nodiscard]] const detect::ModelCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> windows_uv) override {
        if (broken) {
            return fail(ErrorCode::internal, "the model failed");
        }
        std::vector<float> scores;
        for (std::size_t first = 0; first < windows_uv.size(); first += card_.samples) {
            const auto most = std::ranges::max(windows_uv.subspan(first, card_.samples));
            scores.push_back(most > 20 ? 1.0F : 0.0F);
        }
        return scores;
    }

    bool broken = false;

private:
    detect::ModelCard card_{
        .name = "loud",
        .version = "1",
        .sha256 = {},
        .input_name = {},
        .output_name = {},
        .samples = 64,
        .rate_numerator = 64,
        .rate_denominator = 1,
    };
};

Result<Results> run(const TestFolder& folder, const fs::path& events = {}, bool broken = false) {
    LoudScorer scorer;
    scorer.broken = broken;
    ScorerModel model(scorer);
    RunOptions options{.recordings = folder.path, .reference = folder.path, .write_events = events};
    options.score.parameters.smoothed_windows = 1;
    return evaluate_recordings(
        options,
        model,
        [](std::size_t, std::size_t, const std::string&, double) {}
    );
}

} // namespace

TEST_CASE("a reference is found as BIDS, as a table beside the file, or in a summary") {
    const TestFolder folder;
    folder.put("sub-01/ses-01/eeg/sub-01_ses-01_task-x_run-00_eeg.edf", "");
    folder.put("sub-01/ses-01/eeg/sub-01_ses-01_task-x_run-00_events.tsv", table("1\t2\tsz\t20\n"));
    folder.put("x.TXT", "");
    folder.put("x.tsv", table("3\t4\tsz_foc\tn/a\n5\t6\tbckg\tn/a\n"));
    folder.put("chb/chb07_01.edf", "");
    folder.put(
        "chb/chb07-summary.txt",
        "File Name: chb07_01.edf\nNumber of Seizures in File: 1\n"
        "Seizure Start Time: 7 seconds\nSeizure End Time: 9 seconds\n"
    );
    folder.put("chb/chb07_02.edf", "");
    folder.put("y.npy", "");
    folder.put("y_events.tsv", "no table");
    folder.put("participants.tsv", "participant_id\nsub-01\n");
    const auto cases = find_recordings(folder.path, folder.path).value();
    REQUIRE(cases.size() == 5);
    CHECK(cases[0].name == "chb/chb07_01.edf");
    CHECK(cases[0].patient == "chb07");
    CHECK(cases[0].reference->seizures == std::vector<Event>{{7, 9}});
    CHECK(cases[1].reference.error().detail.contains("chb07_02_events.tsv"));
    CHECK(cases[2].patient == "sub-01");
    CHECK(cases[2].reference->seizures == std::vector<Event>{{1, 3}});
    CHECK(cases[2].reference->recording_duration_s == 20.0);
    CHECK(cases[3].patient == "x");
    CHECK(cases[3].reference->seizures == std::vector<Event>{{3, 7}});
    CHECK(cases[4].reference.error().detail.contains("y_events.tsv: line 1"));
    CHECK_FALSE(find_recordings(folder.path / "nowhere", folder.path));
}

TEST_CASE("references may lie in another folder, in the same places") {
    const TestFolder folder;
    const TestFolder references;
    folder.put("a/x.edf", "");
    references.put("a/x_events.tsv", table("1\t2\tsz\t20\n"));
    const auto cases = find_recordings(folder.path, references.path).value();
    REQUIRE(cases.size() == 1);
    CHECK(cases[0].reference->seizures == std::vector<Event>{{1, 3}});
}

TEST_CASE("a recording without a reference, or that cannot be read, is named and the others go on"
) {
    const TestFolder folder;
    folder.put("a.edf", loud_late());
    folder.put("a.tsv", table("10\t10\tsz\t20\n"));
    folder.put("b.edf", loud_late());
    folder.put("c.edf", "this is no recording");
    folder.put("c.tsv", table("1\t2\tsz\t20\n"));
    const auto results = run(folder).value();
    REQUIRE(results.left_out.size() == 2);
    CHECK(results.left_out[0].name == "b.edf");
    CHECK(results.left_out[0].why.contains("no reference"));
    CHECK(results.left_out[1].name == "c.edf");
    REQUIRE(results.patients.size() == 1);
    CHECK(results.patients[0].tally.events.detected == 1);
    CHECK(results.patients[0].tally.events.false_alarms == 0);
    // raised once five seconds were loud
    CHECK(results.patients[0].tally.latencies_s.at(0) >= 4);
    CHECK(results.patients[0].tally.latencies_s.at(0) <= 6);
}

TEST_CASE("where nothing can be evaluated the reasons are the error") {
    const TestFolder folder;
    CHECK(run(folder).error().detail.contains("no recording"));
    folder.put("b.edf", loud_late());
    CHECK(run(folder).error().detail.contains("b.edf: there is no reference"));
    folder.put("b.tsv", table("1\t2\tsz\t20\n"));
    CHECK(run(folder).has_value());
    CHECK(run(folder, {}, true).error().code == ErrorCode::internal);
}

TEST_CASE("a reference of another length, or beyond the end, is remarked") {
    const TestFolder folder;
    folder.put("a.edf", loud_late());
    folder.put("a.tsv", table("10\t11\tsz\t25\n"));
    const auto results = run(folder).value();
    REQUIRE(results.remarks.size() == 2);
    CHECK(results.remarks[0].why.contains("20.00 s"));
    CHECK(results.remarks[0].why.contains("25.00 s"));
    CHECK(results.remarks[1].why.contains("1 of 1 seizures"));
    folder.put("a.tsv", table("10\t10\tsz\t21\n"));
    CHECK(run(folder)->remarks.empty());
}

TEST_CASE("a header, a sidecar or a dataset's description says that a recording is synthetic") {
    const TestFolder folder;
    const auto put = [&folder](const std::string& name, const std::string& recording_field) {
        folder.put(name + "_eeg.edf", loud_late(recording_field));
        folder.put(name + "_events.tsv", table("10\t10\tsz\t20\n"));
    };
    put("real/sub-1", "Startdate X X X X");
    put("header/sub-2", "Startdate X X X Synthetic_1");
    put("sidecar/sub-3", "Startdate X X X X");
    folder.put("sidecar/sub-3_eeg.json", R"({"TaskName":"x","Synthetic":true})");
    put("dataset/sub-4/eeg/sub-4", "Startdate X X X X");
    folder.put("dataset/dataset_description.json", R"({"Name":"x","Synthetic":true})");
    put("says-no/sub-5", "Startdate X X X nosynthetics");
    folder.put("says-no/sub-5_eeg.json", R"({"Synthetic":false})");
    put("unreadable/sub-6", "Startdate X X X X");
    folder.put("unreadable/sub-6_eeg.json", R"({"Synthetic":"yes"})");
    const auto results = run(folder).value();
    const auto names = [](const std::vector<PatientTally>& patients) {
        std::string all;
        for (const auto& patient : patients) {
            all += patient.patient + " ";
        }
        return all;
    };
    CHECK(names(results.patients) == "sub-1 sub-5 sub-6 ");
    CHECK(names(results.synthetic_patients) == "sub-2 sub-3 sub-4 ");
    REQUIRE(results.remarks.size() == 1);
    CHECK(results.remarks[0].why.contains("sub-6_eeg.json"));
    // of tables alone the metadata are what there is
    const auto tables = evaluate_tables(folder.path, folder.path).value();
    CHECK(names(tables.patients) == "sub-1 sub-2 sub-5 sub-6 ");
    CHECK(names(tables.synthetic_patients) == "sub-3 sub-4 ");
}

TEST_CASE("references in another folder say for the recordings that they are synthetic") {
    const TestFolder folder;
    const TestFolder references;
    folder.put("a/x.edf", loud_late());
    references.put("a/x_events.tsv", table("10\t10\tsz\t20\n"));
    CHECK(find_recordings(folder.path, references.path).value()[0].synthetic == false);
    references.put("a/dataset_description.json", R"({"Synthetic":true})");
    CHECK(find_recordings(folder.path, references.path).value()[0].synthetic == true);
    folder.put("a/x_eeg.json", "no JSON");
    CHECK_FALSE(find_recordings(folder.path, references.path).value()[0].synthetic.has_value());
}

TEST_CASE("the tables of a run, scored as a hypothesis, give the same counts") {
    const TestFolder folder;
    const TestFolder events;
    folder.put("p/a.edf", loud_late());
    folder.put("p/a.tsv", table("10\t10\tsz\t20\n"));
    const auto direct = run(folder, events.path).value();
    const auto written = files::contents(events.path / "p/a.tsv").value();
    CHECK(written.contains("\tsz\t1.00\tF3\t2026-11-24 12:30:05\t20.00\n"));
    const auto again = evaluate_tables(events.path, folder.path).value();
    CHECK(again.patients[0].tally.events == direct.patients[0].tally.events);
    CHECK(again.patients[0].tally.samples == direct.patients[0].tally.samples);
    CHECK(again.without_hypothesis.empty());
}

TEST_CASE("a hypothesis that is missing or broken counts as one without events, and is named") {
    const TestFolder reference;
    const TestFolder hypothesis;
    reference.put("sub-1/sub-1_events.tsv", table("10\t10\tsz\t3600\n"));
    reference.put("sub-2/sub-2_events.tsv", table("10\t10\tsz\t3600\n"));
    reference.put("sub-3/sub-3_events.tsv", table("10\t10\tsz\t3600\n"));
    reference.put("sub-4/sub-4_events.tsv", table("10\t10\tsz\tn/a\n"));
    reference.put("sub-5/sub-5_events.tsv", "broken");
    reference.put("participants.tsv", "participant_id\n");
    hypothesis.put("sub-1/sub-1_events.tsv", table("12\t10\tsz\t3600\n"));
    hypothesis.put("sub-2/sub-2_events.tsv", "broken");
    const auto results = evaluate_tables(hypothesis.path, reference.path).value();
    REQUIRE(results.patients.size() == 3);
    CHECK(results.patients[0].tally.events.detected == 1);
    CHECK(results.patients[1].tally.events.missed() == 1);
    CHECK(results.patients[2].tally.events.missed() == 1);
    REQUIRE(results.without_hypothesis.size() == 2);
    CHECK(results.without_hypothesis[0].why.contains("line 1"));
    CHECK(results.without_hypothesis[1].why.contains("there is no hypothesis"));
    REQUIRE(results.left_out.size() == 2);
    CHECK(results.left_out[0].why.contains("recordingDuration"));
    CHECK(results.left_out[1].why.contains("line 1"));
    CHECK_FALSE(evaluate_tables(hypothesis.path / "nowhere", reference.path));
    CHECK_FALSE(evaluate_tables(hypothesis.path, reference.path / "nowhere"));
}

TEST_CASE("a file that cannot be written is an error with its name") {
    const auto written = write_file("/proc/nowhere/x.json", "{}");
    REQUIRE_FALSE(written);
    CHECK(written.error().detail.contains("/proc/nowhere/x.json"));
    CHECK_FALSE(write_file("/dev/full", std::string(100'000, 'x')));
}

} // namespace vigil::evaluate
