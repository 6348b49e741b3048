// Staff come and go: password, one-time link, cookie. Routes of `ward`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace vigil::ward {

struct SignInOptions {
    std::filesystem::path links;       // folder of one-time links
    bool secure_cookie = false;        // behind TLS
    std::size_t waiting = 16;          // sign-ins that wait for their hash; more get 503
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
        SignInOptions options
    );
    ~SignIn();

    void sign_in(const http::Request& request, http::Reply reply);
    void use_link(const http::Request& request, http::Reply reply);
    void sign_out(const http::Request& request, http::Reply reply);
    void who_am_i(const http::Request& request, http::Reply reply);

private:
    /// False when this address has failed too often within the minute.
    bool may_try(const std::string& peer);
    void failed(const std::string& peer);
    http::Response signed_in(const std::string& user, v1::StaffUser::Role role, unsigned status)
        const;
    void run(const std::stop_token& stop);

    const access::Directory& directory_;
    const access::Secret& secret_;
    const Clock& clock_;
    Log& log_;
    SignInOptions options_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::move_only_function<void()>> waiting_;
    std::map<std::string, std::deque<SteadyTime>> failures_;
    std::jthread hasher_; // Argon2id takes 64 MiB and 50 ms: one at a time
};

} // namespace vigil::ward
