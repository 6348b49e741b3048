// Where each patient's video is: an administrator says it, and the page links to the moment that it
// shows. Routes of `ward`; nothing here ever asks the address for anything.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/journal.hpp"

namespace vigil::ward {

/// threads any
class VideoDesk {
public:
    VideoDesk(
        journal::Journal& journal,
        const access::Directory& directory,
        const Clock& clock,
        Random& random,
        Log& log
    )
        : journal_(journal), directory_(directory), clock_(clock), random_(random), log_(log) {}

    /// {"address","offset_s"}, with "by" and "set" where somebody has said it; an empty address is
    /// none.
    void show(const http::Request& request, http::Reply reply);
    /// Body {"address","offset_s"}; an empty address takes it away. See check_video_address().
    void put(const http::Request& request, http::Reply reply);

private:
    [[nodiscard]] Result<v1::VideoLink> read(const http::Request& request) const;

    journal::Journal& journal_;
    const access::Directory& directory_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
};

} // namespace vigil::ward
