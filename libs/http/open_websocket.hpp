// Opens a WebSocket from a connection's upgrade request. Used by connections, which need not see
// Beast's WebSockets.
#pragma once

#include <boost/beast/http/message.hpp>

#include <memory>
#include <string>

namespace vigil::http {

/// Answers the upgrade request and runs the session until both sides have closed; the loop keeps it
/// alive.
void open_websocket(
    std::shared_ptr<Loop> loop,
    Socket socket,
    Place place,
    boost::beast::http::request_header<> header,
    std::shared_ptr<WebSocketPeer> peer,
    const RouteState& state,
    std::string request_id
);

} // namespace vigil::http
