#include "access/device_assignment.hpp"

#include "access/identity.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::access;

namespace {

v1::Device::Assignment assigned(std::string patient, std::int64_t from_us, std::int64_t until_us) {
    v1::Device::Assignment made;
    made.set_patient(std::move(patient));
    made.set_from_us(from_us);
    made.set_until_us(until_us);
    return made;
}

/// cap-7 was p1's from 100 to 200 and is p2's from 300 on.
DirectoryState ward() {
    DirectoryState state;
    auto& device = state.devices["cap-7"];
    device.set_id("cap-7");
    assign(device, assigned("p2", 300, 0)).value();
    assign(device, assigned("p1", 100, 200)).value();
    state.devices["new"].set_id("new");
    return state;
}

v1::Identity identity() {
    v1::Identity made;
    made.set_name("Anna  Maria Berg");
    made.set_born("1987-06-05");
    made.set_number("A-10");
    return made;
}

} // namespace

TEST_CASE("a device's key sends for whoever the device is assigned to at the time of the data") {
    const auto state = ward();
    const Sender cap{.device = "cap-7"};
    CHECK(patient_of(state, cap, "cap-7", 99).value().empty());
    CHECK(patient_of(state, cap, "cap-7", 100).value() == "p1");
    CHECK(patient_of(state, cap, "cap-7", 199).value() == "p1");
    CHECK(patient_of(state, cap, "cap-7", 200).value().empty());
    CHECK(patient_of(state, cap, "cap-7", 299).value().empty());
    CHECK(patient_of(state, cap, "cap-7", 4'000'000'000'000'000).value() == "p2");
    const auto other = patient_of(state, cap, "cap-8", 150);
    CHECK(other.error().code == ErrorCode::forbidden);
    CHECK(other.error().field == "device");
    CHECK(patient_of(state, {.device = "unknown"}, "unknown", 150).value().empty());
}

TEST_CASE("a patient's key sends from a device that is the patient's then, or never was anybody's"
) {
    const auto state = ward();
    const Sender p1{.patient = "p1"};
    CHECK(patient_of(state, p1, "cap-7", 150).value() == "p1");
    for (const std::int64_t time_us : {99, 250, 300}) {
        CHECK(patient_of(state, p1, "cap-7", time_us).error().code == ErrorCode::forbidden);
    }
    CHECK(patient_of(state, p1, "new", 150).value() == "p1");
    CHECK(patient_of(state, p1, "unknown", 150).value() == "p1");
}

TEST_CASE("assignments of a device never overlap, and stand in the order of their start") {
    auto device = ward().devices["cap-7"];
    CHECK(device.assignments(0).patient() == "p1");
    for (const auto& [from_us, until_us] :
         {std::pair{150L, 160L}, std::pair{50L, 101L}, std::pair{199L, 250L}, std::pair{250L, 0L}
         }) {
        CAPTURE(from_us, until_us);
        CHECK(
            assign(device, assigned("p3", from_us, until_us)).error().code == ErrorCode::conflict
        );
    }
    CHECK(assign(device, assigned("p3", 250, 250)).error().field == "until");
    CHECK(device.assignments_size() == 2);
    CHECK(assign(device, assigned("p3", 200, 300)).has_value());
    CHECK(device.assignments(1).patient() == "p3");
}

TEST_CASE("who a patient is opens with the secret that sealed it, under the id it was sealed for") {
    Secret secret{1, 2, 3};
    SeededRandom random(7);
    auto sealed = seal_identity(secret, random, "p1", identity());
    CHECK(open_identity(secret, sealed)->name() == "Anna  Maria Berg");
    CHECK_FALSE(sealed.SerializeAsString().contains("Berg"));
    CHECK(seal_identity(secret, random, "p1", identity()).sealed() != sealed.sealed());
    auto moved = sealed;
    moved.set_patient("p2");
    CHECK(open_identity(secret, moved).error().code == ErrorCode::internal);
    auto changed = sealed;
    changed.mutable_sealed()->back() ^= 1;
    CHECK_FALSE(open_identity(secret, changed));
    changed.mutable_sealed()->resize(5);
    CHECK_FALSE(open_identity(secret, changed));
    changed.clear_sealed();
    CHECK(open_identity(secret, changed).error().code == ErrorCode::not_found);
    secret[0] = 9;
    CHECK_FALSE(open_identity(secret, sealed));
}

TEST_CASE("two identifiers must both be the patient's") {
    const auto check = [](std::vector<Identifier> given) {
        return check_identifiers("p1", identity(), given);
    };
    CHECK(
        check({{"name", " anna maria  BERG "}, {"born", "1987-06-05"}}).value() ==
        std::vector<std::string>{"name", "born"}
    );
    CHECK(check({{"id", "p1"}, {"number", "a-10"}}).has_value());
    CHECK(check({{"id", "p1"}}).error().field == "identifiers");
    CHECK(check({}).error().code == ErrorCode::invalid_argument);
    CHECK(check({{"id", "p1"}, {"id", "p1"}}).error().field == "identifiers.id");
    CHECK(check({{"id", "p1"}, {"bed", ""}}).error().field == "identifiers.bed");
    CHECK(check({{"id", "p1"}, {"shoe", "44"}}).error().field == "identifiers.shoe");
    const auto wrong = check({{"name", "Anna Maria Berg"}, {"born", "1987-05-06"}});
    CHECK(wrong.error().code == ErrorCode::conflict);
    CHECK(wrong.error().field == "identifiers.born");
    CHECK_FALSE(wrong.error().detail.contains("1987"));
}
