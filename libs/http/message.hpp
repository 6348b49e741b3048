// What a service sees of HTTP: requests, answers, WebSocket sessions and the table of routes. No
// vendor's header here, so that services compile fast and their routes are tested without a socket.
// The server behind it is server.hpp (Boost.Beast).
#pragma once

#include "base/error.hpp"
#include "base/trace_context.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vigil::http {

enum class Verb : std::uint8_t { get, post, put, del };

/// Who sent the request, as the server's authenticator found it.
struct Principal {
    enum class Kind : std::uint8_t {
        nobody, // only routes with Access::open, and old senders on their opened routes
        device, // a device key: for `patient`, or as `device` for whomever that is assigned to
        staff,  // a signed-in person or station
    };
    Kind kind = Kind::nobody;
    std::string id{};      // key id or user name
    std::string patient{}; // of a device key
    std::string device{};  // likewise, where it has no patient
    bool clinician = false;
    bool administrator = false;
    std::string station{}; // of a station: it sees what staff sees and may do nothing
};

struct Request {
    Verb verb = Verb::get;
    std::string path;                              // decoded, without the query
    std::map<std::string, std::string> query;      // decoded; a name twice is refused by the server
    std::map<std::string, std::string> parameters; // of the route's pattern: "/v1/patients/{id}"
    std::map<std::string, std::string, std::less<>>
        headers;      // names in lower case; only those of request_headers in server.hpp
    std::string body; // decompressed
    std::string peer; // address without port
    std::string id;   // of the request: X-Request-Id of the answer and of the log
    TraceId trace;    // of the header traceparent, or a new one
    Principal principal;
    std::chrono::steady_clock::time_point deadline;

    [[nodiscard]] std::string_view header(std::string_view name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view{} : std::string_view(found->second);
    }

    /// The media type without parameters, in lower case: "application/json".
    [[nodiscard]] std::string_view content_type() const;
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string cause{}; // of a 5xx: only the log sees it

    [[nodiscard]] static Response json(std::string body, unsigned status = 200) {
        return {
            .status = status,
            .content_type = "application/json",
            .body = std::move(body),
            .headers = {},
            .cause = {}
        };
    }
};

/// RFC 9457 problem details for an error: the one table from codes to HTTP status; overloaded and
/// unavailable carry Retry-After. `detail` and `field` are shown, `cause` is not.
[[nodiscard]] Response problem(const Error& error, std::string_view request_id);
/// The same for statuses that no code has, such as 405, 415 and 431.
[[nodiscard]] Response
problem_with_status(unsigned status, const Error& error, std::string_view request_id);
/// 415 for a request whose content type is none of `accepted`; nothing where it is one of them.
[[nodiscard]] std::optional<Response>
refused_type(const Request& request, std::initializer_list<std::string_view> accepted);
[[nodiscard]] unsigned status_of(ErrorCode code) noexcept;

/// Whole seconds drawn evenly: senders that were refused together must not come back together. Not
/// 0, which would feed a storm; a block that is refused once still comes within the reorder horizon
/// of 10 s.
/// source  RFC 9110 section 10.2.3 (whole seconds); M. Brooker, "Exponential Backoff And Jitter",
///         AWS Architecture Blog, 2015 ("full jitter")
inline constexpr int shortest_retry_after_s = 1;
inline constexpr int longest_retry_after_s = 5;
[[nodiscard]] std::string retry_after_seconds();

/// Gives the answer to one request; exactly one call, from any thread, at any time. Destroyed
/// without a call it answers 500. After the deadline the server has answered 503 itself and a late
/// call does nothing.
class Reply {
public:
    explicit Reply(std::move_only_function<void(Response)> send) : send_(std::move(send)) {}

    Reply(Reply&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}

    Reply& operator=(Reply&&) = delete;
    ~Reply();

    void operator()(Response response);

    /// An error as problem+json, with the request's id.
    void operator()(const Error& error, std::string_view request_id) {
        (*this)(problem(error, request_id));
    }

private:
    std::move_only_function<void(Response)> send_;
};

/// Handles a request; runs on the server's threads and must not block: blocking work goes to a pool
/// of the service's own.
using Handler = std::function<void(Request, Reply)>;

/// One side of an open WebSocket. Calls may come from any thread.
class WebSocket {
public:
    virtual ~WebSocket() = default;
    /// Queues a binary message. False when the queue is at its bound (`send_queue_bytes` of the
    /// route): the message is dropped and the caller decides; a connection that stays full for
    /// `slow_reader_limit` is closed with 1013.
    virtual bool send(std::shared_ptr<const std::string> message) = 0;
    virtual void close(std::uint16_t code, std::string reason) = 0;
    /// While paused no further message is read: TCP tells the sender to wait.
    virtual void pause_reading(bool paused) = 0;
    [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

/// What a service does with one WebSocket; destroyed after on_close.
class WebSocketPeer {
public:
    virtual ~WebSocketPeer() = default;
    virtual void on_open(std::shared_ptr<WebSocket> socket) = 0;
    /// One whole binary message, at most `max_body` of the route. Text messages are refused by the
    /// server with 1003.
    virtual void on_message(std::string message) = 0;
    virtual void on_close() = 0;
};

/// Decides before the upgrade: a peer, or an error that becomes problem+json.
using WebSocketHandler = std::function<Result<std::shared_ptr<WebSocketPeer>>(const Request&)>;

enum class Access : std::uint8_t {
    open,      // anybody: sign-in page, health, and old routes that somebody opened by name
    device,    // a device key
    staff,     // a signed-in person
    clinician, // with that role
    administrator,
};

struct RouteOptions {
    Access access = Access::staff;   // deny by default
    std::size_t max_body = 64 << 10; // bytes after decompression, and of one WebSocket message
    std::chrono::milliseconds deadline{10'000};
    std::size_t slots = 256; // requests held at once; the next is refused at once, see Slots
    bool sized = false;      // its arrivals, refusals and service time are metrics for `vigil size`
    std::size_t send_queue_bytes = 4 << 20; // WebSocket: beyond it send() returns false
    std::chrono::milliseconds slow_reader_limit{10'000};
};

/// The table {verb, pattern} -> handler, so that 404 and 405 differ. Patterns:
/// "/v1/patients/{id}/vitals".
class Router {
public:
    /// A pattern added twice throws std::logic_error: the program is wrong. A literal pattern wins
    /// over one with parameters.
    void add(Verb verb, std::string pattern, RouteOptions options, Handler handler);
    void add_websocket(std::string pattern, RouteOptions options, WebSocketHandler handler);
    /// What answers GET for paths without a route, and GET "/" where only other verbs have one: the
    /// page's files.
    void fallback(RouteOptions options, Handler handler);

    struct Route {
        Verb verb = Verb::get;
        std::string pattern;
        RouteOptions options;
        std::variant<Handler, WebSocketHandler> handler;
    };

    struct Match {
        const Route* route = nullptr; // nullptr: see `allowed`
        std::map<std::string, std::string> parameters;
        std::vector<Verb> allowed; // not empty: 405 with these in Allow; empty: 404
    };

    [[nodiscard]] Match match(Verb verb, std::string_view path) const;
    /// The verbs that the path has routes for.
    [[nodiscard]] std::vector<Verb> verbs_of(std::string_view path) const;

    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

    [[nodiscard]] const Route* fallback_route() const { return fallback_ ? &*fallback_ : nullptr; }

private:
    std::vector<Route> routes_;
    std::optional<Route> fallback_;
};

/// Says who sent a request: called with the headers read and before the body is, so that strangers
/// cost little. errors  unauthenticated: credentials that are not known; without any credentials
/// the principal is `nobody`
using Authenticator = std::function<Result<Principal>(const Request&)>;

} // namespace vigil::http
