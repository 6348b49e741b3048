// Administration from the command line: through the running server, or on the journal when none
// runs, or through a cluster's ward. Used by `vigil key`, `vigil promote` and the like.
#pragma once

#include "access/secret.hpp"
#include "http/message.hpp"
#include "vigil/state_folder.hpp"

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace vigil {

/// Where what is administrated is: a state folder, or where `url` is set, a server elsewhere.
struct Place {
    std::string state = "state";
    std::string url;         // "http://host:port" of a cluster's ward
    std::string secret_file; // the installation's, with `url`
};

/// Answers one administration request: the server at the place's address does, else the one that
/// runs on its state folder, else the same routes over the journal.
class Administrator {
public:
    explicit Administrator(Place place) : place_(std::move(place)), folder_(place_.state) {}

    Result<http::Response> call(http::Verb verb, const std::string& path, std::string body);

private:
    Result<http::Response> call_on_journal(
        const access::Secret& secret,
        http::Verb verb,
        const std::string& path,
        std::string body
    );

    Place place_;
    StateFolder folder_;
};

/// Adds --state, --url and --secret-file, which are written to `place`: it must live as long as the
/// command.
void add_place(CLI::App& command, Place& place);

/// A command with these options.
CLI::App*
state_command(CLI::App& app, const std::string& name, const std::string& help, Place& place);

/// Prints the answer's body, or `done` where it has none; the exit status.
int show(const Result<http::Response>& answer, std::string_view done);

} // namespace vigil
