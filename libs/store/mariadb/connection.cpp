#include "store/mariadb/connection.hpp"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/mysql/any_connection.hpp>
#include <boost/mysql/error_categories.hpp>
#include <boost/mysql/is_fatal_error.hpp>
#include <boost/mysql/results.hpp>
#include <boost/mysql/statement.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace vigil::store::mariadb {

namespace {

namespace asio = boost::asio;
namespace mysql = boost::mysql;

// Below it a quarantined block of 512 KiB would not pass.
constexpr std::size_t least_packet = 2 << 20;
// More at once saves nothing, and is held twice while it is sent.
constexpr std::size_t most_packet = 8 << 20;
constexpr std::size_t overhead = 4096; // of a statement beside its values
// Of one row that a client reads or sends.
constexpr std::size_t buffer_bytes = std::size_t{256} << 20;

// How many rows the statements have that a RowsStatement becomes: few, since each is prepared.
constexpr std::array<std::size_t, 4> row_counts{128, 16, 4, 1};

// What passes by itself, or with a hand at the server: the same write may then succeed.
constexpr std::array passing{
    1020, // record has changed since last read
    1021, // disk full
    1040, // too many connections
    1041, // out of memory
    1044, // access denied to the database: accounts may be made after the first program starts
    1045, // access denied
    1049, // unknown database: likewise
    1053, // shutdown in progress
    1114, // table is full
    1129, // host is blocked
    1130, // host is not allowed
    1158, 1159, 1160, 1161, // reading and writing packets
    1184,                   // aborting a connection
    1203, 1226,             // more connections than the user may have
    1205,                   // lock wait timeout
    1213,                   // deadlock
    1290,                   // read only
    1317,                   // interrupted
    1461,                   // too many prepared statements
    1836,                   // read only
    1927,                   // connection killed
    1969, 3024,             // statement timeout
    4031,                   // idle for too long
};

// Their texts quote what was to be written, which no log may have.
constexpr std::array quoting{1062, 1292, 1366, 1586};

Failure failure_of(const mysql::error_code& code, const mysql::diagnostics& said, bool connected) {
    const bool of_server = code.category() == mysql::get_common_server_category() ||
                           code.category() == mysql::get_mariadb_server_category() ||
                           code.category() == mysql::get_mysql_server_category();
    const auto number = of_server ? code.value() : 0;
    const bool ended = number == 1053 || number == 1317 || number == 1927 || number == 4031;
    const bool lost = !connected || ended || mysql::is_fatal_error(code);
    const bool passes = (!of_server && lost) || std::ranges::contains(passing, number);
    auto cause = code == asio::error::operation_aborted ? "no answer in time" : code.message();
    if (!said.server_message().empty() && !std::ranges::contains(quoting, number)) {
        cause += ": ";
        cause += said.server_message();
    }
    auto error = passes
                     ? fail(
                           ErrorCode::unavailable,
                           "the store's server is away or refuses",
                           {},
                           std::move(cause),
                           Retry::safe
                       )
                     : fail(ErrorCode::internal, "the store's server failed", {}, std::move(cause));
    return {std::move(error).error(), number, lost};
}

} // namespace

struct Answer::Inside {
    mysql::results results;

    [[nodiscard]] mysql::field_view at(std::size_t row, std::size_t column) const {
        return results.rows().at(row).at(column);
    }
};

Answer::Answer(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

Answer::Answer(Answer&&) noexcept = default;
Answer& Answer::operator=(Answer&&) noexcept = default;
Answer::~Answer() = default;

std::size_t Answer::rows() const {
    return inside_->results.rows().size();
}

bool Answer::is_null(std::size_t row, std::size_t column) const {
    return inside_->at(row, column).is_null();
}

std::int64_t Answer::integer(std::size_t row, std::size_t column) const {
    const auto field = inside_->at(row, column);
    if (field.is_null()) {
        return 0;
    }
    return field.is_uint64() ? static_cast<std::int64_t>(field.get_uint64()) : field.as_int64();
}

std::uint64_t Answer::number(std::size_t row, std::size_t column) const {
    return static_cast<std::uint64_t>(integer(row, column));
}

std::string_view Answer::bytes(std::size_t row, std::size_t column) const {
    const auto field = inside_->at(row, column);
    if (field.is_null()) {
        return {};
    }
    if (field.is_string()) {
        const auto text = field.get_string();
        return {text.data(), text.size()};
    }
    const auto blob = field.as_blob();
    return {reinterpret_cast<const char*>(blob.data()), blob.size()};
}

std::uint64_t Answer::affected() const {
    return inside_->results.affected_rows();
}

std::int64_t Answer::inserted_id() const {
    return static_cast<std::int64_t>(inside_->results.last_insert_id());
}

struct Connection::Inside {
    std::chrono::milliseconds timeout;
    asio::io_context context{1};
    std::optional<asio::ssl::context> tls;
    std::optional<mysql::any_connection> session;
    std::map<std::pair<const char*, std::size_t>, mysql::statement> statements;
    std::size_t most_bytes = 0;
    bool mariadb = false;
    bool used = false;

    /// Runs what `start` begins until it is done or too late; a lost session fails at once.
    void await(std::chrono::milliseconds deadline, bool connected, auto start) {
        mysql::error_code code = asio::error::operation_aborted;
        mysql::diagnostics said;
        start(said, asio::cancel_after(deadline, [&](const mysql::error_code& result, auto&&...) {
                  code = result;
              }));
        context.restart();
        context.run();
        if (code) {
            throw failure_of(code, said, connected);
        }
    }

    mysql::statement prepare(const std::string& sql) {
        mysql::statement statement;
        mysql::error_code code = asio::error::operation_aborted;
        mysql::diagnostics said;
        session->async_prepare_statement(
            sql,
            said,
            asio::cancel_after(
                timeout,
                [&](const mysql::error_code& result, mysql::statement made) {
                    code = result;
                    statement = made;
                }
            )
        );
        context.restart();
        context.run();
        if (code) {
            throw failure_of(code, said, true);
        }
        return statement;
    }

    Answer execute(const mysql::statement& statement, std::span<const Value> values) {
        std::vector<mysql::field_view> fields;
        fields.reserve(values.size());
        for (const auto& value : values) {
            if (const auto* integer = std::get_if<std::int64_t>(&value)) {
                fields.emplace_back(*integer);
            } else if (const auto* number = std::get_if<std::uint64_t>(&value)) {
                fields.emplace_back(*number);
            } else if (const auto* bytes = std::get_if<std::string_view>(&value)) {
                fields.emplace_back(mysql::blob_view(
                    reinterpret_cast<const unsigned char*>(bytes->data()),
                    bytes->size()
                ));
            } else {
                fields.emplace_back();
            }
        }
        return ask(statement.bind(fields.begin(), fields.end()));
    }

    Answer ask(const auto& request) {
        auto inside = std::make_unique<Answer::Inside>();
        await(timeout, true, [&](mysql::diagnostics& said, auto token) {
            session->async_execute(request, inside->results, said, std::move(token));
        });
        used = true;
        return Answer(std::move(inside));
    }
};

namespace {

void trust(asio::ssl::context& tls, const MariadbOptions& options) {
    boost::system::error_code code;
    tls.load_verify_file(options.ca_file.string(), code);
    if (code) {
        throw Failure(
            fail(
                ErrorCode::invalid_argument,
                "No certificates in " + options.ca_file.string() + ".",
                "store-ca",
                code.message()
            )
                .error(),
            0,
            true
        );
    }
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.set_verify_callback(asio::ssl::host_name_verification(options.host));
}

} // namespace

Connection::Connection(const MariadbOptions& options, const Account& account)
    : inside_(std::make_unique<Inside>(options.timeout)) {
    mysql::any_connection_params shape;
    shape.max_buffer_size = buffer_bytes;
    mysql::connect_params way;
    if (options.host.starts_with('/')) {
        way.server_address.emplace_unix_path(options.host);
    } else {
        way.server_address.emplace_host_and_port(options.host, options.port);
    }
    way.username = account.user;
    way.password = account.password;
    way.database = options.database;
    way.ssl = mysql::ssl_mode::disable;
    if (!options.ca_file.empty()) {
        trust(inside_->tls.emplace(asio::ssl::context::tls_client), options);
        shape.ssl_context = &*inside_->tls;
        way.ssl = mysql::ssl_mode::require;
    }
    inside_->session.emplace(inside_->context, shape);
    inside_->await(options.connect_timeout, false, [&](mysql::diagnostics& said, auto token) {
        inside_->session->async_connect(way, said, std::move(token));
    });
    const auto answer = run("SELECT @@max_allowed_packet, VERSION()");
    const auto packet = answer.number(0, 0);
    inside_->mariadb = answer.bytes(0, 1).contains("MariaDB");
    inside_->used = false;
    if (packet < least_packet) {
        throw Failure(
            fail(
                ErrorCode::unprocessable,
                "The server's max_allowed_packet is under 2 MiB; 16 MiB is its default."
            )
                .error(),
            0,
            true
        );
    }
    inside_->most_bytes = std::min<std::size_t>(packet, most_packet) - overhead;
}

Connection::~Connection() = default;

Answer Connection::run(std::string_view sql) {
    return inside_->ask(sql);
}

Answer Connection::execute(const char* sql, std::span<const Value> values) {
    const std::pair key(sql, std::size_t{0});
    auto found = inside_->statements.find(key);
    if (found == inside_->statements.end()) {
        found = inside_->statements.emplace(key, inside_->prepare(sql)).first;
    }
    return inside_->execute(found->second, values);
}

Answer Connection::execute(const char* sql, std::initializer_list<Value> values) {
    return execute(sql, std::span(values.begin(), values.size()));
}

namespace {

std::size_t size(const Value& value) {
    const auto* bytes = std::get_if<std::string_view>(&value);
    return (bytes != nullptr ? bytes->size() : 0) + 12; // with its type, length and null bit
}

/// How many rows go into the next statement.
std::size_t next_rows(std::span<const Value> values, std::size_t columns, std::size_t most_bytes) {
    std::size_t fit = 0;
    std::size_t bytes = 0;
    for (auto rest = values; !rest.empty() && fit < row_counts.front();
         rest = rest.subspan(columns)) {
        for (const auto& value : rest.first(columns)) {
            bytes += size(value);
        }
        if (bytes > most_bytes) {
            break;
        }
        ++fit;
    }
    return *std::ranges::find_if(row_counts, [fit](std::size_t count) {
        return count <= std::max<std::size_t>(fit, 1);
    });
}

std::string write_rows(const RowsStatement& statement, std::size_t rows) {
    std::string row = statement.columns == 1 ? "?" : "(?";
    for (std::size_t i = 1; i < statement.columns; ++i) {
        row += ", ?";
    }
    row += statement.columns == 1 ? "" : ")";
    std::string sql = statement.head;
    for (std::size_t i = 0; i < rows; ++i) {
        sql += (i == 0 ? "" : ", ") + row;
    }
    return sql + statement.tail;
}

} // namespace

std::uint64_t Connection::execute(const RowsStatement& statement, std::span<const Value> values) {
    std::uint64_t affected = 0;
    while (!values.empty()) {
        const auto rows = next_rows(values, statement.columns, inside_->most_bytes);
        const std::pair key(statement.head, rows);
        auto found = inside_->statements.find(key);
        if (found == inside_->statements.end()) {
            found = inside_->statements.emplace(key, inside_->prepare(write_rows(statement, rows)))
                        .first;
        }
        affected +=
            inside_->execute(found->second, values.first(rows * statement.columns)).affected();
        values = values.subspan(rows * statement.columns);
    }
    return affected;
}

std::size_t Connection::most_bytes() const {
    return inside_->most_bytes;
}

bool Connection::is_mariadb() const {
    return inside_->mariadb;
}

bool Connection::used() const {
    return inside_->used;
}

} // namespace vigil::store::mariadb
