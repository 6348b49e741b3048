// What staff say of a patient's record: annotations, whether an event was a seizure, a call for
// help, that the patient was looked after. Each is an entry with who and when. Routes of `ward`.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/journal.hpp"

namespace vigil::ward {

/// threads any
class MarkDesk {
public:
    MarkDesk(
        journal::Journal& journal,
        access::Directory& directory,
        const Clock& clock,
        Random& random,
        Log& log
    )
        : journal_(journal), directory_(directory), clock_(clock), random_(random), log_(log) {}

    /// Body {"kind","from_us","until_us","type","awareness","text","event","verdict","withdraws",
    /// "confirm"}: 202 with the mark's id once it is in the journal. Whether an event or a mark of
    /// this id exists only `records` knows: one that does not changes nothing.
    void post_mark(const http::Request& request, http::Reply reply);

private:
    journal::Journal& journal_;
    access::Directory& directory_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
};

} // namespace vigil::ward
