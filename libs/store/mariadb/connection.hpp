// One session with a MariaDB server, its statements prepared. Used by the writer, the readers and
// the migrations.
#pragma once

#include "store/mariadb/mariadb_options.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <variant>

namespace vigil::store::mariadb {

/// Thrown by everything here; MariadbStore turns it into its error.
class Failure : public std::runtime_error {
public:
    Failure(Error error, int number, bool lost)
        : std::runtime_error(error.detail + ": " + error.cause),
          error_(std::move(error)),
          number_(number),
          lost_(lost) {}

    [[nodiscard]] const Error& error() const { return error_; }

    /// The server's error number; 0 where the fault is not one of a statement.
    [[nodiscard]] int number() const { return number_; }

    /// The session is gone: what it had not committed will be rolled back.
    [[nodiscard]] bool lost() const { return lost_; }

private:
    Error error_;
    int number_;
    bool lost_;
};

/// A parameter of a statement. Text is bytes: the tables have no character sets.
using Value = std::variant<std::monostate, std::int64_t, std::uint64_t, std::string_view>;

/// The rows that a statement gave.
class Answer {
public:
    struct Inside;

    explicit Answer(std::unique_ptr<Inside> inside);
    Answer(Answer&&) noexcept;
    Answer& operator=(Answer&&) noexcept;
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    ~Answer();

    [[nodiscard]] std::size_t rows() const;
    [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const;
    /// 0 for NULL.
    [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;
    [[nodiscard]] std::uint64_t number(std::size_t row, std::size_t column) const;
    /// Valid while the answer is; empty for NULL.
    [[nodiscard]] std::string_view bytes(std::size_t row, std::size_t column) const;
    /// 1 for a row inserted, 2 for one that was there and was changed, 0 for one that was left.
    [[nodiscard]] std::uint64_t affected() const;
    [[nodiscard]] std::int64_t inserted_id() const;

private:
    std::unique_ptr<Inside> inside_;
};

/// An INSERT of several rows at once: `head` (?, ...), (?, ...) `tail`; or an IN list, of one
/// column each. Both must be literals: their addresses are the key of the prepared statement.
struct RowsStatement {
    const char* head;
    std::size_t columns;
    const char* tail;
};

/// Throws Failure. threads one at a time: everything runs on the caller's, each statement with the
/// options' deadline
class Connection {
public:
    Connection(const MariadbOptions& options, const Account& account);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Without parameters, not prepared.
    Answer run(std::string_view sql);
    /// `sql` must be a literal: its address is the key.
    Answer execute(const char* sql, std::span<const Value> values = {});
    Answer execute(const char* sql, std::initializer_list<Value> values);
    /// Rows one after the other in `values`, in as many statements as the server's
    /// max_allowed_packet asks for. Gives the sum of the rows affected.
    std::uint64_t execute(const RowsStatement& statement, std::span<const Value> values);

    /// Most bytes that go into one statement, or into one value: the rest is to be cut.
    [[nodiscard]] std::size_t most_bytes() const;
    [[nodiscard]] bool is_mariadb() const;
    /// A statement was answered since it was opened.
    [[nodiscard]] bool used() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::store::mariadb
