#include "vigil/serve.hpp"

#include "access/sign_in_link.hpp"
#include "vigil/all_in_one.hpp"
#include "vigil/played_ward.hpp"

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <iostream>

namespace vigil {

namespace {

/// Each connection takes a descriptor: as many as the system lets this process have.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

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
    // Blocked before the first thread starts, so that only the wait below takes them.
    const auto signals = stop_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();

    Log log("vigil", VIGIL_VERSION);
    log.level(*log_level_of(config.log_level));
    auto vigil = AllInOne::start(config, log);
    if (!vigil) {
        return wrong(vigil.error());
    }
    SystemRandom random;
    const auto token = access::make_sign_in_link((*vigil)->folder().links(), random);
    if (!token) {
        return wrong(token.error());
    }
    std::unique_ptr<PlayedWard> played;
    if (!config.play.empty()) {
        auto started = PlayedWard::start(config, **vigil, log);
        if (!started) {
            return wrong(started.error());
        }
        played = std::move(*started);
    }
    greet(**vigil, config, *token);
    log.info("started", {{"address", (*vigil)->base_url()}, {"monitor", (*vigil)->monitor_url()}});
    int received = 0;
    ::sigwait(&signals, &received);
    log.info("stopping", {{"signal", received}});
    played.reset();
    vigil->reset();
    log.info("stopped");
    return 0;
}

} // namespace vigil
