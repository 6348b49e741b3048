// Administration from the command line: through the running server, or on the journal when none
// runs. Used by `vigil key`, `vigil promote` and the like.
#pragma once

#include "access/secret.hpp"
#include "http/message.hpp"
#include "vigil/state_folder.hpp"

#include <string>
#include <string_view>

namespace vigil {

/// Answers one administration request: the running server does, or the same routes over the journal
/// when none runs.
class Administrator {
public:
    explicit Administrator(StateFolder folder) : folder_(std::move(folder)) {}

    Result<http::Response> call(http::Verb verb, const std::string& path, std::string body);

private:
    Result<http::Response> call_on_journal(
        const access::Secret& secret,
        http::Verb verb,
        const std::string& path,
        std::string body
    );

    StateFolder folder_;
};

/// Prints the answer's body, or `done` where it has none; the exit status.
int show(const Result<http::Response>& answer, std::string_view done);

} // namespace vigil
