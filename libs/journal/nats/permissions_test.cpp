// The users of api/journal.md, as that page's own text makes them: each does what it must, and is
// refused what it must not.
#include "journal/journal_suite.hpp"
#include "journal/nats/handles.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <sstream>

using namespace vigil;
using namespace vigil::journal;
using namespace vigil::journal::suite;

namespace {

SystemClock the_clock;
constexpr std::chrono::milliseconds refused_within{2'000};

std::string password_of(const std::string& user) {
    return "of-" + user + "-0123456789abcdefghij";
}

/// The page's block of nats-server's configuration; its passwords come from the environment.
std::string authorization() {
    std::ifstream page(std::filesystem::path(VIGIL_SOURCE_DIR) / "api/journal.md");
    std::string block;
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("```")) {
            inside = line == "```nats";
        } else if (inside) {
            block += line + "\n";
        }
    }
    REQUIRE(block.contains("authorization"));
    ::setenv("EEG_INTAKE_PASSWORD", password_of("eeg-intake").c_str(), 1);
    ::setenv("HEART_INTAKE_PASSWORD", password_of("heart-intake").c_str(), 1);
    ::setenv("DETECTOR_PASSWORD", password_of("detector").c_str(), 1);
    ::setenv("RECORDS_PASSWORD", password_of("records").c_str(), 1);
    ::setenv("WARD_PASSWORD", password_of("ward").c_str(), 1);
    return block;
}

class Cluster {
public:
    /// \param request_timeout  what a request waits where the servers refuse it, which they do not
    ///                         answer
    std::unique_ptr<NatsJournal> open(
        const std::string& user,
        std::chrono::milliseconds request_timeout = std::chrono::milliseconds(20'000)
    ) {
        NatsJournalOptions options;
        options.servers = {server_.address()};
        options.replicas = 1;
        options.user = user;
        options.password_file = folder_.path() / user;
        options.makes_stream = user == "records";
        options.recent_bytes = 1; // so that it reads from the server
        options.doubt_after = std::chrono::seconds(180);
        options.request_timeout = request_timeout;
        std::ofstream(options.password_file) << password_of(user) << '\n';
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (true) {
            auto opened = NatsJournal::open(options, the_clock, log);
            if (opened) {
                return *std::move(opened);
            }
            if (std::chrono::steady_clock::now() > until) {
                throw std::runtime_error(opened.error().detail + ": " + opened.error().cause);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }

    /// What the server answers to this user's request, or says in its place; raw, past the journal.
    std::string ask(const std::string& user, const std::string& subject, const std::string& body) {
        nats::Options options([] {
            natsOptions* made = nullptr;
            natsOptions_Create(&made);
            return made;
        }());
        natsOptions_SetURL(options.get(), server_.address().c_str());
        natsOptions_SetUserInfo(options.get(), user.c_str(), password_of(user).c_str());
        natsOptions_SetErrorHandler(
            options.get(),
            [](natsConnection*, natsSubscription*, natsStatus, void*) {},
            nullptr
        );
        natsConnection* made = nullptr;
        REQUIRE(natsConnection_Connect(&made, options.get()) == NATS_OK);
        const nats::Connection connection(made);
        natsMsg* answer = nullptr;
        const auto status =
            natsConnection_RequestString(&answer, made, subject.c_str(), body.c_str(), 1'000);
        const nats::Message owner(answer);
        if (status == NATS_OK) {
            return natsMsg_GetData(answer);
        }
        std::array<char, 512> words{};
        natsConnection_ReadLastError(made, words.data(), words.size());
        return words.data();
    }

    QuietLog log;

private:
    TemporaryFolder folder_;
    NatsServer server_{authorization()};
};

bool until_true(const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return holds();
}

/// Follows, reads what is old, and the directory.
void check_reads(NatsJournal& journal, Sequence newest) {
    CHECK(until_true([&] { return journal.newest() >= newest; }));
    CHECK(journal.read(0).value().front()->sequence == 1);
    CHECK(!journal.directory().value().entries.empty());
    CHECK(journal.newest_output(5).value() != nullptr);
}

bool is_refused(const Result<Appended>& answer) {
    return !answer && answer.error().detail.contains("do not permit");
}

} // namespace

TEST_CASE("each user of a cluster does what its program must and is refused what it must not") {
    Cluster cluster;
    const auto records = cluster.open("records"); // makes the stream
    const auto eeg = cluster.open("eeg-intake");
    const auto heart = cluster.open("heart-intake");
    const auto detector = cluster.open("detector");
    const auto ward = cluster.open("ward");

    REQUIRE(append(*eeg, batch({entry("p", "block", v1::EEG_BLOCK), entry("q")})).has_value());
    REQUIRE(append(*heart, batch({entry("p")})).has_value());
    REQUIRE(append(*ward, batch({keyed("patient/p", "P"), entry("p", "act", v1::ACT)})).has_value()
    );
    // Vigil's own settings are nobody's: the kind, and an empty rest.
    REQUIRE(append(*ward, batch({keyed("alarms/", "own")})).has_value());
    const auto first =
        append(*detector, batch({output(5, v1::TAKEOVER)}, {{.partition = 5, .expected = 0}}))
            .value()
            .front();
    REQUIRE(append(*detector, batch({output(5)}, {{.partition = 5, .expected = first}})).has_value()
    );
    const auto last = append(*records, batch({entry("", "full", v1::STORAGE_STATE)})).value();
    for (auto* const journal :
         {records.get(), eeg.get(), heart.get(), detector.get(), ward.get()}) {
        check_reads(*journal, last.front());
    }

    SECTION("writing") {
        CHECK(is_refused(append(*eeg, batch({output(5)}))));
        CHECK(is_refused(append(*eeg, batch({keyed("user/mallory", "")}))));
        CHECK(is_refused(append(*heart, batch({output(5)}))));
        CHECK(is_refused(append(*heart, batch({entry("p"), keyed("key/k", "")}))));
        CHECK(is_refused(append(*detector, batch({keyed("user/mallory", "")}))));
        CHECK(is_refused(append(*ward, batch({output(5)}))));
        CHECK(is_refused(append(*records, batch({keyed("user/mallory", "")}))));
        CHECK(cluster.log.has("journal_not_permitted"));
        CHECK(append(*eeg, batch({entry("p")})).has_value()); // and it goes on
    }
    SECTION("readers") {
        REQUIRE(records->readers().has_value()); // makes the bucket
        REQUIRE(detector->readers().value()->say("detector", 3).has_value());
        REQUIRE(ward->readers().value()->say("ward", 2).has_value());
        CHECK(floor_of(*records->readers().value(), {"detector", "ward"}) == 2);
        REQUIRE(detector->readers().value()->say("detector.3", 1).has_value());
        for (const std::string user : {"eeg-intake", "detector"}) {
            const auto hasty = cluster.open(user, refused_within);
            CHECK(!hasty->readers().value()->say("ward", 9).has_value());
        }
        CHECK(floor_of(*records->readers().value(), {"detector", "ward"}) == 1);
    }
    SECTION("the stream") {
        for (const std::string user : {"eeg-intake", "heart-intake", "detector", "ward"}) {
            INFO(user);
            CHECK(!cluster.open(user, refused_within)->free_up_to(2).has_value());
            for (const std::string verb : {"PURGE", "DELETE", "UPDATE", "CREATE", "MSG.DELETE"}) {
                INFO(verb);
                const auto said = cluster.ask(user, "$JS.API.STREAM." + verb + ".VIGIL", "{}");
                CHECK(said.contains("ermissions"));
            }
        }
        CHECK(cluster.ask("records", "$JS.API.STREAM.DELETE.VIGIL", "").contains("ermissions"));
        REQUIRE(records->free_up_to(2).has_value());
        CHECK(until_true([&] { return eeg->oldest() == 3; }));
        CHECK(eeg->read(2).value().front()->sequence == 3);
    }
}
