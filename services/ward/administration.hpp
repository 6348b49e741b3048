// Patients, device keys and staff: each change is a directory entry in the journal. Routes of
// `ward`, and `vigil key` and the like when no server runs.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/journal.hpp"

#include <string>
#include <vector>

namespace vigil::ward {

/// A model that the detector can run.
struct LoadedModel {
    std::string name;
    std::string version;
};

/// threads any
class Administration {
public:
    Administration(
        journal::Journal& journal,
        access::Directory& directory,
        const access::Secret& secret,
        const Clock& clock,
        Random& random,
        Log& log
    )
        : journal_(journal),
          directory_(directory),
          secret_(secret),
          clock_(clock),
          random_(random),
          log_(log) {}

    /// Body {"patient","label"} or {"device","label"}: 201 with the key, which is shown this once.
    /// A patient or device that is not known is made.
    void add_key(const http::Request& request, http::Reply reply);
    void list_keys(const http::Request& request, http::Reply reply);
    /// DELETE /v1/admin/keys/{id}: counts within a second, also for open streams.
    void revoke_key(const http::Request& request, http::Reply reply);
    /// Body {"id","label","number","monitoring":"on|standby|off"}: makes or changes.
    void put_patient(const http::Request& request, http::Reply reply);
    /// Body {"name","password","role":"viewer|clinician|administrator","disabled"}: makes or
    /// changes; an empty password keeps the old one.
    void put_user(const http::Request& request, http::Reply reply);
    /// Names and roles, without what proves who somebody is.
    void list_users(const http::Request& request, http::Reply reply);
    /// What the machine's clock is worth: whether it follows a time server, and how far it may be
    /// off.
    void show_clock(const http::Request& request, http::Reply reply);
    /// PUT /v1/patients/{id}/models, body {"active","shadows":[...]}: counts for the samples that
    /// come after it. Who chose, and when, stays in the entry.
    void put_models(const http::Request& request, http::Reply reply);
    /// Beside the assignment what may be assigned or signed off, by name and version.
    void show_models(const http::Request& request, http::Reply reply);

    /// The detector's models, where the wiring knows them: others are then refused. Call it before
    /// the routes are served.
    void know_models(std::vector<LoadedModel> models);
    /// Body as `vigil promote` makes it: 201 with the promotion's id. It records what the gate of
    /// `vigil evaluate` found; one with a margin that does not hold, or on fewer patients or
    /// seizures than the gate wants, is refused.
    void add_promotion(const http::Request& request, http::Reply reply);
    /// All of them, the oldest first.
    void list_promotions(const http::Request& request, http::Reply reply);

private:
    [[nodiscard]] Result<v1::ModelAssignment> assignment_of(const http::Request& request) const;

    [[nodiscard]] std::string id() { return random_id(random_); }

    journal::Journal& journal_;
    access::Directory& directory_;
    const access::Secret& secret_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
    std::vector<LoadedModel> known_models_; // empty: not known
};

} // namespace vigil::ward
