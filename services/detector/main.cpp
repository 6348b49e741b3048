// The program detector: wiring only.
#include "detect/onnx_scorer.hpp"
#include "detector/model_folder.hpp"
#include "detector/predictor.hpp"
#include "detector/routes.hpp"
#include "detector/sharded_service.hpp"
#include "process/limits.hpp"
#include "process/options.hpp"
#include "process/program.hpp"

#include <filesystem>
#include <memory>

namespace {

using namespace vigil;

constexpr journal::Pace between_steps{.pause = std::chrono::milliseconds(5), .enough = 32};
/// Of the journal's servers: see api/journal.md.
constexpr const char* leases_bucket = "OWNERS";
constexpr std::chrono::milliseconds lease_timeout{2'000};
/// What `records` waits for before it frees the journal: see api/journal.md.
constexpr const char* reader = "detector";

struct Config {
    std::filesystem::path models; // beside the program's own; empty: none
    std::size_t predict_slots = 256;
    std::uint32_t shards = 8;
};

/// In the order in which they are made: the last one ends first.
struct Parts {
    detector::ModelFolder models;
    std::unique_ptr<detect::OnnxScorer> scorer;
    std::unique_ptr<detect::OnnxScorer> predict_scorer; // so that requests never wait for steps
    std::unique_ptr<journal::Leases> leases;
    std::unique_ptr<detector::ShardedService> service;
    std::unique_ptr<detector::Predictor> predictor;
    std::unique_ptr<journal::ReaderReport> report;
};

void add_options(CLI::App& app, Config& config) {
    using process::option;
    option(app, "--models", config.models, "Folder of models that patients may be assigned");
    option(
        app,
        "--predict-slots",
        config.predict_slots,
        "Requests that POST /predict holds at once"
    );
    option(app, "--shards", config.shards, "Parts that the partitions are owned in");
}

std::vector<std::string> faults_of(const Config& config) {
    std::vector<std::string> faults;
    process::check_slots(
        faults,
        "--predict-slots",
        config.predict_slots,
        process::most_predict_slots
    );
    if (config.shards < 1 || config.shards > 64) {
        faults.emplace_back("--shards must be 1 to 64.");
    }
    std::error_code failed;
    if (!config.models.empty() && !std::filesystem::is_directory(config.models, failed)) {
        faults.push_back("--models: there is no folder " + config.models.string() + ".");
    }
    return faults;
}

/// A model that cannot be used is said, and the others go on.
Result<void> load_models(const Config& config, Log& log, Parts& parts) {
    for (auto* place : {&parts.scorer, &parts.predict_scorer}) {
        auto scorer = detect::window_178();
        if (!scorer) {
            return std::unexpected(scorer.error());
        }
        *place = std::move(*scorer);
    }
    if (config.models.empty()) {
        return {};
    }
    auto loaded = detector::load_models(config.models);
    if (!loaded) {
        return std::unexpected(loaded.error());
    }
    parts.models = *std::move(loaded);
    for (const auto& fault : parts.models.faults) {
        log.error("model_not_loaded", fault);
    }
    const auto say = [&log](const auto& card) {
        log.info("model_loaded", {{"model", card.name + ' ' + card.version}});
    };
    for (const auto& scorer : parts.models.scorers) {
        say(scorer->card());
    }
    for (const auto& model : parts.models.spectrograms) {
        say(model->card());
    }
    return {};
}

Result<process::Service> start(const Config& config, process::Ground& on) {
    auto parts = std::make_shared<Parts>();
    if (auto loaded = load_models(config, on.log, *parts); !loaded) {
        return std::unexpected(loaded.error());
    }
    auto leases = on.leases(leases_bucket, lease_timeout);
    if (!leases) {
        return std::unexpected(leases.error());
    }
    parts->leases = *std::move(leases);
    detector::ShardedServiceOptions options;
    options.name = on.config.name;
    options.shards = config.shards;
    options.service.core.partitions = on.directory.state()->partitions;
    options.service.core.models = parts->models.models();
    options.service.core.epoch = static_cast<std::uint64_t>(to_us(on.clock.utc()));
    options.service.pace = between_steps;
    parts->service = std::make_unique<detector::ShardedService>(
        on.journal,
        *parts->leases,
        *parts->scorer,
        on.clock,
        on.log,
        on.metrics,
        options
    );
    parts->predictor = std::make_unique<detector::Predictor>(*parts->predict_scorer, on.metrics);
    parts->report = std::make_unique<journal::ReaderReport>(
        on.readers,
        reader,
        [&service = *parts->service] { return service.replay_floor(); },
        on.log
    );
    process::Service service;
    detector::add_routes(
        service.router,
        *parts->predictor,
        http::Access::device,
        config.predict_slots
    );
    // One that owns nothing is ready to take over, and answers POST /predict.
    service.checks.push_back(
        {.name = "owns",
         .holds = [&detecting = *parts->service] { return detecting.owns(); },
         .counts = false}
    );
    service.parts = std::move(parts);
    return service;
}

} // namespace

int main(int argc, char** argv) {
    Config config;
    return process::run(
        argc,
        argv,
        {.name = "detector",
         .about = "Makes detections, events and alarms of what a cluster's journal holds.",
         .add_options = [&](CLI::App& app) { add_options(app, config); },
         .faults = [&] { return faults_of(config); },
         .start = [&](process::Ground& on) { return start(config, on); }}
    );
}
