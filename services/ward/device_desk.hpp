// Which patient a device is on, and who the patient is. Each change is an entry with who and when.
// Routes of `ward`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/journal.hpp"

namespace vigil::ward {

/// threads any
class DeviceDesk {
public:
    DeviceDesk(
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

    void list(const http::Request& request, http::Reply reply);
    /// Body {"label"}: makes the device known, or names it anew.
    void put_device(const http::Request& request, http::Reply reply);
    /// Body {"patient","from","until","id","name","born","number","bed"}: the last five are the
    /// identifiers that were read from the patient, at least two, and each has to be right. Data of
    /// the device from `from` on (now, where it is missing) are the patient's.
    void assign(const http::Request& request, http::Reply reply);
    /// Body {"at"}: ends the assignment that is open at that time (now, where it is missing).
    void end_assignment(const http::Request& request, http::Reply reply);

    void show_identity(const http::Request& request, http::Reply reply);
    /// Body {"name","born","number","bed"}: replaces all of it.
    void put_identity(const http::Request& request, http::Reply reply);
    void erase_identity(const http::Request& request, http::Reply reply);

private:
    /// errors  not_found: no such patient, or nothing is known of who it is
    [[nodiscard]] Result<v1::Identity> identity_of(const std::string& patient) const;
    /// What is known of who a patient is; the label stands for the bed where that was not said.
    [[nodiscard]] v1::Identity known_of(const v1::Patient& patient) const;
    [[nodiscard]] Result<v1::Device> assigned(const http::Request& request) const;
    [[nodiscard]] Result<v1::Device> ended(const http::Request& request) const;
    void put(
        const v1::Device& device,
        http::Response success,
        const http::Request& request,
        http::Reply reply
    );
    void seal(const v1::SealedIdentity& identity, const http::Request& request, http::Reply reply);

    journal::Journal& journal_;
    access::Directory& directory_;
    const access::Secret& secret_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
};

} // namespace vigil::ward
