// The body that Beast's parser reads into: a string with the route's bound and a share of the
// server's budget. Used by connections.
#pragma once

#include "http/body_budget.hpp"

#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace vigil::http {

/// Fails with http::error::body_limit at the bound and with errc::not_enough_memory when the budget
/// is spent; what is allocated follows what came, not what the sender announced.
struct BoundedBody {
    struct value_type {
        std::string data;
        std::size_t limit = 0;
        std::uint64_t announced = 0; // Content-Length, 0 when there is none
        BodyBudget::Share share;
    };

    class reader {
    public:
        template <bool IsRequest, class Fields>
        reader(boost::beast::http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}

        void init(const boost::optional<std::uint64_t>&, boost::system::error_code& error) {
            error = {};
        }

        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
            error = {};
            std::size_t taken = 0;
            for (auto it = boost::asio::buffer_sequence_begin(buffers);
                 it != boost::asio::buffer_sequence_end(buffers);
                 ++it) {
                if (!append(boost::asio::const_buffer(*it), error)) {
                    return taken;
                }
                taken += boost::asio::const_buffer(*it).size();
            }
            return taken;
        }

        void finish(boost::system::error_code& error) { error = {}; }

    private:
        bool append(boost::asio::const_buffer piece, boost::system::error_code& error) {
            const auto needed = body_.data.size() + piece.size();
            if (needed > body_.limit) {
                error = boost::beast::http::make_error_code(boost::beast::http::error::body_limit);
                return false;
            }
            if (needed > body_.data.capacity() && !grow(needed)) {
                error =
                    boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
                return false;
            }
            body_.data.append(static_cast<const char*>(piece.data()), piece.size());
            return true;
        }

        bool grow(std::size_t needed) {
            constexpr std::uint64_t trusted =
                16 << 10; // so much is allocated at once on the sender's word
            auto room = std::min(std::max(needed, body_.data.capacity() * 2), body_.limit);
            if (body_.announced <= trusted) {
                room = std::max<std::size_t>(needed, body_.announced);
            }
            if (!body_.share.grow_to(room)) {
                return false;
            }
            body_.data.reserve(room);
            return true;
        }

        value_type& body_;
    };
};

} // namespace vigil::http
