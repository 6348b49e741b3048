#include "vigil/station_command.hpp"

#include "base/json_text.hpp"
#include "vigil/administrator.hpp"
#include "vigil/read_secret.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace vigil {

namespace {

struct Arguments {
    Place place;
    std::string label;
    std::string id;
    std::string user;
    std::string pin_file;
    bool none = false;
};

using Shared = std::shared_ptr<Arguments>;

Result<http::Response>
ask(const Shared& arguments, http::Verb verb, const std::string& path, std::string body = {}) {
    return Administrator(arguments->place).call(verb, path, std::move(body));
}

void add_stations(CLI::App& app, int& status) {
    auto* station =
        app.add_subcommand("station", "Stations: browsers that show and sound, and cannot act");
    station->require_subcommand(1);
    station->footer(
        "Examples:\n  vigil station add --label \"Nurses' desk\"      then open the path at that "
        "browser, once\n  vigil station list\n  vigil station revoke 0123456789abcdef"
    );
    const auto arguments = std::make_shared<Arguments>();
    auto* add = state_command(
        *station,
        "add",
        "Make a station; its path works once, for a day, and is shown this once",
        arguments->place
    );
    add->add_option("--label", arguments->label, "Where it stands")->required();
    add->callback([arguments, &status] {
        JsonText body;
        body.open_object().member("label", arguments->label).close_object();
        status = show(
            ask(arguments, http::Verb::post, "/v1/admin/stations", std::move(body).text()),
            ""
        );
    });
    state_command(*station, "list", "List stations, revoked ones too", arguments->place)
        ->callback([arguments, &status] {
            status = show(ask(arguments, http::Verb::get, "/v1/admin/stations"), "");
        });
    auto* revoke =
        state_command(*station, "revoke", "End a station within a second", arguments->place);
    revoke->add_option("id", arguments->id, "As `vigil station list` shows it")->required();
    revoke->callback([arguments, &status] {
        status =
            show(ask(arguments, http::Verb::del, "/v1/admin/stations/" + arguments->id), "revoked");
    });
}

void add_pin(CLI::App& app, int& status) {
    const auto arguments = std::make_shared<Arguments>();
    auto* pin = state_command(
        app,
        "pin",
        "Set the PIN that a person acts with at stations",
        arguments->place
    );
    pin->add_option("user", arguments->user, "User name")->required();
    pin->add_option(
        "--pin-file",
        arguments->pin_file,
        "File whose first line is the PIN; else it is asked for"
    );
    pin->add_flag("--none", arguments->none, "Take it away");
    pin->footer("Example:\n  vigil pin nurse");
    pin->callback([arguments, &status] {
        const auto secret = arguments->none
                                ? Result<std::string>("")
                                : read_secret(arguments->pin_file, "PIN (6 to 12 digits)");
        if (!secret) {
            std::cerr << "vigil: " << secret.error().detail << '\n';
            status = 1;
            return;
        }
        JsonText body;
        body.open_object().member("user", arguments->user).member("pin", *secret).close_object();
        status =
            show(ask(arguments, http::Verb::put, "/v1/admin/pins", std::move(body).text()), "done");
    });
}

} // namespace

void add_station_commands(CLI::App& app, int& status) {
    add_stations(app, status);
    add_pin(app, status);
}

} // namespace vigil
