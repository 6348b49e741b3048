// A button that is pressed once calls once, however often its device sends the press.
#include "eeg_intake/presses.hpp"
#include "eeg_intake/test_ward.hpp"
#include "vigil/v1/mark.pb.h"

#include <catch2/catch_test_macros.hpp>

using namespace vigil;
using namespace vigil::eeg_intake;

namespace {

constexpr auto path = "/v1/events/button";

std::string pressed(const std::string& press, int age_s = 0, const std::string& device = "cap-7") {
    return R"({"device":")" + device + R"(","press":")" + press + R"(","age_s":)" +
           std::to_string(age_s) + "}";
}

int status(TestWard& ward, const std::string& body, const std::string& patient = "p1") {
    return static_cast<int>(
        ward.post(path, body, "application/json", TestWard::device_key(patient)).status
    );
}

} // namespace

TEST_CASE("a press that is sent twice is one entry and has the same answer twice") {
    TestWard ward;
    const auto first = ward.post(path, pressed("41"));
    const auto again = ward.post(path, pressed("41", 3)); // older by now
    CHECK(first.status == 200);
    CHECK(again.status == first.status);
    CHECK(again.body == first.body);
    CHECK(status(ward, pressed("42")) == 200);
    CHECK(status(ward, pressed("41", 0, "cap-8")) == 200);
    CHECK(status(ward, pressed("41"), "p2") == 200); // another patient's cap-7
    const auto entries = ward.entries();
    REQUIRE(entries.size() == 4);
    v1::Mark mark;
    REQUIRE(mark.ParseFromString(entries.front()->entry.payload()));
    CHECK(mark.press() == "41");
    CHECK(mark.time_us() == entries.front()->entry.receipt_time_us());
}

TEST_CASE("without a name each press is another one") {
    TestWard ward;
    CHECK(status(ward, R"({"device":"cap-7"})") == 200);
    CHECK(status(ward, R"({"device":"cap-7","press":""})") == 200);
    CHECK(ward.entries().size() == 2);
    CHECK(status(ward, pressed("a b")) == 400);
    CHECK(status(ward, pressed(std::string(65, '1'))) == 400);
    CHECK(status(ward, R"({"device":"cap-7","press":41})") == 400);
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("a repeat of a press that is not durable yet is answered with it, also when it fails") {
    TestWard ward;
    const auto send = [&] {
        return ward.send(path, pressed("41"), "application/json", TestWard::device_key("p1"));
    };
    ward.journal.hold();
    const auto first = send();
    const auto again = send();
    CHECK_FALSE(first->has_value());
    CHECK_FALSE(again->has_value());
    ward.journal.release();
    CHECK(first->value().status == 200);
    CHECK(again->value().status == 200);
    CHECK(ward.entries().size() == 1);

    ward.journal.refuse_next(fail(ErrorCode::unavailable, "disk full").error());
    CHECK(status(ward, pressed("42")) == 503);
    CHECK(status(ward, pressed("42")) == 200); // refused is not held
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("a press is known after a restart, and to another instance, from the journal") {
    TestWard ward;
    CHECK(status(ward, pressed("41")) == 200);
    TestWard other;
    other.service.apply(ward.entries());
    CHECK(status(other, pressed("41")) == 200);
    CHECK(other.entries().empty());
    CHECK(status(other, pressed("42")) == 200);
    CHECK(other.entries().size() == 1);
}

TEST_CASE("a press follows its device, not whom it is on, so that a repeat calls for nobody else") {
    const access::Sender by_device{.patient = {}, .device = "cap-7"};
    const access::Sender by_patient{.patient = "p1", .device = {}};
    CHECK(Presses::id_of(by_device, "cap-7", "1") == Presses::id_of(by_device, "cap-7", "1"));
    CHECK(Presses::id_of(by_device, "cap-7", "1") != Presses::id_of(by_patient, "cap-7", "1"));
    CHECK(Presses::id_of(by_device, "cap-7", "1") != Presses::id_of(by_device, "cap-71", ""));
}

TEST_CASE("beyond the bound of presses the oldest are forgotten") {
    Presses presses;
    const auto press = [&](std::size_t number) {
        const auto id = std::to_string(number);
        const bool is_new = presses.begin(id, [](const Result<void>& /*done*/) {});
        if (is_new) {
            presses.written(id, {});
        }
        return is_new;
    };
    for (std::size_t number = 0; number <= max_presses; ++number) {
        CHECK(press(number));
    }
    CHECK_FALSE(press(1));
    CHECK(press(0));
}
