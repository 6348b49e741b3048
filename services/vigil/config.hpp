// What `vigil serve` is told: flag, then environment, then default.
#pragma once

#include "base/error.hpp"
#include "base/log.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace vigil {

struct ServeConfig {
    std::filesystem::path state = "state"; // journal, store, secret
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;         // 0: a free one, printed
    std::uint16_t monitor_port = 8081; // /livez /readyz /metrics; 0: a free one
    unsigned threads = 1;              // of the HTTP server
    std::string play;                  // empty, "synthetic" or a folder
    double start_s = 0;                // into each played recording
    double seizure_after_s = 20;       // first synthetic seizure
    std::filesystem::path models;      // folder of models beside the program's own; empty: none
    bool secure_cookie = false;
    std::filesystem::path second_way; // where calls go, and who outside watches; empty: nowhere
    bool test_patient = false;        // tries the chain from the intake to a station
    unsigned test_every_s = 600;      // from its seizure to the next
    std::string log_level = "info";

    std::vector<std::string> legacy_open;    // old routes by name
    std::vector<std::string> legacy_senders; // patient ids that may be written without a key
    std::string legacy_heart;                // the one patient of the old heart route
    std::string legacy_zone = "UTC";

    // Of each route of a group: requests that it holds at once; the next is refused.
    std::size_t intake_slots = 1024;
    std::size_t legacy_slots = 4096;
    std::size_t predict_slots = 256;
    std::size_t query_slots = 64;

    std::chrono::hours keep_journal{24};
    std::size_t queue_entries = 65'536; // at least a whole health export of 50,000 values
    std::uint64_t segment_mib = 64;
    std::chrono::milliseconds score_deadline{2000};
    std::chrono::milliseconds drain{10'000};
    bool check_only = false;
};

/// Adds the flags to `vigil serve`; their values land in `config`.
void add_options(CLI::App& command, ServeConfig& config);

/// Every fault of the configuration, one sentence each; empty when it is right.
[[nodiscard]] std::vector<std::string> faults_of(const ServeConfig& config);

[[nodiscard]] std::optional<LogLevel> log_level_of(const std::string& word);

} // namespace vigil
