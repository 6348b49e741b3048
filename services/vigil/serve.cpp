#include "vigil/serve.hpp"

#include "base/version.hpp"
#include "process/stop_signal.hpp"
#include "vigil/all_in_one.hpp"
#include "vigil/played_ward.hpp"

#include <iostream>

namespace vigil {

namespace {

int wrong(const Error& error) {
    std::cerr << "vigil: " << error.detail << '\n';
    return 1;
}

void greet(const AllInOne& vigil, const ServeConfig& config, const std::string& token) {
    std::cout << "\n  Vigil is running. Open this address once to sign in:\n\n"
              << "    " << vigil.base_url() << "/signin?token=" << token << "\n\n"
              << "  Monitor: " << vigil.monitor_url()
              << "   State: " << std::filesystem::absolute(config.state).string() << "\n"
              << "  A new link: vigil link.   Stop: Ctrl-C.\n"
              << "  For research and evaluation. Not a medical device.\n\n";
    for (const auto& name : config.legacy_open) {
        std::cout << "  OPEN DOOR: the old route \"" << name << "\" answers without a key.\n";
    }
    std::cout << std::flush;
}

} // namespace

int serve(const ServeConfig& config) {
    if (const auto faults = faults_of(config); !faults.empty()) {
        for (const auto& fault : faults) {
            std::cerr << "vigil: " << fault << '\n';
        }
        return 2;
    }
    if (config.check_only) {
        return 0;
    }
    process::StopSignal stop;
    process::raise_descriptor_limit();

    Log log("vigil", program_version);
    log.level(*log_level_of(config.log_level));
    auto vigil = AllInOne::start(config, log);
    if (!vigil) {
        return wrong(vigil.error());
    }
    std::unique_ptr<PlayedWard> played;
    if (!config.play.empty()) {
        auto started = PlayedWard::start(config, **vigil, log);
        if (!started) {
            return wrong(started.error());
        }
        played = std::move(*started);
    }
    greet(**vigil, config, (*vigil)->new_sign_in_link());
    log.info("started", {{"address", (*vigil)->base_url()}, {"monitor", (*vigil)->monitor_url()}});
    const int received = stop.wait();
    log.info("stopping", {{"signal", received}});
    played.reset();
    vigil->reset();
    log.info("stopped");
    return 0;
}

} // namespace vigil
