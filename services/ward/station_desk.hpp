// Stations and PINs: made, used and ended. Routes of `ward`, and `vigil station` and `vigil pin`
// when no server runs.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/journal.hpp"
#include "ward/hash_queue.hpp"
#include "ward/station_board.hpp"

#include <mutex>
#include <set>
#include <string>

namespace vigil::ward {

/// threads any
class StationDesk {
public:
    StationDesk(
        journal::Journal& journal,
        const access::Directory& directory,
        const access::Secret& secret,
        const Clock& clock,
        Random& random,
        Log& log,
        HashQueue& hashes,
        bool secure_cookie = false,
        const StationBoard* board = nullptr
    )
        : journal_(journal),
          directory_(directory),
          secret_(secret),
          clock_(clock),
          random_(random),
          log_(log),
          hashes_(hashes),
          secure_cookie_(secure_cookie),
          board_(board) {}

    /// Body {"label"}: 201 with the token, which is shown this once and makes one browser that
    /// station.
    void add_station(const http::Request& request, http::Reply reply);
    /// With when each was last heard of and whether it listens, where a server runs.
    void list_stations(const http::Request& request, http::Reply reply);
    /// DELETE /v1/admin/stations/{id}: counts within a second, also for its open pages.
    void revoke_station(const http::Request& request, http::Reply reply);
    /// GET /signin?station=TOKEN: this browser is the station from now on.
    void enroll(const http::Request& request, http::Reply reply);

    /// Body {"user","pin"}; an empty PIN takes it away.
    void put_pin(const http::Request& request, http::Reply reply);
    /// Body {"pin"}: one's own.
    void put_own_pin(const http::Request& request, http::Reply reply);

private:
    void set_pin(
        const std::string& user,
        const std::string& pin,
        const http::Request& request,
        http::Reply reply
    );

    journal::Journal& journal_;
    const access::Directory& directory_;
    const access::Secret& secret_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
    HashQueue& hashes_;
    bool secure_cookie_;
    const StationBoard* board_; // null: no server runs, so that nobody is heard
    std::mutex mutex_;
    std::set<std::string> enrolling_; // ids whose token is used, before the directory says so
};

} // namespace vigil::ward
