#include "vigil/synthesise/synthesise.hpp"

#include "evaluate/hed_score.hpp"
#include "recordings/recording_file.hpp"
#include "vigil/synthesise/synthesise_command.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace vigil::synthesise {

namespace {

namespace fs = std::filesystem;

class Folder {
public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "vigil-synthesise-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }

    ~Folder() { fs::remove_all(path); }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path path;
};

SynthesisOptions small(const fs::path& out) {
    SynthesisOptions options{.out = out, .patients = 2, .version = "1.2.3"};
    options.plan.rate_hz = 128;
    options.plan.duration_s = 120;
    options.plan.seizures_per_hour = 30;
    options.plan.artefacts = signal::usual_artefacts(2);
    return options;
}

Result<SynthesisSummary> run(const SynthesisOptions& options) {
    return synthesise(options, [](std::size_t, std::size_t, const std::string&, double) {});
}

std::string text_of(const fs::path& file) {
    return recordings::read_file(file).value_or(std::string());
}

std::vector<fs::path> files_of(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path().lexically_relative(folder));
        }
    }
    std::ranges::sort(files);
    return files;
}

Error error_of(const SynthesisOptions& options) {
    const auto made = run(options);
    REQUIRE_FALSE(made);
    return made.error();
}

} // namespace

TEST_CASE("a folder has of each patient a recording that says what it is, and its tables") {
    const Folder folder;
    const auto out = folder.path / "bids";
    const auto summary = run(small(out));
    REQUIRE(summary);
    CHECK(summary->seizures == 2);
    CHECK_FALSE(fs::exists(folder.path / "bids.partial"));
    CHECK(text_of(out / "dataset_description.json").contains(R"("Synthetic":true)"));
    CHECK(
        text_of(out / "participants.tsv") ==
        "participant_id\tsynthetic\nsub-synthetic0001\ttrue\nsub-synthetic0002\ttrue\n"
    );
    std::uint64_t artefacts = 0;
    for (const std::string patient : {"sub-synthetic0001", "sub-synthetic0002"}) {
        const auto stem = (out / patient / "eeg" / (patient + "_task-synthetic")).string();
        const auto recording = recordings::open_recording_file(stem + "_eeg.edf").value();
        CHECK(recording->info().channels.size() == 19);
        CHECK(recording->info().samples == 120 * 128);
        const auto events = evaluate::read_hed_score(text_of(stem + "_events.tsv")).value();
        CHECK(events.recording_duration_s == 120.0);
        const auto seizures = evaluate::seizures_of(events);
        REQUIRE(seizures.size() == 1);
        // the same in the EDF+ file's own annotations
        REQUIRE(recording->info().annotations.size() == 1);
        CHECK(
            std::abs(
                static_cast<double>(recording->info().annotations[0].sample) -
                seizures[0].onset_s * 128
            ) < 1.5
        );
        const auto marks = evaluate::read_hed_score(text_of(stem + "_artefacts.tsv")).value();
        artefacts += marks.marks.size();
        CHECK(evaluate::seizures_of(marks).empty());
        for (const auto& mark : marks.marks) {
            CHECK(mark.type.ends_with("-artifact"));
            CHECK_FALSE(mark.channels.empty());
        }
        const auto bytes = text_of(stem + "_eeg.edf");
        CHECK(bytes.substr(8, 80).contains(" synthetic "));
        CHECK(bytes.substr(88, 80).contains(" synthetic 1.2.3 "));
        CHECK(text_of(stem + "_channels.tsv").contains("Fp1\tEEG\tuV\t128\n"));
        const auto sidecar = text_of(stem + "_eeg.json");
        CHECK(sidecar.contains(R"("Synthetic":true)"));
        // what BIDS requires: bids-specification, src/schema/rules/sidecars/eeg.yaml
        for (const auto* required :
             {"TaskName",
              "EEGReference",
              "SamplingFrequency",
              "PowerLineFrequency",
              "SoftwareFilters"}) {
            CHECK(sidecar.contains('"' + std::string(required) + "\":"));
        }
    }
    CHECK(artefacts == summary->artefacts);
}

TEST_CASE("the same seed makes the same files; a patient does not depend on how many there are") {
    const Folder folder;
    auto options = small(folder.path / "one");
    REQUIRE(run(options));
    options.out = folder.path / "again";
    REQUIRE(run(options));
    REQUIRE(files_of(folder.path / "one") == files_of(folder.path / "again"));
    for (const auto& file : files_of(folder.path / "one")) {
        CAPTURE(file);
        CHECK(text_of(folder.path / "one" / file) == text_of(folder.path / "again" / file));
    }
    options.out = folder.path / "fewer";
    options.patients = 1;
    REQUIRE(run(options));
    options.out = folder.path / "other";
    options.plan.seed = 2;
    REQUIRE(run(options));
    const fs::path first = "sub-synthetic0001/eeg/sub-synthetic0001_task-synthetic_eeg.edf";
    CHECK(text_of(folder.path / "fewer" / first) == text_of(folder.path / "one" / first));
    CHECK(text_of(folder.path / "other" / first) != text_of(folder.path / "one" / first));
}

TEST_CASE("what is there is never overwritten; an empty folder may be filled, with a slash or not"
) {
    const Folder folder;
    auto options = small(folder.path / "full");
    options.patients = 1;
    options.plan.seizures_per_hour = 0;
    options.plan.duration_s = 2;
    fs::create_directory(folder.path / "full");
    std::ofstream(folder.path / "full" / "mine") << "x";
    CHECK(error_of(options).code == ErrorCode::conflict);
    options.out = folder.path / "full" / "mine"; // a file
    CHECK(error_of(options).detail.contains("not overwritten"));
    fs::create_directories(folder.path / "left.partial");
    options.out = folder.path / "left";
    CHECK(error_of(options).detail.contains("left.partial was left"));
    fs::create_directory(folder.path / "empty");
    options.out = (folder.path / "empty").string() + "/";
    CHECK(run(options));
    CHECK(fs::exists(folder.path / "empty" / "participants.tsv"));
    CHECK(error_of(options).code == ErrorCode::conflict);
}

TEST_CASE("every limit is told by its option before anything is written") {
    const Folder folder;
    const auto field = [&folder](auto change) {
        auto options = small(folder.path / "x");
        change(options);
        const auto error = error_of(options);
        CHECK(error.code == ErrorCode::invalid_argument);
        CHECK(fs::is_empty(folder.path));
        return error.field;
    };
    CHECK(field([](auto& options) { options.patients = 0; }) == "patients");
    CHECK(field([](auto& options) { options.patients = most_patients + 1; }) == "patients");
    CHECK(field([](auto& options) { options.plan.rate_hz = 100; }) == "rate");
    CHECK(field([](auto& options) { options.plan.duration_s = 0; }) == "hours");
    CHECK(field([](auto& options) { options.plan.seizures_per_hour = 100; }) == "seizures");
    CHECK(field([](auto& options) { options.plan.artefacts.mains_hz = 64; }) == "mains");
    CHECK(field([](auto& options) { options.plan.artefacts.per_hour[0] = 1e6; }) == "artefacts");
    // 2 GiB: 19 channels of 2048 Hz for 7.7 hours
    CHECK(field([](auto& options) {
              options.plan.rate_hz = 2048;
              options.plan.duration_s = 8 * 3600;
              options.plan.seizures_per_hour = 0;
          }) == "hours");
}

TEST_CASE("a disk without room, or a folder that cannot be made, is told") {
    auto options = small("/proc/nowhere/x");
    CHECK(error_of(options).code == ErrorCode::unavailable);
    const Folder folder;
    options = small(folder.path / "x");
    options.patients = most_patients;
    options.plan.duration_s = 24 * 3600; // over 400 GB
    options.plan.seizures_per_hour = 0;
    std::error_code failed;
    if (fs::space(folder.path, failed).available < 400e9) {
        CHECK(error_of(options).detail.contains("MB are needed"));
        CHECK(fs::is_empty(folder.path));
    }
}

TEST_CASE("kinds of artefacts are read with and without their number, and wrong ones refused") {
    const auto& traits = signal::artefact_traits();
    const auto read = read_artefacts("blink,pop=20");
    REQUIRE(read);
    CHECK(read->per_hour[0] == traits[0].usual_per_hour);
    CHECK(read->per_hour[3] == 20);
    CHECK(read->per_hour[1] == 0);
    CHECK(read_artefacts("usual")->per_hour == signal::usual_artefacts().per_hour);
    CHECK(read_artefacts("none")->per_hour == signal::ArtefactPlan{}.per_hour);
    const auto refusal = [](const std::string& text) {
        const auto wrong = read_artefacts(text);
        return wrong ? std::string("none") : wrong.error().field + ": " + wrong.error().detail;
    };
    CHECK(refusal("sneeze").starts_with("artefacts: \"sneeze\" is no kind"));
    CHECK(refusal("").starts_with("artefacts: no kind of artefact is named"));
    CHECK(refusal("blink,blink").contains("twice"));
    CHECK(refusal("blink=").contains("\"\" is no number"));
    CHECK(refusal("blink=x").contains("\"x\" is no number"));
    CHECK(refusal("blink=3x").contains("\"3x\" is no number"));
    CHECK(refusal("blink,,pop").contains("\"\" is no kind"));
}

} // namespace vigil::synthesise
