#include "store/mariadb/mariadb_options.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <fstream>

namespace vigil::store {

namespace {

// A database's name stands in statements, so it is held to what needs no quotes.
bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

std::unexpected<Error> wrong(std::string_view what) {
    return fail(
        ErrorCode::invalid_argument,
        "Not an address of a store: " + std::string(what) +
            "; write one such as mariadb://127.0.0.1:3306/vigil.",
        "store"
    );
}

} // namespace

Result<MariadbOptions> parse_mariadb_url(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed || parsed->scheme() != "mariadb") {
        return wrong("it does not begin with mariadb://");
    }
    if (parsed->has_userinfo()) {
        return wrong("user and password have flags of their own");
    }
    if (parsed->has_query() || parsed->has_fragment()) {
        return wrong("nothing follows the database");
    }
    MariadbOptions options;
    options.host = parsed->host_address(); // an IPv6 address without its brackets
    if (options.host.empty()) {
        return wrong("the host is missing");
    }
    if (parsed->has_port() && !parsed->port().empty()) {
        options.port = parsed->port_number();
        if (options.port == 0) { // also for one that is too large
            return wrong("the port is not one of 1 to 65535");
        }
    }
    const auto segments = parsed->segments();
    options.database = segments.size() == 1 ? std::string(*segments.begin()) : std::string();
    if (!is_plain_name(options.database)) {
        return wrong("the database is one name of at most 64 letters, digits and _");
    }
    return options;
}

Result<std::string> read_password(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    if (line.ends_with('\r')) {
        line.pop_back();
    }
    if (line.empty()) {
        return fail(
            ErrorCode::invalid_argument,
            "No password in the first line of " + file.string() + "."
        );
    }
    return line;
}

} // namespace vigil::store
