// Browsers that people have asked to be called at by Web Push, each person's own. Routes of `ward`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "http/web_push.hpp"
#include "journal/journal.hpp"
#include "ward/second_way_config.hpp"

#include <cstddef>

namespace vigil::ward {

/// This server's pair of keys for push services: it follows from the installation's secret, so that
/// browsers that subscribed once are still called after a restart.
/// errors  internal
[[nodiscard]] Result<http::PushKey> push_key(const access::Secret& secret);

/// threads any
class PushDesk {
public:
    static constexpr std::size_t most_of_a_person = 8;
    static constexpr std::size_t most = 64; // each has a thread of its own while a call goes out

    /// Web Push is set up where `config` has a contact.
    PushDesk(
        journal::Journal& journal,
        const access::Directory& directory,
        const http::PushKey& key,
        const SecondWayConfig& config,
        const Clock& clock,
        Random& random,
        Log& log
    )
        : journal_(journal),
          directory_(directory),
          key_(key),
          is_set_up_(!config.push_contact.empty()),
          hosts_(config.push_hosts),
          clock_(clock),
          random_(random),
          log_(log) {}

    /// Whether it is set up, the server's public key, and one's own browsers.
    void list(const http::Request& request, http::Reply reply);
    /// Body {"endpoint","p256dh","auth","label"}, keys as base64url: 201 with its id. The same
    /// endpoint again replaces, also another person's: it is the one browser.
    ///
    /// errors  not_found: not set up; invalid_argument: an address that is none, or of no push
    ///         service that may be asked; conflict: too many; forbidden: a station
    void add(const http::Request& request, http::Reply reply);
    /// One's own; an administrator's are everybody's.
    void remove(const http::Request& request, http::Reply reply);

private:
    [[nodiscard]] Result<v1::PushBrowser> read(const http::Request& request) const;
    [[nodiscard]] Result<void> check(const http::PushAddress& address) const;
    [[nodiscard]] Result<void> has_room(const v1::PushBrowser& browser) const;

    journal::Journal& journal_;
    const access::Directory& directory_;
    const http::PushKey& key_;
    const bool is_set_up_;
    const PushHosts hosts_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
};

} // namespace vigil::ward
