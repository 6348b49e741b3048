// What staff do about alarms: settings of a patient's, and acts. Each is an entry with who and
// when, which the patient's owner reads in order with everything else. Routes of `ward`.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/journal.hpp"

namespace vigil::ward {

/// What a body may say is checked here by alarm::check(); whether an act still changes something
/// only the owner knows, who answers with a notice on the live page.
///
/// threads any
class AlarmDesk {
public:
    AlarmDesk(
        journal::Journal& journal,
        access::Directory& directory,
        const Clock& clock,
        Random& random,
        Log& log
    )
        : journal_(journal), directory_(directory), clock_(clock), random_(random), log_(log) {}

    // A route without a patient is of Vigil's own alarms.

    void show_settings(const http::Request& request, http::Reply reply);
    /// What is left out stays as it is. Times in seconds, limits as whole numbers.
    void put_settings(const http::Request& request, http::Reply reply);
    /// Body {"model","model_version","signed_off"}: whether this model's seizures of this patient
    /// are worth a high alarm.
    void put_sign_off(const http::Request& request, http::Reply reply);
    /// Body {"kind","alarm","revision","condition","reason","for_s","device","stream"}: 202 once it
    /// is in the journal.
    void post_act(const http::Request& request, http::Reply reply);

private:
    /// errors  not_found: no such patient
    [[nodiscard]] Result<v1::AlarmSettings> in_force(const http::Request& request) const;
    void set(v1::AlarmSettings settings, const http::Request& request, http::Reply reply);

    journal::Journal& journal_;
    access::Directory& directory_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
};

} // namespace vigil::ward
