// The program: its commands and their wiring.
#include "base/version.hpp"
#include "play/play_command.hpp"
#include "vigil/admin_command.hpp"
#include "vigil/config.hpp"
#include "vigil/evaluate/evaluate_command.hpp"
#include "vigil/promote_command.hpp"
#include "vigil/serve.hpp"
#include "vigil/size/size_command.hpp"
#include "vigil/synthesise/synthesise_command.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace {

/// Where `make models` puts what it fetches.
std::filesystem::path fetched_models() {
    const char* const cache = std::getenv("XDG_CACHE_HOME");
    const char* const home = std::getenv("HOME");
    const std::filesystem::path folder = cache != nullptr && *cache != '\0'
                                             ? std::filesystem::path(cache)
                                             : std::filesystem::path(home ? home : ".") / ".cache";
    return folder / "vigil" / "models";
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Vigil receives EEG and heart rate, detects epileptic seizures while they happen, and "
        "shows it live.\n"
        "For research and evaluation. Not a medical device."
    );
    app.set_version_flag("--version", vigil::program_version);
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);

    int status = 0;
    vigil::ServeConfig config;
    auto* serve = app.add_subcommand("serve", "Run all services in this process, on one port");
    vigil::add_options(*serve, config);
    serve->callback([&] { status = vigil::serve(config); });
    vigil::play::add_play_command(app, status);
    vigil::evaluate::add_evaluate_command(app, status, fetched_models());
    vigil::synthesise::add_synthesise_command(app, status);
    vigil::size::add_size_command(app, status, std::cout, std::cerr);
    vigil::add_admin_commands(app, status);
    vigil::add_promote_commands(app, status);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : 2;
    }
    return status;
}
