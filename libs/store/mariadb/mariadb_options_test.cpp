#include "store/mariadb/mariadb_options.hpp"

#include "journal/journal_suite.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::store;

TEST_CASE("the address of a store is host, port and database") {
    const auto whole = parse_mariadb_url("mariadb://database.vigil.svc:3307/vigil").value();
    CHECK(whole.host == "database.vigil.svc");
    CHECK(whole.port == 3307);
    CHECK(whole.database == "vigil");
    CHECK(parse_mariadb_url("mariadb://h/vigil_2").value().port == 3306);
    CHECK(parse_mariadb_url("mariadb://h:/vigil").value().port == 3306);
    const auto numbered = parse_mariadb_url("mariadb://[::1]:3306/vigil").value();
    CHECK(numbered.host == "::1");
}

TEST_CASE("what is no address of a store is refused with a sentence") {
    for (const std::string text :
         {"",
          "vigil",
          "sqlite:store.db",
          "mysql://h/vigil",
          "mariadb:",
          "mariadb:///vigil",
          "mariadb://h",
          "mariadb://h/",
          "mariadb://h/a/b",
          "mariadb://h/vigil/",
          "mariadb://h/a-b",
          "mariadb://h/a%60b",
          "mariadb://h/vigil?ssl=0",
          "mariadb://h/vigil#x",
          "mariadb://user@h/vigil",
          "mariadb://user:secret@h/vigil",
          "mariadb://h:0/vigil",
          "mariadb://h:65536/vigil",
          "mariadb://h:x/vigil",
          "mariadb://h o/vigil"}) {
        INFO(text);
        const auto parsed = parse_mariadb_url(text);
        REQUIRE(!parsed.has_value());
        CHECK(parsed.error().code == ErrorCode::invalid_argument);
        CHECK(parsed.error().field == "store");
        CHECK(!parsed.error().detail.contains("secret"));
    }
    CHECK(parse_mariadb_url("mariadb://h/" + std::string(64, 'a')).has_value());
    CHECK(!parse_mariadb_url("mariadb://h/" + std::string(65, 'a')).has_value());
}

TEST_CASE("a password is the first line of its file") {
    const journal::suite::TemporaryFolder folder;
    const auto file = folder.path() / "password";
    const auto read = [&](std::string_view text) {
        std::ofstream(file) << text;
        return read_password(file);
    };
    CHECK(read("secret").value() == "secret");
    CHECK(read(" se cret \r\nmore\n").value() == " se cret ");
    CHECK(read("").error().code == ErrorCode::invalid_argument);
    CHECK(read("\nsecret").error().code == ErrorCode::invalid_argument);
    CHECK(read_password(folder.path() / "none").error().code == ErrorCode::invalid_argument);
}
