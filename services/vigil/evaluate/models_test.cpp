#include "vigil/evaluate/models.hpp"

#include "detect/line_length.hpp"
#include "detect/patient_score.hpp"
#include "signal/recording_test_files.hpp"
#include "vigil/evaluate/evaluate_command.hpp"
#include "vigil/evaluate/evaluate_options.hpp"
#include "vigil/evaluate/run.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch_test_macros.hpp>
#include <simdjson.h>

#include <cmath>
#include <iostream>
#include <numbers>
#include <sstream>

namespace vigil::evaluate {

namespace {

namespace files = signal::test;
namespace fs = std::filesystem;

/// 400 s of two channels at 100 Hz, a 5 Hz sine of 20 uV, of 60 uV on both from 300 to 340 s.
std::string louder_at_300_s() {
    files::EdfFile file{
        .signals = {{.label = "F3", .samples = 100}, {.label = "F4", .samples = 100}},
        .records = "400"
    };
    for (int second = 0; second < 400; ++second) {
        const int level = second >= 300 && second < 340 ? 600 : 200;
        std::string channel;
        for (int i = 0; i < 100; ++i) {
            const double wave = std::sin(2 * std::numbers::pi * 5 * i / 100.0);
            channel += files::int16(static_cast<std::int16_t>(level * wave));
        }
        file.data.push_back(channel + channel);
    }
    return file.bytes();
}

/// A folder with one recording and its reference, gone afterwards.
class Folder {
public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "vigil-models-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
        REQUIRE(write_file(path / "a.edf", louder_at_300_s()).has_value());
        REQUIRE(write_file(
                    path / "a.tsv",
                    "onset\tduration\teventType\trecordingDuration\n300\t40\tsz\t400\n"
        )
                    .has_value());
    }

    ~Folder() { fs::remove_all(path); }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path path;
};

struct Said {
    int status = 0;
    std::string out;
    std::string errors;
};

/// What the command line says and returns.
Said vigil(std::vector<std::string> arguments) {
    std::ostringstream out;
    std::ostringstream errors;
    auto* const kept_out = std::cout.rdbuf(out.rdbuf());
    auto* const kept_errors = std::cerr.rdbuf(errors.rdbuf());
    Said said;
    CLI::App app;
    add_evaluate_command(app, said.status, "/nowhere/models");
    std::ranges::reverse(arguments);
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& error) {
        said.status = app.exit(error, out, errors);
    }
    std::cout.rdbuf(kept_out);
    std::cerr.rdbuf(kept_errors);
    said.out = out.str();
    said.errors = errors.str();
    return said;
}

} // namespace

TEST_CASE("each model has its name, and another name is refused with those that there are") {
    for (const auto name : {"window-178", "line-length"}) {
        CHECK(is_model(name));
        const auto model = open_model(name, {});
        REQUIRE(model.has_value());
        CHECK((*model)->name().starts_with(std::string(name) + " "));
        CHECK((*model)->is_causal() == could_run_live(name));
    }
    CHECK(is_model("sladky-2022"));
    CHECK_FALSE(is_model("window-179"));
    const auto unknown = open_model("window-179", {});
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().detail.contains("window-179"));
    CHECK(unknown.error().detail.contains("window-178, line-length, sladky-2022, "));
}

TEST_CASE("a model's file that is absent or another one is refused with its name and what to do") {
    const Folder folder;
    const auto absent = open_model("sladky-2022", {.models = folder.path});
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error().code == ErrorCode::not_found);
    CHECK(absent.error().detail.contains("sladky_2022/modelA_paper.onnx"));
    CHECK(absent.error().detail.contains("make models"));
    REQUIRE(write_file(folder.path / "sladky_2022/modelA_paper.onnx", "no model").has_value());
    const auto other = open_model("sladky-2022", {.models = folder.path});
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().code == ErrorCode::invalid_argument);
    CHECK(other.error().detail.contains("modelA_paper.onnx: "));
    CHECK(other.error().detail.contains("SHA-256"));
    CHECK(open_model("sladky-2022-live", {}).error().detail.contains("make models"));
    for (const double lag : {-0.5, 0.25, 20.5, std::nan("")}) {
        CHECK(open_model("sladky-2022-live", {.lag_s = lag}).error().field == "lag");
    }
    CHECK(open_model("sladky-2022-live", {.lag_s = 20}).error().field.empty());
    const auto said = vigil({"evaluate", folder.path.string(), "--model", "sladky-2022"});
    CHECK(said.status == 2);
    CHECK(said.errors.contains("make models"));
}

TEST_CASE("the lag and the thresholds of sladky-2022-live are those that its card says were chosen"
) {
    simdjson::dom::parser parser;
    simdjson::dom::element card;
    REQUIRE(
        parser.load(VIGIL_SOURCE_DIR "/models/sladky_2022/card.json").get(card) == simdjson::SUCCESS
    );
    const auto live = card["live"];
    CHECK(double(live["lag_s"]) == ModelOptions{}.lag_s);
    const auto own = thresholds_of("sladky-2022-live");
    CHECK(double(live["thresholds"]["high"]) == own.high);
    CHECK(double(live["thresholds"]["low"]) == own.low);
    CHECK(
        std::uint64_t(live["thresholds"]["smoothed_scores"]) ==
        detect::EventParameters{}.smoothed_windows
    );
    // whoever names none gets them, and whoever names one gets that
    Arguments arguments;
    const auto found = score_options(arguments, "sladky-2022-live").value().parameters;
    CHECK(found.high_q16 == detect::to_q16(static_cast<float>(own.high)));
    CHECK(found.low_q16 == detect::to_q16(static_cast<float>(own.low)));
    CHECK(score_options(arguments, "line-length").value().parameters.high_q16 == 32'768);
    arguments.high = 0.75;
    CHECK(score_options(arguments, "sladky-2022-live").value().parameters.high_q16 == 49'152);
}

TEST_CASE("line-length finds what is louder than its channels' ten minutes before") {
    const auto recording =
        signal::open_recording("a.edf", louder_at_300_s(), files::files({})).value();
    const auto model = open_model("line-length", {}).value();
    const auto scored = score_recording(*recording, *model, {}, [](double) {}).value();
    REQUIRE(scored.windows.size() == 400);
    // sixty windows make the first baseline; three times the baseline is 9 / 13
    CHECK_FALSE(scored.windows[59].score_q16);
    CHECK(scored.windows[60].score_q16 == detect::to_q16(0.2F));
    // within the converter's rounding
    CHECK(std::abs(scored.windows[320].score_q16.value() / 65536.0 - 9.0 / 13.0) < 0.005);
    REQUIRE(scored.events.size() == 1);
    CHECK(std::abs(scored.events[0].start_us - 302'000'000) <= 1'000'000);
    CHECK(scored.raised_live);
    CHECK(scored.events[0].channel_peak_q16.size() == 2);
}

TEST_CASE("every report names the model that made it") {
    const Folder folder;
    const auto json = (folder.path / "results.json").string();
    const auto html = (folder.path / "report.html").string();
    for (const std::string name : {"window-178", "line-length"}) {
        const auto said = vigil(
            {"evaluate",
             folder.path.string(),
             "--quiet",
             "--model",
             name,
             "--json",
             json,
             "--html",
             html}
        );
        const auto version = open_model(name, {}).value()->name();
        CHECK(said.status == 0);
        CHECK(said.out.starts_with(version + ": 1 recording of 1 patient\n"));
        CHECK(files::contents(json)->contains("\"detector\":\"" + version + "\""));
        CHECK(files::contents(html)->contains(version));
    }
    const auto said = vigil({"evaluate", folder.path.string(), "--model", "line-length"});
    CHECK(said.out.contains("1.000 (0.025 to 1.000; 1 of 1)"));
}

TEST_CASE("two models are compared in one call, and one patient is not enough for the gate") {
    const Folder folder;
    const auto said =
        vigil({"evaluate", folder.path.string(), "--quiet", "--against", "line-length"});
    CHECK(said.status == 2);
    CHECK(said.out.starts_with("line-length 1.0.0: 1 recording"));
    CHECK(said.out.contains("\nwindow-178 "));
    CHECK(said.out.contains("gate against line-length 1.0.0: not enough data: 1 patients"));
}

TEST_CASE("options that do not go together are refused before any work") {
    const Folder folder;
    const auto here = folder.path.string();
    const auto refused = [](std::vector<std::string> arguments, const std::string& why) {
        const auto said = vigil(std::move(arguments));
        CAPTURE(said.errors);
        CHECK(said.status != 0);
        CHECK(said.out.empty());
        CHECK(said.errors.contains(why));
    };
    refused({"evaluate"}, "name a folder of recordings");
    refused({"evaluate", here, "--model", "window-179"}, "--model");
    refused({"evaluate", here, "--against", "window-178"}, "not compared with itself");
    refused(
        {"evaluate", "--hypothesis", here, "--reference", here, "--against", "line-length"},
        "a model needs recordings"
    );
    refused({"evaluate", here, "--against", "nowhere.json"}, "nowhere.json");
    // a model that knows what comes after is on neither side of the gate
    refused({"evaluate", here, "--against", "sladky-2022"}, "as they would run live");
    refused(
        {"evaluate", here, "--model", "sladky-2022", "--against", "line-length"},
        "as they would run live"
    );
    refused(
        {"evaluate", here, "--model", "sladky-2022", "--against", "active.json"},
        "as they would run live"
    );
}

} // namespace vigil::evaluate
