// Keys, sessions, links and the directory: who gets in and who does not.
#include "access/authenticator.hpp"
#include "access/device_key.hpp"
#include "access/session.hpp"
#include "access/sign_in_link.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace vigil;
using namespace vigil::access;

namespace {

journal::StoredPtr stored(journal::Sequence sequence, v1::Entry entry) {
    return std::make_shared<const journal::Stored>(
        journal::Stored{.sequence = sequence, .entry = std::move(entry)}
    );
}

struct Folder {
    std::filesystem::path path;

    Folder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "vigil-access-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }

    ~Folder() { std::filesystem::remove_all(path); }
};

struct Fixture {
    SeededRandom random{7};
    Secret secret{};
    ManualClock clock{from_us(1'800'000'000'000'000)};
    Directory directory;
    journal::Sequence next = 1;

    Fixture() { random.fill(secret); }

    template <class Message>
    void know(const Message& message) {
        const std::array entries{
            stored(next++, directory_entry(message, to_us(clock.utc()), "0123456789abcdef"))
        };
        directory.apply(entries);
    }

    Result<http::Principal> who(std::string name, std::string value) {
        http::Request request;
        request.headers.emplace(std::move(name), std::move(value));
        return make_authenticator(directory, secret, administrator_token(secret), clock)(request);
    }
};

} // namespace

TEST_CASE_METHOD(Fixture, "a device key opens its own patient until it is revoked") {
    auto key = make_device_key(secret, random, {.patient = "p1"}, "watch", 1);
    CHECK(who("authorization", "Bearer " + key.text).error().code == ErrorCode::unauthenticated);
    know(key.record);
    const auto principal = who("authorization", "Bearer " + key.text);
    REQUIRE(principal);
    CHECK(principal->kind == http::Principal::Kind::device);
    CHECK(principal->patient == "p1");
    CHECK(key.record.SerializeAsString().find(key.text.substr(20)) == std::string::npos);

    key.record.set_revoked_us(2);
    know(key.record);
    CHECK(who("authorization", "Bearer " + key.text).error().code == ErrorCode::unauthenticated);
}

TEST_CASE_METHOD(Fixture, "the newest assignment of models counts, with who made it and when") {
    v1::ModelAssignment models;
    models.set_patient("p1");
    models.set_active("line-length");
    models.add_shadows("window-178");
    std::int64_t at_us = 10;
    for (const auto* by : {"anna", "ben"}) {
        const std::array entries{stored(next++, directory_entry(models, 64, by, at_us++, "id"))};
        CHECK(entries[0]->entry.partition() == journal::partition_of("p1", 64));
        CHECK(entries[0]->entry.key() == "models/p1");
        directory.apply(entries);
        models.set_active("window-178");
        models.clear_shadows();
    }
    const auto& assigned = directory.state()->models.at("p1");
    CHECK(assigned.models.active() == "window-178");
    CHECK(assigned.models.shadows().empty());
    CHECK(assigned.by == "ben");
    CHECK(assigned.at_us == 11);
}

TEST_CASE_METHOD(Fixture, "a key with one other digit, or of another installation, is not known") {
    auto key = make_device_key(secret, random, {.patient = "p1"}, "", 1);
    know(key.record);
    auto wrong = key.text;
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    CHECK_FALSE(who("authorization", "Bearer " + wrong));
    CHECK_FALSE(who("authorization", key.text));
    secret[0] ^= 1U;
    CHECK_FALSE(who("authorization", "Bearer " + key.text));
}

TEST_CASE_METHOD(
    Fixture,
    "a session survives a restart and ends with its time, the user's password or the user"
) {
    v1::StaffUser nurse;
    nurse.set_name("nurse");
    nurse.set_role(v1::StaffUser::CLINICIAN);
    nurse.set_password_hash("$argon2id$one");
    know(nurse);
    const auto cookie = make_session(
        secret,
        *directory.state(),
        {.user = "nurse", .role = nurse.role(), .expires_us = to_us(clock.utc() + session_length)}
    );
    const auto header = std::string("theme=dark; vigil_session=") + cookie;
    REQUIRE(who("cookie", header));
    CHECK(who("cookie", header)->clinician);
    CHECK_FALSE(who("cookie", header)->administrator);

    SECTION("forged") {
        auto forged = header;
        forged[forged.find('.') - 1] ^= 1;
        CHECK_FALSE(who("cookie", forged));
    }
    SECTION("expired") {
        clock.advance(session_length);
        CHECK_FALSE(who("cookie", header));
    }
    SECTION("other password") {
        nurse.set_password_hash("$argon2id$two");
        know(nurse);
        CHECK_FALSE(who("cookie", header));
    }
    SECTION("disabled") {
        nurse.set_disabled(true);
        know(nurse);
        CHECK_FALSE(who("cookie", header));
    }
    SECTION("role raised by the bearer") {
        const auto admin = make_session(
            Secret{},
            *directory.state(),
            {.user = "nurse",
             .role = v1::StaffUser::ADMINISTRATOR,
             .expires_us = to_us(clock.utc() + session_length)}
        );
        CHECK_FALSE(who("cookie", "vigil_session=" + admin));
    }
}

TEST_CASE_METHOD(
    Fixture,
    "the administrator's token follows from the secret; no header is nobody"
) {
    CHECK(who("authorization", "Bearer " + administrator_token(secret))->administrator);
    CHECK(who("x-other", "1")->kind == http::Principal::Kind::nobody);
}

TEST_CASE("a password is verified against its Argon2id hash and never against none") {
    const auto hash = hash_password("correct horse battery");
    REQUIRE(hash);
    CHECK(hash->starts_with("$argon2id$"));
    CHECK(verify_password(*hash, "correct horse battery"));
    CHECK_FALSE(verify_password(*hash, "correct horse batterz"));
    CHECK_FALSE(verify_password("", "no user has this password"));
    CHECK_FALSE(check_new_password("eleven char"));
    CHECK(check_new_password("twelve chars"));
    CHECK_FALSE(check_new_password(std::string(257, 'x')));
}

TEST_CASE_METHOD(Fixture, "a sign-in link works once and not after its time") {
    const auto now = clock.utc();
    const auto token = make_sign_in_link(secret, random, now);
    const auto read = [&](std::string_view text, UtcTime at) {
        return read_sign_in_link(secret, *directory.state(), text, at);
    };
    const auto used = read(token, now + link_length);
    REQUIRE(used);
    CHECK(read(token, now + link_length + Microseconds(1)).error().detail.contains("too old"));
    know(*used);
    CHECK(read(token, now).error().detail.contains("used already"));
    CHECK(read(make_sign_in_link(secret, random, now), now)); // another one is not

    CHECK_FALSE(read("", now));
    CHECK_FALSE(read(token.substr(0, token.size() - 1), now));
    for (std::size_t at = 0; at < token.size(); ++at) {
        auto forged = make_sign_in_link(secret, random, now);
        forged[at] = forged[at] == '1' ? '2' : '1';
        CHECK_FALSE(read(forged, now));
    }
    Secret other{};
    CHECK_FALSE(read(make_sign_in_link(other, random, now), now));
}

TEST_CASE("the secret is made once and refused when others may read it") {
    const Folder folder;
    SeededRandom random{1};
    const auto file = folder.path / "secret";
    const auto made = load_or_make_secret(file, random);
    REQUIRE(made);
    CHECK(load_or_make_secret(file, random).value() == made.value());
    ::chmod(file.c_str(), 0644);
    CHECK(load_or_make_secret(file, random).error().detail.find("chmod 600") != std::string::npos);
    ::chmod(file.c_str(), 0600);
    std::ofstream(file, std::ios::trunc) << "short";
    CHECK_FALSE(load_or_make_secret(file, random));
}

TEST_CASE_METHOD(Fixture, "the directory keeps the newest entry and ignores what it has seen") {
    v1::Patient patient;
    patient.set_id("p1");
    patient.set_number(4);
    patient.set_label("Bed 1");
    know(patient);
    const auto before = directory.state();
    patient.set_label("Bed 2");
    know(patient);
    CHECK(before->patient("p1")->label() == "Bed 1");
    CHECK(directory.state()->patient("p1")->label() == "Bed 2");
    CHECK(directory.state()->patient_by_number.at(4) == "p1");
    patient.set_label("Bed 0");
    const std::array old{stored(1, directory_entry(patient, 1, "x"))};
    directory.apply(old);
    CHECK(directory.state()->patient("p1")->label() == "Bed 2");
}

TEST_CASE("a patient id has letters, digits, - and _ only, at most 64 of them") {
    CHECK(is_patient_id("p-1_A"));
    CHECK_FALSE(is_patient_id(""));
    CHECK_FALSE(is_patient_id("a/b"));
    CHECK_FALSE(is_patient_id(std::string(65, 'a')));
}
