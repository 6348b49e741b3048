// Staff come and go: password, one-time link, cookie. Routes of `ward`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "ward/attempt_limit.hpp"
#include "ward/hash_queue.hpp"

#include <filesystem>
#include <string>

namespace vigil::ward {

struct SignInOptions {
    std::filesystem::path links;       // folder of one-time links
    bool secure_cookie = false;        // behind TLS
    unsigned failures_per_minute = 10; // per address; more get 429
};

/// threads any
class SignIn {
public:
    SignIn(
        const access::Directory& directory,
        const access::Secret& secret,
        const Clock& clock,
        Log& log,
        HashQueue& hashes,
        SignInOptions options
    )
        : directory_(directory),
          secret_(secret),
          clock_(clock),
          log_(log),
          hashes_(hashes),
          options_(std::move(options)),
          attempts_(options_.failures_per_minute, std::chrono::minutes(1)) {}

    void sign_in(const http::Request& request, http::Reply reply);
    void use_link(const http::Request& request, http::Reply reply);
    void sign_out(const http::Request& request, http::Reply reply);
    void who_am_i(const http::Request& request, http::Reply reply);

private:
    http::Response signed_in(const std::string& user, v1::StaffUser::Role role, unsigned status)
        const;

    const access::Directory& directory_;
    const access::Secret& secret_;
    const Clock& clock_;
    Log& log_;
    HashQueue& hashes_;
    SignInOptions options_;
    AttemptLimit attempts_; // by address
};

} // namespace vigil::ward
