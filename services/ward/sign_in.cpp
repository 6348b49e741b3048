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

Error used_already() {
    return fail(ErrorCode::unauthenticated, "This link was used already.").error();
}

} // namespace

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
    if (!request.principal.station.empty()) {
        return reply(
            fail(
                ErrorCode::forbidden,
                "This browser is a station: acts ask for a PIN; nobody signs in."
            )
                .error(),
            request.id
        );
    }
    if (!hashes_.has_room()) {
        return reply(
            fail(ErrorCode::overloaded, "Too many people sign in at once; try again.").error(),
            request.id
        );
    }
    if (!attempts_.take(request.peer, clock_.steady())) {
        return reply(tried_too_often(request.id));
    }
    hashes_.post([this,
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
            log_.warning("sign_in_refused", {{"request_id", id}});
            return reply(
                fail(ErrorCode::unauthenticated, "User or password is wrong.").error(),
                id
            );
        }
        attempts_.forgive(peer);
        log_.info("signed_in", {{"user", user}, {"request_id", id}});
        reply(signed_in(user, known->second.role(), 204));
    });
}

void SignIn::use_link(const http::Request& request, http::Reply reply) {
    const auto token = request.query.find("token");
    if (!attempts_.take(request.peer, clock_.steady())) {
        return reply(tried_too_often(request.id));
    }
    const auto used = access::read_sign_in_link(
        secret_,
        *directory_.state(),
        token == request.query.end() ? "" : token->second,
        clock_.utc()
    );
    if (!used) {
        return reply(used.error(), request.id);
    }
    if (!take_link(*used)) {
        return reply(used_already(), request.id);
    }
    auto entry = access::directory_entry(*used, used->used_us(), random_id(random_));
    entry.set_trace_id(std::string(request.trace.bytes()));
    Use use{.link = used->id(), .entry = entry.id(), .peer = request.peer, .request = request.id};
    journal_.append(
        {.entries = {std::move(entry)}, .fences = {}},
        [this,
         use = std::move(use),
         reply = std::move(reply)](const Result<journal::Appended>& noted) mutable {
            if (!noted) {
                give_back(use.link);
                return reply(noted.error(), use.request);
            }
            directory_.when_reached(
                noted->front(),
                [this, use = std::move(use), reply = std::move(reply)]() mutable {
                    settle(use, std::move(reply));
                }
            );
        }
    );
}

void SignIn::settle(const Use& use, http::Reply reply) {
    const auto state = directory_.state();
    const auto first = state->used_links.find(use.link);
    if (first == state->used_links.end() || first->second.entry != use.entry) {
        return reply(used_already(), use.request);
    }
    attempts_.forgive(use.peer);
    log_.info("signed_in", {{"user", access::local_user}, {"request_id", use.request}});
    auto response = signed_in(std::string(access::local_user), v1::StaffUser::ADMINISTRATOR, 303);
    response.headers.emplace_back("Location", "/");
    reply(std::move(response));
}

bool SignIn::take_link(const v1::LinkUsed& link) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(links_, [now_us = to_us(clock_.utc())](const auto& one) {
        return one.second < now_us; // refused for its age
    });
    return links_.try_emplace(link.id(), link.expires_us()).second;
}

void SignIn::give_back(const std::string& link) {
    const std::scoped_lock lock(mutex_);
    links_.erase(link);
}

void SignIn::sign_out(const http::Request& request, http::Reply reply) {
    if (!request.principal.station.empty()) {
        return reply(
            fail(ErrorCode::forbidden, "A station is ended by an administrator alone.").error(),
            request.id
        );
    }
    http::Response response{.status = 204, .content_type = "", .body = "", .headers = {}};
    response.headers.emplace_back(
        "Set-Cookie",
        std::format("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict", access::session_cookie)
    );
    reply(std::move(response));
}

void SignIn::who_am_i(const http::Request& request, http::Reply reply) {
    const auto& who = request.principal;
    JsonText json;
    json.open_object().member("user", who.id);
    if (who.station.empty()) {
        json.member("role", role_name(who.clinician, who.administrator));
    } else {
        const auto state = directory_.state();
        const auto station = state->stations.find(who.station);
        json.member("role", "station");
        json.member("label", station == state->stations.end() ? "" : station->second.label());
    }
    json.close_object();
    reply(http::Response::json(std::move(json).text()));
}

} // namespace vigil::ward
