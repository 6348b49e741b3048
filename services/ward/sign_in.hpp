// Staff come and go: password, one-time link, cookie. Routes of `ward`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/journal.hpp"
#include "ward/attempt_limit.hpp"
#include "ward/hash_queue.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace vigil::ward {

struct SignInOptions {
    bool secure_cookie = false;        // behind TLS
    unsigned failures_per_minute = 10; // per address; more get 429
};

/// threads any
class SignIn {
public:
    SignIn(
        journal::Journal& journal,
        access::Directory& directory,
        const access::Secret& secret,
        const Clock& clock,
        Random& random,
        Log& log,
        HashQueue& hashes,
        SignInOptions options
    )
        : journal_(journal),
          directory_(directory),
          secret_(secret),
          clock_(clock),
          random_(random),
          log_(log),
          hashes_(hashes),
          options_(std::move(options)),
          attempts_(options_.failures_per_minute, std::chrono::minutes(1)) {}

    void sign_in(const http::Request& request, http::Reply reply);
    void use_link(const http::Request& request, http::Reply reply);
    void sign_out(const http::Request& request, http::Reply reply);
    void who_am_i(const http::Request& request, http::Reply reply);

private:
    /// A link that somebody uses here, and this ward's note of it.
    struct Use {
        std::string link;
        std::string entry; // the note's id
        std::string peer;
        std::string request; // its id
    };

    http::Response signed_in(const std::string& user, v1::StaffUser::Role role, unsigned status)
        const;

    /// Once this ward's note of a used link is in the directory: signed in when it was the first.
    void settle(const Use& use, http::Reply reply);
    /// False: it is being used here.
    bool take_link(const v1::LinkUsed& link);
    void give_back(const std::string& link);

    journal::Journal& journal_;
    access::Directory& directory_;
    const access::Secret& secret_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
    HashQueue& hashes_;
    SignInOptions options_;
    AttemptLimit attempts_; // by address
    std::mutex mutex_;
    std::map<std::string, std::int64_t> links_; // used here, by id: when each ends
};

} // namespace vigil::ward
