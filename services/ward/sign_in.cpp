#include "ward/sign_in.hpp"

#include "access/session.hpp"
#include "access/sign_in_link.hpp"
#include "base/json_text.hpp"
#include "base/strict_json.hpp"

#include <format>
#include <utility>

namespace vigil::ward {

namespace {

constexpr std::string_view role_name(bool clinician, bool administrator) {
    return administrator ? "administrator" : clinician ? "clinician" : "viewer";
}

/// The fault is this address's own, so that it is no 503.
http::Response tried_too_often(std::string_view request_id) {
    auto response = http::problem_with_status(
        429,
        fail(ErrorCode::unauthenticated, "Too many sign-ins were tried; wait a minute.").error(),
        request_id
    );
    response.headers = {{"Retry-After", "60"}};
    return response;
}

} // namespace

SignIn::SignIn(
    const access::Directory& directory,
    const access::Secret& secret,
    const Clock& clock,
    Log& log,
    SignInOptions options
)
    : directory_(directory),
      secret_(secret),
      clock_(clock),
      log_(log),
      options_(std::move(options)) {
    hasher_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SignIn::~SignIn() = default;

void SignIn::run(const std::stop_token& stop) {
    while (true) {
        std::move_only_function<void()> next;
        {
            std::unique_lock lock(mutex_);
            if (!wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
                return;
            }
            next = std::move(waiting_.front());
            waiting_.pop_front();
        }
        next();
    }
}

bool SignIn::may_try(const std::string& peer) {
    const auto minute_ago = clock_.steady() - std::chrono::minutes(1);
    std::erase_if(failures_, [&](const auto& entry) { return entry.second.back() < minute_ago; });
    const auto found = failures_.find(peer);
    if (found == failures_.end()) {
        return failures_.size() < 10'000;
    }
    while (found->second.front() < minute_ago) {
        found->second.pop_front();
    }
    return found->second.size() < options_.failures_per_minute;
}

void SignIn::failed(const std::string& peer) {
    const std::scoped_lock lock(mutex_);
    failures_[peer].push_back(clock_.steady());
}

http::Response SignIn::signed_in(const std::string& user, v1::StaffUser::Role role, unsigned status)
    const {
    const auto expires = clock_.utc() + access::session_length;
    const auto cookie = access::make_session(
        secret_,
        *directory_.state(),
        {.user = user, .role = role, .expires_us = to_us(expires)}
    );
    http::Response response{.status = status, .content_type = "", .body = "", .headers = {}};
    response.headers.emplace_back(
        "Set-Cookie",
        std::format(
            "{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}",
            access::session_cookie,
            cookie,
            std::chrono::seconds(access::session_length).count(),
            options_.secure_cookie ? "; Secure" : ""
        )
    );
    return response;
}

void SignIn::sign_in(const http::Request& request, http::Reply reply) {
    const auto asked = json::FlatObject::read(request.body, {"user", "password"});
    if (!asked) {
        return reply(asked.error(), request.id);
    }
    const auto user = asked->text("user");
    const auto password = asked->text("password");
    if (!user || !password) {
        return reply(user ? password.error() : user.error(), request.id);
    }
    const std::scoped_lock lock(mutex_);
    if (!may_try(request.peer)) {
        return reply(tried_too_often(request.id));
    }
    if (waiting_.size() >= options_.waiting) {
        return reply(
            fail(ErrorCode::overloaded, "Too many people sign in at once; try again.").error(),
            request.id
        );
    }
    waiting_.emplace_back([this,
                           user = *user,
                           password = *password,
                           peer = request.peer,
                           id = request.id,
                           reply = std::move(reply)]() mutable {
        const auto state = directory_.state();
        const auto known = state->users.find(user);
        const bool usable = known != state->users.end() && !known->second.disabled();
        if (!access::verify_password(
                usable ? known->second.password_hash() : std::string(),
                password
            )) {
            failed(peer);
            log_.warning("sign_in_refused", {{"request_id", id}});
            return reply(
                fail(ErrorCode::unauthenticated, "User or password is wrong.").error(),
                id
            );
        }
        log_.info("signed_in", {{"user", user}, {"request_id", id}});
        reply(signed_in(user, known->second.role(), 204));
    });
    wake_.notify_one();
}

void SignIn::use_link(const http::Request& request, http::Reply reply) {
    const auto token = request.query.find("token");
    {
        const std::scoped_lock lock(mutex_);
        if (!may_try(request.peer)) {
            return reply(tried_too_often(request.id));
        }
    }
    if (const auto used = access::use_sign_in_link(
            options_.links,
            token == request.query.end() ? "" : token->second,
            clock_.utc()
        );
        !used) {
        failed(request.peer);
        return reply(used.error(), request.id);
    }
    log_.info("signed_in", {{"user", access::local_user}, {"request_id", request.id}});
    auto response = signed_in(std::string(access::local_user), v1::StaffUser::ADMINISTRATOR, 303);
    response.headers.emplace_back("Location", "/");
    reply(std::move(response));
}

void SignIn::sign_out(const http::Request& /*request*/, http::Reply reply) {
    http::Response response{.status = 204, .content_type = "", .body = "", .headers = {}};
    response.headers.emplace_back(
        "Set-Cookie",
        std::format("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict", access::session_cookie)
    );
    reply(std::move(response));
}

void SignIn::who_am_i(const http::Request& request, http::Reply reply) {
    JsonText json;
    json.open_object()
        .member("user", request.principal.id)
        .member("role", role_name(request.principal.clinician, request.principal.administrator))
        .close_object();
    reply(http::Response::json(std::move(json).text()));
}

} // namespace vigil::ward
