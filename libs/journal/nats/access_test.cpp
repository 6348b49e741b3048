// Who is let in by the journal's servers, and what is said to who is not: users, passwords and TLS,
// on a server of the test's own.
#include "journal/journal_suite.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

SystemClock the_clock;

NatsJournalOptions options_for(const std::string& address) {
    NatsJournalOptions options;
    options.servers = {address};
    options.replicas = 1;
    return options;
}

/// As soon as the server listens; what it refuses is an answer too.
Result<std::unique_ptr<NatsJournal>> open_when_there(const NatsJournalOptions& options, Log& log) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (true) {
        auto opened = NatsJournal::open(options, the_clock, log);
        if (opened || !opened.error().cause.contains("No server available") ||
            std::chrono::steady_clock::now() > until) {
            return opened;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

std::filesystem::path
write_file(const TemporaryFolder& folder, const std::string& name, std::string_view text) {
    const auto file = folder.path() / name;
    std::ofstream(file) << text;
    return file;
}

/// A CA and a certificate of it for localhost: NAME.ca.pem, NAME.pem, NAME.key.
void make_certificates(const TemporaryFolder& folder, const std::string& name) {
    const auto in = [&](const std::string& file) {
        return "'" + (folder.path() / (name + file)).string() + "'";
    };
    const auto kind = std::string(" -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 ");
    const auto made =
        std::system(("{ openssl req -x509" + kind + "-days 2 -subj /CN=" + name + " -keyout " +
                     in(".ca.key") + " -out " + in(".ca.pem") + " && openssl req -x509" + kind +
                     "-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
                     " -addext basicConstraints=critical,CA:FALSE -CA " +
                     in(".ca.pem") + " -CAkey " + in(".ca.key") + " -keyout " + in(".key") +
                     " -out " + in(".pem") + "; } >/dev/null 2>&1")
                        .c_str());
    REQUIRE(made == 0);
}

std::string tls_of(const TemporaryFolder& folder, const std::string& more = {}) {
    return std::format(
        "tls {{ cert_file: \"{0}/server.pem\", key_file: \"{0}/server.key\"{1} }}\n",
        folder.path().string(),
        more
    );
}

} // namespace

TEST_CASE("a user with its password is let in, and another password is refused by name") {
    TemporaryFolder folder;
    NatsServer server("authorization { users: [ { user: intake, password: right } ] }");
    QuietLog log;
    auto options = options_for(server.address());
    options.user = "intake";
    options.password_file = write_file(folder, "right", "right\n");
    CHECK(open_when_there(options, log).has_value());

    options.password_file = write_file(folder, "wrong", "wrong\n");
    const auto refused = open_when_there(options, log);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(
        refused.error().detail ==
        "the journal's servers refuse the user name, the password or the certificate"
    );

    options.password_file = folder.path() / "nowhere";
    const auto unread = NatsJournal::open(options, the_clock, log);
    REQUIRE(!unread.has_value());
    CHECK(unread.error().code == ErrorCode::invalid_argument);
    CHECK(unread.error().detail.contains("nowhere"));
}

TEST_CASE("a server is spoken to over TLS where its own CA vouches for it, and not by another") {
    TemporaryFolder folder;
    make_certificates(folder, "server");
    make_certificates(folder, "other");
    NatsServer server(tls_of(folder));
    QuietLog log;
    auto options = options_for(server.named_address());
    options.ca = folder.path() / "server.ca.pem";
    const auto opened = open_when_there(options, log);
    INFO((opened ? "" : opened.error().cause));
    REQUIRE(opened.has_value());
    CHECK(append(**opened, batch({entry("p")})).has_value());

    options.ca = folder.path() / "other.ca.pem";
    const auto refused = open_when_there(options, log);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().detail == "the journal's servers and the given certificates do not fit");

    options.ca = folder.path() / "server.ca.pem";
    options.servers = {server.address()}; // a name that the certificate does not have
    CHECK(!open_when_there(options, log).has_value());

    options.ca = folder.path() / "nowhere.pem";
    CHECK(NatsJournal::open(options, the_clock, log).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a server without TLS is refused where TLS was asked for") {
    TemporaryFolder folder;
    make_certificates(folder, "server");
    NatsServer server;
    QuietLog log;
    auto options = options_for(server.named_address());
    REQUIRE(open_when_there(options, log).has_value());
    options.ca = folder.path() / "server.ca.pem";
    const auto refused = open_when_there(options, log);
    REQUIRE(!refused.has_value());
    CHECK(
        refused.error().detail == "of the journal and its servers one wants TLS and one has none"
    );
}

TEST_CASE(
    "a server that asks for a client's certificate takes one of its CA and no connection without"
) {
    TemporaryFolder folder;
    make_certificates(folder, "server");
    make_certificates(folder, "client");
    make_certificates(folder, "stranger");
    NatsServer server(tls_of(
        folder,
        std::format(", ca_file: \"{}/client.ca.pem\", verify: true", folder.path().string())
    ));
    QuietLog log;
    auto options = options_for(server.named_address());
    options.ca = folder.path() / "server.ca.pem";
    options.certificate = folder.path() / "client.pem";
    options.key = folder.path() / "client.key";
    const auto opened = open_when_there(options, log);
    INFO((opened ? "" : opened.error().cause));
    REQUIRE(opened.has_value());
    options.certificate = folder.path() / "stranger.pem";
    options.key = folder.path() / "stranger.key";
    CHECK(!NatsJournal::open(options, the_clock, log).has_value());
    options.certificate.clear();
    CHECK(!NatsJournal::open(options, the_clock, log).has_value());
}

TEST_CASE("an append that the user has no permission for is refused at once, and says so") {
    TemporaryFolder folder;
    NatsServer server(
        "authorization { users: [\n"
        "  { user: all, password: all }\n"
        "  { user: reader, password: reader, permissions: { publish: { deny: \"vigil.>\" } } }\n"
        "] }"
    );
    QuietLog log;
    auto options = options_for(server.address());
    options.user = "all";
    options.password_file = write_file(folder, "all", "all\n");
    const auto all = open_when_there(options, log);
    REQUIRE(all.has_value());
    options.user = "reader";
    options.password_file = write_file(folder, "reader", "reader\n");
    options.doubt_after = std::chrono::seconds(180);
    const auto reader = open_when_there(options, log);
    REQUIRE(reader.has_value());
    const auto refused = append(**reader, batch({entry("p"), entry("q")}));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(refused.error().detail.contains("do not permit"));
    CHECK(refused.error().cause.contains("vigil.entry."));
    CHECK(log.has("journal_not_permitted"));
    CHECK((*reader)->health().queued_entries == 0);
    CHECK(append(**all, batch({entry("p")})).has_value());
    // what others wrote it may read
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while ((*reader)->newest() == 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK((*reader)->read(0).value().size() == 1);
}

TEST_CASE("a stream that is not there is waited for where another process makes it") {
    NatsServer server;
    QuietLog log;
    auto options = options_for(server.address());
    options.makes_stream = false;
    const auto early = open_when_there(options, log);
    REQUIRE(!early.has_value());
    CHECK(early.error().detail.contains("VIGIL is not there yet"));
    options.makes_stream = true;
    const auto made = open_when_there(options, log);
    REQUIRE(made.has_value());
    options.makes_stream = false;
    CHECK(open_when_there(options, log).has_value());
}

TEST_CASE(
    "while the servers are away for long an append is refused at once, and taken when they are back"
) {
    NatsServer server;
    QuietLog log;
    auto options = options_for(server.address());
    options.refuse_after = std::chrono::milliseconds(0);
    options.doubt_after = std::chrono::seconds(180);
    const auto journal = open_when_there(options, log).value();
    REQUIRE(append(*journal, batch({entry("p")})).has_value());
    server.kill();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (journal->health().writable && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(!journal->health().writable);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const auto away = append(*journal, batch({entry("p")}));
    REQUIRE(!away.has_value());
    CHECK(away.error().code == ErrorCode::unavailable);
    CHECK(away.error().retry == Retry::safe);
    server.start();
    while (!journal->health().writable && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(append(*journal, batch({entry("p")})).has_value());
    CHECK(journal->newest() == 2);
    CHECK(!journal->lost());
}

TEST_CASE("a connection whose user is refused when it comes back is lost, and the journal says so"
) {
    TemporaryFolder folder;
    write_file(folder, "users", "authorization { users: [ { user: intake, password: old } ] }\n");
    // relative to the folder of its configuration, which lies beside this one
    NatsServer server("include \"../" + folder.path().filename().string() + "/users\"");
    QuietLog log;
    auto options = options_for(server.address());
    options.user = "intake";
    options.password_file = write_file(folder, "password", "old\n");
    const auto journal = open_when_there(options, log).value();
    server.kill();
    write_file(folder, "users", "authorization { users: [ { user: intake, password: new } ] }\n");
    server.start();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!journal->lost() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    CHECK(journal->lost());
    CHECK(log.has("journal_connection_ended"));
    CHECK(append(*journal, batch({entry("p")})).error().code == ErrorCode::unavailable);
}
