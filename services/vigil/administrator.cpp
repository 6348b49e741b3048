#include "vigil/administrator.hpp"

#include "access/authenticator.hpp"
#include "access/mounted_secret.hpp"
#include "access/session.hpp"
#include "base/version.hpp"
#include "http/client.hpp"
#include "process/options.hpp"
#include "ward/routes.hpp"

#include <CLI/CLI.hpp>

#include <future>
#include <iostream>

namespace vigil {

namespace {

Result<http::Response> call_server(
    const std::string& address,
    const access::Secret& secret,
    http::Verb verb,
    const std::string& path,
    std::string body
) {
    http::Client client(address);
    return client.request(
        verb,
        path,
        std::move(body),
        {{"Authorization", "Bearer " + access::administrator_token(secret)},
         {"Content-Type", "application/json"}}
    );
}

} // namespace

Result<http::Response>
Administrator::call(http::Verb verb, const std::string& path, std::string body) {
    if (!place_.url.empty()) {
        const auto secret = access::load_secret(place_.secret_file);
        if (!secret) {
            return std::unexpected(secret.error());
        }
        return call_server(place_.url, *secret, verb, path, std::move(body));
    }
    SystemRandom random;
    const auto secret = access::load_or_make_secret(folder_.secret(), random);
    if (!secret) {
        return std::unexpected(secret.error());
    }
    if (const auto address = folder_.running_address()) {
        return call_server(*address, *secret, verb, path, std::move(body));
    }
    return call_on_journal(*secret, verb, path, std::move(body));
}

Result<http::Response> Administrator::call_on_journal(
    const access::Secret& secret,
    http::Verb verb,
    const std::string& path,
    std::string body
) {
    SystemClock clock;
    SystemRandom random;
    Log log("vigil", program_version);
    log.level(LogLevel::warning);
    auto journal = folder_.open_journal(clock, log);
    if (!journal) {
        return std::unexpected(journal.error());
    }
    access::Directory directory;
    if (auto loaded = directory.load(**journal); !loaded) {
        return std::unexpected(loaded.error());
    }
    ward::Administration administration(**journal, directory, secret, clock, random, log);
    http::Router router;
    ward::add_administration_routes(router, administration);
    ward::HashQueue hashes;
    ward::StationDesk stations(**journal, directory, secret, clock, random, log, hashes);
    ward::add_station_routes(router, stations);
    auto match = router.match(verb, path);
    http::Request request{
        .verb = verb,
        .path = path,
        .parameters = std::move(match.parameters),
        .body = std::move(body)
    };
    request.principal.id = access::local_user;
    std::promise<http::Response> answer;
    std::get<http::Handler>(match.route->handler)(
        std::move(request),
        http::Reply([&](http::Response response) { answer.set_value(std::move(response)); })
    );
    return answer.get_future().get();
}

void add_place(CLI::App& command, Place& place) {
    command.add_option("--state", place.state, "Folder of the journal and the secret")
        ->envname("VIGIL_STATE")
        ->capture_default_str();
    auto* const secret = process::option(
        command,
        "--secret-file",
        place.secret_file,
        "The installation's secret, with --url"
    );
    process::option(
        command,
        "--url",
        place.url,
        "Address of a cluster's ward, http://host:port or https://host, in place of a state folder"
    )
        ->needs(secret);
}

CLI::App*
state_command(CLI::App& app, const std::string& name, const std::string& help, Place& place) {
    auto* command = app.add_subcommand(name, help);
    add_place(*command, place);
    return command;
}

int show(const Result<http::Response>& answer, std::string_view done) {
    if (!answer) {
        std::cerr << "vigil: " << answer.error().detail << '\n';
        return 1;
    }
    if (answer->status >= 400) {
        std::cerr << "vigil: " << answer->body << '\n';
        return 1;
    }
    std::cout << (answer->body.empty() ? done : std::string_view(answer->body)) << '\n';
    return 0;
}

} // namespace vigil
