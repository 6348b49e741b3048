// All services in one process on one port, over the adapters of one machine. Made by `vigil serve`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "detect/onnx_scorer.hpp"
#include "detector/model_folder.hpp"
#include "detector/predictor.hpp"
#include "detector/service.hpp"
#include "eeg_intake/eeg_intake.hpp"
#include "heart_intake/vital_intake.hpp"
#include "journal/journal.hpp"
#include "journal/tail.hpp"
#include "process/servers.hpp"
#include "records/query_pool.hpp"
#include "records/routes.hpp"
#include "records/service.hpp"
#include "store/store.hpp"
#include "vigil/config.hpp"
#include "vigil/state_folder.hpp"
#include "ward/ward.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vigil {

class AllInOne {
public:
    /// errors  unavailable, conflict: the state folder, the journal or a port cannot be had; the
    /// detail says what to do
    static Result<std::unique_ptr<AllInOne>> start(const ServeConfig& config, Log& log);
    /// Drains: not ready, nothing new, what is in flight is finished, pages are closed, pending
    /// rows are written.
    ~AllInOne();
    AllInOne(const AllInOne&) = delete;

    [[nodiscard]] std::string base_url() const;
    [[nodiscard]] std::string monitor_url() const;

    [[nodiscard]] const StateFolder& folder() const { return folder_; }

    /// The token of a one-time link to sign in as the administrator.
    [[nodiscard]] std::string new_sign_in_link();

    /// Makes these patients known, gives each a device key and switches its alarms on; ids that are
    /// known keep theirs, and what was set of their alarms.
    Result<std::map<std::string, std::string>> enroll(const std::vector<v1::Patient>& patients);

private:
    AllInOne(const ServeConfig& config, Log& log)
        : config_(config), log_(log), folder_(config.state) {}

    Result<void> open_state();
    Result<void> load_folder();
    [[nodiscard]] std::vector<ward::LoadedModel> loaded_models() const;
    void start_services();
    Result<void> start_ward();
    Result<void> start_servers();
    http::Router public_routes();
    void add_legacy_routes(http::Router& router);
    records::RouteParts questions();
    [[nodiscard]] std::vector<process::Check> checks() const;

    const ServeConfig config_;
    Log& log_;
    StateFolder folder_;
    SystemClock clock_;
    SystemRandom random_;
    Metrics metrics_;
    access::Secret secret_{};

    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<detect::OnnxScorer> scorer_;
    detector::ModelFolder models_; // beside the program's own
    std::unique_ptr<detect::OnnxScorer>
        predict_scorer_; // a session of its own, so that requests never wait for the detector
    access::Directory directory_;
    std::unique_ptr<eeg_intake::EegIntake> eeg_;
    std::unique_ptr<heart_intake::HeartIntake> heart_;
    std::unique_ptr<journal::Tail> intake_tail_; // directory, intake
    std::unique_ptr<detector::Service> detector_;
    std::unique_ptr<detector::Predictor> predictor_;
    std::unique_ptr<records::Service> records_;
    std::unique_ptr<records::QueryPool> queries_;
    std::unique_ptr<ward::Ward> ward_;
    std::unique_ptr<process::Servers> servers_;
};

} // namespace vigil
