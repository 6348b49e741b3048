#include "ward/station_desk.hpp"

#include "access/session.hpp"
#include "access/station.hpp"
#include "base/json_text.hpp"
#include "base/strict_json.hpp"
#include "ward/append_entries.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace vigil::ward {

namespace {

constexpr std::size_t max_label = 100;

} // namespace

void StationDesk::add_station(const http::Request& request, http::Reply reply) {
    const auto asked = json::FlatObject::read(request.body, {"label"});
    const auto label =
        asked ? asked->text("label") : Result<std::string>(std::unexpected(asked.error()));
    if (!label) {
        return reply(label.error(), request.id);
    }
    if (label->empty() || label->size() > max_label) {
        return reply(
            fail(
                ErrorCode::invalid_argument,
                std::format("A station's label has 1 to {} bytes.", max_label),
                "label"
            )
                .error(),
            request.id
        );
    }
    const auto now_us = to_us(clock_.utc());
    auto made = access::make_station(secret_, random_, *label, request.principal.id, now_us);
    log_.info("station_added", {{"station", made.record.id()}, {"by", request.principal.id}});
    JsonText answer;
    answer.open_object()
        .member("id", made.record.id())
        .member("token", made.token)
        .member("path", "/signin?station=" + made.token)
        .member("label", *label)
        .close_object();
    append_entries(
        journal_,
        {access::directory_entry(made.record, now_us, random_id(random_))},
        http::Response::json(std::move(answer).text(), 201),
        request,
        std::move(reply)
    );
}

void StationDesk::list_stations(const http::Request& /*request*/, http::Reply reply) {
    const auto state = directory_.state();
    v1::LiveFrame now;
    if (board_ != nullptr) {
        board_->show(now);
    }
    JsonText answer;
    answer.open_object().key("stations").open_array();
    for (const auto& [id, station] : state->stations) {
        answer.open_object()
            .member("id", id)
            .member("label", station.label())
            .member("by", station.by())
            .member("created", to_rfc3339(from_us(station.created_us())));
        if (station.enrolled_us() != 0) {
            answer.member("enrolled", to_rfc3339(from_us(station.enrolled_us())));
        }
        if (station.revoked_us() != 0) {
            answer.member("revoked", to_rfc3339(from_us(station.revoked_us())));
        }
        const auto live = std::ranges::find(now.stations(), id, &v1::LiveStation::id);
        if (live != now.stations().end()) {
            answer.member("listens", live->listens());
            if (live->heard_us() != 0) {
                answer.member("seen", to_rfc3339(from_us(live->heard_us())));
            }
        }
        answer.close_object();
    }
    answer.close_array().close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void StationDesk::revoke_station(const http::Request& request, http::Reply reply) {
    const auto state = directory_.state();
    const auto found = state->stations.find(request.parameters.at("id"));
    if (found == state->stations.end()) {
        return reply(
            fail(ErrorCode::not_found, "There is no station with this id.", "id").error(),
            request.id
        );
    }
    auto station = found->second;
    const auto now_us = to_us(clock_.utc());
    if (station.revoked_us() == 0) {
        station.set_revoked_us(now_us);
    }
    log_.info("station_revoked", {{"station", station.id()}, {"by", request.principal.id}});
    append_entries(
        journal_,
        {access::directory_entry(station, now_us, random_id(random_))},
        no_content(),
        request,
        std::move(reply)
    );
}

void StationDesk::enroll(const http::Request& request, http::Reply reply) {
    const auto token = request.query.find("station");
    auto station = access::station_of_token(
        secret_,
        *directory_.state(),
        token == request.query.end() ? "" : token->second,
        clock_.utc()
    );
    if (!station) {
        return reply(station.error(), request.id);
    }
    {
        const std::scoped_lock lock(mutex_);
        if (!enrolling_.insert(station->id()).second) {
            return reply(
                fail(ErrorCode::unauthenticated, "This link was used; ask for a new one.").error(),
                request.id
            );
        }
    }
    const auto now = clock_.utc();
    station->set_enrolled_us(to_us(now));
    http::Response response{.status = 303, .content_type = "", .body = "", .headers = {}};
    response.headers.emplace_back(
        "Set-Cookie",
        std::format(
            "{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}",
            access::station_cookie,
            access::make_station_cookie(secret_, *station, now + access::station_length),
            std::chrono::seconds(access::station_length).count(),
            secure_cookie_ ? "; Secure" : ""
        )
    );
    response.headers.emplace_back("Location", "/");
    log_.info("station_enrolled", {{"station", station->id()}, {"request_id", request.id}});
    journal_.append(
        {.entries = {access::directory_entry(*station, to_us(now), random_id(random_))},
         .fences = {}},
        [this,
         id = station->id(),
         request_id = request.id,
         response = std::move(response),
         reply = std::move(reply)](Result<journal::Appended> done) mutable {
            if (done) {
                return reply(std::move(response));
            }
            {
                const std::scoped_lock lock(mutex_);
                enrolling_.erase(id); // the token is as good as before
            }
            reply(done.error(), request_id);
        }
    );
}

void StationDesk::put_pin(const http::Request& request, http::Reply reply) {
    const auto asked = json::FlatObject::read(request.body, {"user", "pin"});
    if (!asked) {
        return reply(asked.error(), request.id);
    }
    const auto user = asked->text("user");
    const auto pin = asked->text("pin");
    if (!user || !pin) {
        return reply(user ? pin.error() : user.error(), request.id);
    }
    set_pin(*user, *pin, request, std::move(reply));
}

void StationDesk::put_own_pin(const http::Request& request, http::Reply reply) {
    if (!request.principal.station.empty()) {
        return reply(
            fail(ErrorCode::forbidden, "A station has no PIN; people have.").error(),
            request.id
        );
    }
    const auto asked = json::FlatObject::read(request.body, {"pin"});
    const auto pin =
        asked ? asked->text("pin") : Result<std::string>(std::unexpected(asked.error()));
    if (!pin) {
        return reply(pin.error(), request.id);
    }
    set_pin(request.principal.id, *pin, request, std::move(reply));
}

void StationDesk::set_pin(
    const std::string& user,
    const std::string& pin,
    const http::Request& request,
    http::Reply reply
) {
    if (!directory_.state()->users.contains(user)) {
        return reply(
            fail(ErrorCode::not_found, "There is no user of this name.", "user").error(),
            request.id
        );
    }
    if (const auto checked = access::check_new_pin(pin); !pin.empty() && !checked) {
        return reply(checked.error(), request.id);
    }
    if (!hashes_.has_room()) {
        return reply(
            fail(ErrorCode::overloaded, "Too many PINs at once; try again.").error(),
            request.id
        );
    }
    hashes_.post([this, user, pin, request, reply = std::move(reply)]() mutable {
        v1::StaffPin set;
        set.set_user(user);
        set.set_by(request.principal.id);
        const auto now_us = to_us(clock_.utc());
        set.set_set_us(now_us);
        if (!pin.empty()) {
            auto hash = access::hash_password(pin);
            if (!hash) {
                return reply(hash.error(), request.id);
            }
            set.set_hash(*std::move(hash));
        }
        log_.info("pin_set", {{"user", user}, {"by", request.principal.id}});
        append_entries(
            journal_,
            {access::directory_entry(set, now_us, random_id(random_))},
            no_content(),
            request,
            std::move(reply)
        );
    });
}

} // namespace vigil::ward
