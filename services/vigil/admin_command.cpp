#include "vigil/admin_command.hpp"

#include "access/mounted_secret.hpp"
#include "access/sign_in_link.hpp"
#include "base/json_text.hpp"
#include "vigil/administrator.hpp"
#include "vigil/read_secret.hpp"
#include "vigil/station_command.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <optional>

namespace vigil {

namespace {

struct Arguments {
    Place place;
    std::string id;
    std::string patient;
    std::string device;
    std::string label;
    std::string role = "viewer";
    std::string monitoring = "on";
    std::string password_file;
    std::uint32_t number = 0;
    bool disabled = false;
};

using Shared = std::shared_ptr<Arguments>;

void add_key_commands(CLI::App& app, int& status) {
    auto* key =
        app.add_subcommand("key", "Device keys: each is bound to one patient or one device");
    key->require_subcommand(1);
    key->footer(
        "Examples:\n  vigil key add --patient p1 --label implant\n  vigil key add --device cap-7\n "
        " vigil key list\n  vigil key "
        "revoke 0123456789abcdef"
    );
    const auto arguments = std::make_shared<Arguments>();
    auto* add = state_command(*key, "add", "Make a key; it is shown this once", arguments->place);
    auto* patient = add->add_option(
        "--patient",
        arguments->patient,
        "The patient that the key may send for; made when not known"
    );
    add->add_option(
           "--device",
           arguments->device,
           "The device that the key sends as, for whomever it is assigned to; made when not known"
    )
        ->excludes(patient);
    add->add_option("--label", arguments->label, "What the key is for");
    add->callback([arguments, &status] {
        JsonText body;
        body.open_object().member("label", arguments->label);
        if (arguments->device.empty()) {
            body.member("patient", arguments->patient);
        } else {
            body.member("device", arguments->device);
        }
        body.close_object();
        status = show(
            Administrator(arguments->place)
                .call(http::Verb::post, "/v1/admin/keys", std::move(body).text()),
            ""
        );
    });
    state_command(*key, "list", "List keys, revoked ones too", arguments->place)
        ->callback([arguments, &status] {
            status = show(
                Administrator(arguments->place).call(http::Verb::get, "/v1/admin/keys", ""),
                ""
            );
        });
    auto* revoke = state_command(*key, "revoke", "End a key within a second", arguments->place);
    revoke->add_option("id", arguments->id, "The key's id, as `vigil key list` shows it")
        ->required();
    revoke->callback([arguments, &status] {
        status = show(
            Administrator(arguments->place)
                .call(http::Verb::del, "/v1/admin/keys/" + arguments->id, ""),
            "revoked"
        );
    });
}

void add_patient_command(CLI::App& app, int& status) {
    const auto arguments = std::make_shared<Arguments>();
    auto* patient = state_command(app, "patient", "Make or change a patient", arguments->place);
    patient->add_option("id", arguments->id, "Pseudonymous id: letters, digits, - and _")
        ->required();
    patient->add_option(
        "--label",
        arguments->label,
        "What the page shows, such as \"Bed 3\"; no name of a person"
    );
    patient->add_option("--number", arguments->number, "The old contract's fk_user");
    patient->add_option("--monitoring", arguments->monitoring, "on, standby or off")
        ->capture_default_str();
    patient->footer("Example:\n  vigil patient p1 --label \"Bed 1\" --number 1");
    patient->callback([arguments, &status] {
        JsonText body;
        body.open_object().member("id", arguments->id).member("monitoring", arguments->monitoring);
        if (!arguments->label.empty()) {
            body.member("label", arguments->label);
        }
        if (arguments->number != 0) {
            body.member("number", arguments->number);
        }
        body.close_object();
        status = show(
            Administrator(arguments->place)
                .call(http::Verb::post, "/v1/admin/patients", std::move(body).text()),
            "done"
        );
    });
}

void add_user_command(CLI::App& app, int& status) {
    const auto arguments = std::make_shared<Arguments>();
    auto* user = state_command(app, "user", "Make or change a member of staff", arguments->place);
    user->add_option("name", arguments->id, "User name")->required();
    user->add_option("--role", arguments->role, "viewer, clinician or administrator")
        ->capture_default_str();
    user->add_option(
        "--password-file",
        arguments->password_file,
        "File whose first line is the password; else it is asked for"
    );
    user->add_flag("--disabled", arguments->disabled, "End this user's access");
    user->footer("Example:\n  vigil user nurse --role clinician");
    user->callback([arguments, &status] {
        const auto password =
            arguments->disabled
                ? Result<std::string>("")
                : read_secret(arguments->password_file, "Password (at least 12 characters)");
        if (!password) {
            std::cerr << "vigil: " << password.error().detail << '\n';
            status = 1;
            return;
        }
        JsonText body;
        body.open_object()
            .member("name", arguments->id)
            .member("password", *password)
            .member("role", arguments->role)
            .member("disabled", arguments->disabled)
            .close_object();
        status = show(
            Administrator(arguments->place)
                .call(http::Verb::post, "/v1/admin/users", std::move(body).text()),
            "done"
        );
    });
}

void add_link_command(CLI::App& app, int& status) {
    const auto arguments = std::make_shared<Arguments>();
    state_command(
        app,
        "link",
        "Print a one-time sign-in link for the running server",
        arguments->place
    )
        ->callback([arguments, &status] {
            const auto& [state, url, secret_file] = arguments->place;
            const StateFolder folder(state);
            const auto address = url.empty() ? folder.running_address() : url;
            const auto secret = access::load_secret(
                url.empty() ? folder.secret() : std::filesystem::path(secret_file)
            );
            if (!address || !secret) {
                std::cerr
                    << "vigil: "
                    << (address
                            ? secret.error().detail
                            : "no server runs on this state folder; start one with: vigil serve")
                    << '\n';
                status = 1;
                return;
            }
            const SystemClock clock;
            SystemRandom random;
            std::cout << *address
                      << "/signin?token=" << access::make_sign_in_link(*secret, random, clock.utc())
                      << '\n';
        });
}

} // namespace

void add_admin_commands(CLI::App& app, int& status) {
    add_key_commands(app, status);
    add_patient_command(app, status);
    add_user_command(app, status);
    add_link_command(app, status);
    add_station_commands(app, status);
}

} // namespace vigil
