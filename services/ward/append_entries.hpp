// What a request asked for, into the journal. Used by Administration and the desks.
#pragma once

#include "http/message.hpp"
#include "journal/journal.hpp"

#include <vector>

namespace vigil::ward {

/// Gives the entries the request's trace and appends them as a whole; the answer is `success` once
/// they are durable, else the journal's error.
void append_entries(
    journal::Journal& journal,
    std::vector<v1::Entry> entries,
    http::Response success,
    const http::Request& request,
    http::Reply reply
);

/// An act: 202 with the entry's id in hex, since what comes of it shows in the journal.
void append_act(
    journal::Journal& journal,
    v1::Entry entry,
    const http::Request& request,
    http::Reply reply
);

/// Done, and nothing to say.
[[nodiscard]] http::Response no_content();

} // namespace vigil::ward
