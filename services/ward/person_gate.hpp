// Who acts: at a station nobody is signed in who may, so that each act brings a person's name and
// PIN. Used by the ward's routes, in front of AlarmDesk and MarkDesk.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "ward/attempt_limit.hpp"
#include "ward/hash_queue.hpp"

#include <functional>
#include <initializer_list>
#include <string_view>

namespace vigil::ward {

struct PersonGateOptions {
    std::size_t station_attempts = 10; // that failed, in a minute
    std::size_t person_attempts = 5;   // that failed, in a quarter of an hour, at all stations
};

/// threads any
class PersonGate {
public:
    using Then = std::move_only_function<void(http::Request, http::Reply)>;
    /// What a body may have, "person" and "pin" among it; of static storage.
    using Members = std::initializer_list<std::string_view>;

    PersonGate(
        const access::Directory& directory,
        HashQueue& hashes,
        const Clock& clock,
        Log& log,
        PersonGateOptions options = {}
    )
        : directory_(directory),
          hashes_(hashes),
          clock_(clock),
          log_(log),
          by_station_(options.station_attempts, std::chrono::minutes(1)),
          by_person_(options.person_attempts, std::chrono::minutes(15)) {}

    /// Lets a clinician who is signed in pass as they are. A station's request must have "person"
    /// and "pin" in its body: `then` gets it as that person's, made at that station.
    ///
    /// errors  unauthenticated: no such person with this PIN; 429: too many wrong ones, of the
    ///         station or of the person; forbidden: one who may not act; invalid_argument: a PIN
    ///         where nobody asks for one, a member that is none of `members`
    void admit(http::Request request, http::Reply reply, Members members, Then then);

    /// Who may act at a station: clinicians and administrators with a PIN, by name.
    void list_people(const http::Request& request, http::Reply reply);

private:
    void check(
        http::Request request,
        const std::string& person,
        const std::string& pin,
        http::Reply reply,
        Then then
    );

    const access::Directory& directory_;
    HashQueue& hashes_;
    const Clock& clock_;
    Log& log_;
    AttemptLimit by_station_;
    AttemptLimit by_person_;
};

} // namespace vigil::ward
