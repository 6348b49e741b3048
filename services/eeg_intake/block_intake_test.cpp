// Blocks: what is refused and how, repeats and conflicts, and that no success precedes the journal.
#include "eeg_intake/test_ward.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <functional>
#include <limits>

using namespace vigil;
using namespace vigil::eeg_intake;
using Status = v1::BlockResult;

namespace {

/// What a submission came to, once it has.
struct Heard {
    bool answered = false;
    std::vector<BlockOutcome> outcomes;
    std::optional<Error> error;
};

std::shared_ptr<Heard>
submit(TestWard& ward, std::vector<v1::EegBlock> blocks, const std::string& patient = "p1") {
    auto heard = std::make_shared<Heard>();
    ward.service.blocks.submit(
        {.patient = patient,
         .blocks = std::move(blocks),
         .numbered = true,
         .legacy = false,
         .id = {}},
        [heard](Result<std::vector<BlockOutcome>> result) {
            heard->answered = true;
            if (result) {
                heard->outcomes = std::move(*result);
            } else {
                heard->error = result.error();
            }
        }
    );
    return heard;
}

struct Fault {
    const char* field;
    ErrorCode code;
    std::function<void(v1::EegBlock&)> make;
};

const std::vector<Fault>& faults() {
    using enum ErrorCode;
    static const std::vector<Fault> all{
        {"device", invalid_argument, [](auto& b) { b.set_device(""); }},
        {"device", invalid_argument, [](auto& b) { b.set_device(std::string(65, 'a')); }},
        {"device", invalid_argument, [](auto& b) { b.set_device("a/b"); }},
        {"device", invalid_argument, [](auto& b) { b.set_device("legacy"); }},
        {"stream", invalid_argument, [](auto& b) { b.set_stream("a b"); }},
        {"rate_numerator", invalid_argument, [](auto& b) { b.set_rate_numerator(0); }},
        {"rate_numerator", invalid_argument, [](auto& b) { b.set_rate_numerator(49); }},
        {"rate_numerator", invalid_argument, [](auto& b) { b.set_rate_numerator(4001); }},
        {"rate_denominator", invalid_argument, [](auto& b) { b.set_rate_denominator(0); }},
        {"channels", invalid_argument, [](auto& b) { b.clear_channels(); }},
        {"channels",
         invalid_argument,
         [](auto& b) {
             for (int i = 0; i < 255; ++i) {
                 auto channel = b.channels(0);
                 channel.set_label("c" + std::to_string(i));
                 *b.add_channels() = channel;
             }
         }},
        {"channels[1].label",
         invalid_argument,
         [](auto& b) { b.mutable_channels(1)->set_label("Fp1-F7"); }},
        {"channels[0].label",
         invalid_argument,
         [](auto& b) { b.mutable_channels(0)->set_label(""); }},
        {"channels[0].label",
         invalid_argument,
         [](auto& b) { b.mutable_channels(0)->set_label(std::string(33, 'x')); }},
        {"channels[0].label",
         invalid_argument,
         [](auto& b) { b.mutable_channels(0)->set_label("a\n"); }},
        {"channels[1].unit",
         invalid_argument,
         [](auto& b) { b.mutable_channels(1)->set_unit("furlong"); }},
        {"channels[1].scale", invalid_argument, [](auto& b) { b.mutable_channels(1)->set_scale(0); }
        },
        {"channels[1].scale",
         invalid_argument,
         [](auto& b) { b.mutable_channels(1)->set_scale(std::numeric_limits<double>::quiet_NaN()); }
        },
        {"channels[1].scale",
         invalid_argument,
         [](auto& b) { b.mutable_channels(1)->set_scale(std::numeric_limits<double>::infinity()); }
        },
        {"channels[0].offset",
         invalid_argument,
         [](auto& b) {
             b.mutable_channels(0)->set_offset(-std::numeric_limits<double>::infinity());
         }},
        {"samples", invalid_argument, [](auto& b) { b.set_samples(0); }},
        {"data", invalid_argument, [](auto& b) { b.mutable_data()->pop_back(); }},
        {"data", invalid_argument, [](auto& b) { b.set_codec(v1::INT24_LE); }},
        {"codec", invalid_argument, [](auto& b) { b.set_codec(v1::CODEC_UNSPECIFIED); }},
        {"codec", invalid_argument, [](auto& b) { b.set_codec(v1::LPC_RICE); }},
        {"data",
         too_large,
         [](auto& b) {
             b.set_samples(131'073);
             b.set_data(std::string(131'073 * 4, 'x'));
         }},
        {"data",
         too_large,
         [](auto& b) { b.set_samples(std::numeric_limits<std::uint32_t>::max()); }},
        {"first_sample",
         invalid_argument,
         [](auto& b) { b.set_first_sample(std::numeric_limits<std::uint64_t>::max() - 3); }},
        {"start_time_us",
         invalid_argument,
         [](auto& b) { b.set_start_time_us(-2'208'988'800'000'000); }}, // 1900
        {"start_time_us",
         invalid_argument,
         [](auto& b) { b.set_start_time_us(earliest_start_us - 1); }},
        {"start_time_us",
         invalid_argument,
         [](auto& b) { b.set_start_time_us(test_now_us + 60'000'001); }},
        {"start_time_us",
         invalid_argument,
         [](auto& b) { b.set_start_time_us(test_now_us + 7 * 86'400'000'000); }},
        {"signal_kind",
         invalid_argument,
         [](auto& b) { b.set_signal_kind(static_cast<v1::EegBlock::SignalKind>(9)); }},
        {"reference",
         invalid_argument,
         [](auto& b) { b.set_reference(static_cast<v1::EegBlock::Reference>(9)); }},
        {"isolated", invalid_argument, [](auto& b) { b.set_isolated(true); }},
    };
    return all;
}

} // namespace

TEST_CASE("a block that breaks a limit is refused with the member's name and nothing is appended") {
    for (const auto& fault : faults()) {
        TestWard ward;
        auto block = good_block();
        fault.make(block);
        const auto heard = submit(ward, {good_block(100), good_block(200), block});
        INFO(fault.field);
        REQUIRE(heard->answered);
        CHECK(heard->outcomes[0].status == Status::ACCEPTED);
        REQUIRE(heard->outcomes[2].status == Status::REFUSED);
        CHECK(heard->outcomes[2].error->field == std::string("blocks[2].") + fault.field);
        CHECK(heard->outcomes[2].error->code == fault.code);
        CHECK(ward.entries().size() == 2);
    }
}

TEST_CASE("a block at its limits is accepted") {
    TestWard ward;
    auto block = good_block(std::numeric_limits<std::uint64_t>::max() - 4);
    block.set_start_time_us(test_now_us + 60'000'000);
    block.mutable_channels(0)->set_label(std::string(32, '~'));
    auto slow = good_block();
    slow.set_stream("slow");
    slow.set_rate_numerator(50);
    slow.set_start_time_us(earliest_start_us);
    auto fast = good_block();
    fast.set_stream("fast");
    fast.set_rate_numerator(4000);
    auto old_rate = good_block();
    old_rate.set_stream("odd");
    old_rate.set_rate_numerator(17361);
    old_rate.set_rate_denominator(100);
    auto wide = good_block();
    wide.set_stream("wide");
    wide.set_samples(65'536);
    wide.clear_channels();
    for (int i = 0; i < 4; ++i) {
        auto channel = slow.channels(1);
        channel.set_label("c" + std::to_string(i));
        *wide.add_channels() = channel;
    }
    wide.set_data(std::string(max_data_bytes, 'x'));
    const auto heard = submit(ward, {block, slow, fast, old_rate, wide});
    REQUIRE(heard->answered);
    for (const auto& outcome : heard->outcomes) {
        INFO((outcome.error ? outcome.error->field : std::string("accepted")));
        CHECK(outcome.status == Status::ACCEPTED);
    }
}

TEST_CASE("an accepted block is an entry with its patient, times, ward and partition") {
    TestWard ward;
    submit(ward, {good_block()});
    const auto entries = ward.entries();
    REQUIRE(entries.size() == 1);
    const auto& entry = entries[0]->entry;
    CHECK(entry.type() == v1::EEG_BLOCK);
    CHECK(entry.id().size() == 16);
    CHECK(entry.patient() == "p1");
    CHECK(entry.unit() == "east");
    CHECK(entry.partition() == journal::partition_of("p1", journal::default_partitions));
    CHECK(entry.device_time_us() == test_now_us - 10'000'000);
    CHECK(entry.receipt_time_us() == test_now_us);
    CHECK(entry.payload() == good_block().SerializeAsString());
}

TEST_CASE("no success precedes the journal, and its error is the answer") {
    TestWard ward;
    ward.journal.hold();
    const auto waits = submit(ward, {good_block()});
    CHECK_FALSE(waits->answered);
    ward.journal.release();
    CHECK(waits->answered);
    CHECK(waits->outcomes[0].status == Status::ACCEPTED);

    ward.journal.refuse_next(fail(ErrorCode::unavailable, "disk full", {}, {}, Retry::safe).error()
    );
    const auto refused = submit(ward, {good_block(4)});
    REQUIRE(refused->error);
    CHECK(refused->error->code == ErrorCode::unavailable);
    // what was not taken is not known either: sent again it is accepted, not a duplicate
    CHECK(submit(ward, {good_block(4)})->outcomes[0].status == Status::ACCEPTED);
}

TEST_CASE("the same block again is a duplicate and is appended once") {
    TestWard ward;
    submit(ward, {good_block()});
    CHECK(submit(ward, {good_block()})->outcomes[0].status == Status::DUPLICATE);
    CHECK(submit(ward, {good_block(4), good_block(4)})->outcomes[1].status == Status::DUPLICATE);
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("a repeat of a block that is not durable yet is answered with it, also when it fails") {
    TestWard ward;
    ward.journal.hold();
    const auto first = submit(ward, {good_block()});
    const auto second = submit(ward, {good_block(), good_block(4)});
    CHECK_FALSE(second->answered);
    ward.journal.release(1);
    CHECK(first->answered);
    CHECK_FALSE(second->answered);
    ward.journal.release(1);
    REQUIRE(second->answered);
    CHECK(second->outcomes[0].status == Status::DUPLICATE);
    CHECK(second->outcomes[0].id == first->outcomes[0].id);
    CHECK(second->outcomes[1].status == Status::ACCEPTED);
    ward.journal.release();

    ward.journal.hold();
    const auto lost = submit(ward, {good_block(8)});
    const auto follows = submit(ward, {good_block(8)});
    ward.journal.refuse_next(fail(ErrorCode::unavailable, "disk full").error());
    ward.journal.release();
    if (lost->error) {
        CHECK(follows->error);
    } else {
        CHECK(follows->outcomes[0].status == Status::DUPLICATE);
    }
}

TEST_CASE("the same range with other samples is a conflict, also while the first is on its way") {
    TestWard ward;
    submit(ward, {good_block()});
    auto other = good_block();
    other.mutable_data()->front() = 'z';
    const auto heard = submit(ward, {other});
    REQUIRE(heard->outcomes[0].status == Status::REFUSED);
    CHECK(heard->outcomes[0].error->code == ErrorCode::conflict);
    CHECK(heard->outcomes[0].error->field == "blocks[0].first_sample");
    ward.journal.hold();
    submit(ward, {good_block(4)});
    other.set_first_sample(4);
    CHECK(submit(ward, {other})->outcomes[0].error->code == ErrorCode::conflict);
    ward.journal.release();
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("a stream keeps its rate, its channels and what was said of its electrodes") {
    TestWard ward;
    submit(ward, {good_block()});
    auto faster = good_block(4);
    faster.set_rate_numerator(512);
    auto renamed = good_block(4);
    renamed.mutable_channels(1)->set_label("T7-P7");
    auto swapped = good_block(4);
    swapped.mutable_channels()->SwapElements(0, 1);
    auto rescaled = good_block(4);
    rescaled.mutable_channels(1)->set_scale(0.2);
    auto declared = good_block(4);
    declared.set_signal_kind(v1::EegBlock::SCALP);
    auto referenced = good_block(4);
    referenced.set_reference(v1::EegBlock::COMMON);
    const auto heard = submit(ward, {faster, renamed, rescaled, declared, referenced, swapped});
    REQUIRE(heard->outcomes[5].error);
    CHECK(heard->outcomes[5].error->field == "blocks[5].channels");
    CHECK(heard->outcomes[5].error->code == ErrorCode::conflict);
    CHECK(heard->outcomes[3].error->field == "blocks[3].signal_kind");
    CHECK(heard->outcomes[4].error->field == "blocks[4].reference");
    CHECK(heard->outcomes[0].error->field == "blocks[0].rate_numerator");
    CHECK(heard->outcomes[1].error->field == "blocks[1].channels");
    CHECK(heard->outcomes[2].error->code == ErrorCode::conflict);
    auto same_rate = good_block(4);
    same_rate.set_rate_numerator(512);
    same_rate.set_rate_denominator(2);
    CHECK(submit(ward, {same_rate})->outcomes[0].status == Status::ACCEPTED);
}

TEST_CASE("two patients may use the same names of device and stream") {
    TestWard ward;
    submit(ward, {good_block()}, "p1");
    auto other = good_block();
    other.mutable_data()->front() = 'z';
    CHECK(submit(ward, {other}, "p2")->outcomes[0].status == Status::ACCEPTED);
}

TEST_CASE("a device of another patient is forbidden, and so is a time outside its assignment") {
    TestWard ward;
    v1::Device device;
    device.set_id("cap-7");
    auto& assignment = *device.add_assignments();
    assignment.set_patient("p2");
    ward.know(device);
    CHECK(submit(ward, {good_block()}, "p1")->outcomes[0].error->code == ErrorCode::forbidden);
    CHECK(submit(ward, {good_block()}, "p2")->outcomes[0].status == Status::ACCEPTED);
    assignment.set_until_us(test_now_us - 20'000'000);
    ward.know(device);
    const auto late = submit(ward, {good_block(4)}, "p2");
    REQUIRE(late->outcomes[0].error);
    CHECK(late->outcomes[0].error->field == "blocks[0].device");
    CHECK(ward.entries().size() == 1);
}

TEST_CASE("blocks of a device that is nobody's are quarantined, once, and its own from then on") {
    TestWard ward;
    const auto send = [&](TestWard& to, v1::EegBlock block) {
        auto heard = std::make_shared<Heard>();
        to.service.blocks.submit(
            {.patient = {}, .blocks = {std::move(block)}, .id = {}, .device = "cap-7"},
            [heard](Result<std::vector<BlockOutcome>> result) {
                heard->outcomes = std::move(result.value());
            }
        );
        return heard->outcomes.at(0);
    };
    CHECK(send(ward, good_block()).status == Status::QUARANTINED);
    CHECK(send(ward, good_block()).status == Status::DUPLICATE);
    const auto held = ward.entries();
    REQUIRE(held.size() == 1);
    CHECK(held[0]->entry.type() == v1::QUARANTINED);
    CHECK(held[0]->entry.patient().empty());
    v1::Quarantined quarantined;
    REQUIRE(quarantined.ParseFromString(held[0]->entry.payload()));
    CHECK(quarantined.type() == v1::EEG_BLOCK);
    CHECK(quarantined.device() == "cap-7");
    CHECK(quarantined.stream() == "run-1");
    CHECK(quarantined.start_us() == good_block().start_time_us());
    CHECK(quarantined.payload() == good_block().SerializeAsString());

    TestWard after;
    after.service.apply(held);
    CHECK(send(after, good_block()).status == Status::DUPLICATE);
    auto other = good_block();
    other.mutable_data()->front() = 'z';
    CHECK(send(after, other).error->code == ErrorCode::conflict);
    auto stranger = good_block();
    stranger.set_device("cap-8");
    CHECK(send(after, stranger).error->code == ErrorCode::forbidden);

    v1::Device device;
    device.set_id("cap-7");
    device.add_assignments()->set_patient("p2");
    ward.know(device);
    CHECK(send(ward, good_block(4)).status == Status::ACCEPTED);
    CHECK(ward.entries().back()->entry.type() == v1::EEG_BLOCK);
    CHECK(ward.entries().back()->entry.patient() == "p2");

    // What it sent while it was nobody's is compared with what it sends now, after a restart too.
    CHECK(send(ward, other).error->code == ErrorCode::conflict);
    CHECK(send(ward, good_block()).status == Status::ACCEPTED);
    after.know(device);
    CHECK(send(after, other).error->code == ErrorCode::conflict);
    // A patient's key speaks of other devices, whatever they are called.
    TestWard third;
    third.service.apply(held);
    CHECK(submit(third, {other}, "p1")->outcomes[0].status == Status::ACCEPTED);
}

TEST_CASE(
    "blocks that another instance accepted, or this one before a restart, are known from the "
    "journal's tail"
) {
    TestWard before;
    submit(before, {good_block()});
    TestWard after;
    after.service.apply(before.entries());
    CHECK(submit(after, {good_block()})->outcomes[0].status == Status::DUPLICATE);
    auto other = good_block();
    other.mutable_data()->front() = 'z';
    CHECK(submit(after, {other})->outcomes[0].error->code == ErrorCode::conflict);
    CHECK(after.entries().empty());
}

TEST_CASE("an append in doubt is learnt from the tail") {
    TestWard ward;
    ward.journal.doubt_next();
    REQUIRE(submit(ward, {good_block()})->error);
    ward.service.apply(ward.entries());
    CHECK(submit(ward, {good_block()})->outcomes[0].status == Status::DUPLICATE);
    CHECK(ward.entries().size() == 1);
}

TEST_CASE("a wall clock that steps an hour loses and doubles nothing") {
    for (const auto step : {std::chrono::hours(1), std::chrono::hours(-1)}) {
        TestWard ward;
        submit(ward, {good_block()});
        ward.clock.step(step);
        ward.clock.advance(std::chrono::seconds(10));
        auto live = good_block(4);
        live.set_start_time_us(test_now_us + 9'000'000);
        CHECK(submit(ward, {live})->outcomes[0].status == Status::ACCEPTED);
        CHECK(submit(ward, {good_block(), live})->outcomes[0].status == Status::DUPLICATE);
        CHECK(ward.entries().size() == 2);
    }
}

TEST_CASE(
    "more streams than the table holds make it forget the longest unused, and memory stays bounded"
) {
    TestWard ward;
    BlockIntake small({ward.journal, ward.directory, ward.clock, ward.random, ward.metrics}, 3);
    const auto send = [&](const std::string& stream) {
        auto block = good_block();
        block.set_stream(stream);
        Status::Status status{};
        small.submit(
            {.patient = "p1", .blocks = {block}, .numbered = false, .legacy = false, .id = {}},
            [&](Result<std::vector<BlockOutcome>> result) { status = result->front().status; }
        );
        return status;
    };
    for (const char* name : {"a", "b", "c", "d"}) {
        CHECK(send(name) == Status::ACCEPTED);
    }
    CHECK(small.streams() == 3);
    CHECK(send("d") == Status::DUPLICATE);
    CHECK(send("a") == Status::ACCEPTED);
}

TEST_CASE("a stream ends with an entry, but not before samples that are held") {
    TestWard ward;
    submit(ward, {good_block()});
    const auto end = [&](std::uint64_t sample) {
        v1::StreamEnd ended;
        ended.set_device("cap-7");
        ended.set_stream("run-1");
        ended.set_end_sample(sample);
        std::optional<Result<void>> answer;
        ward.service.blocks.end_stream({.patient = "p1"}, ended, {}, [&](Result<void> result) {
            answer = std::move(result);
        });
        return *answer;
    };
    CHECK(end(3).error().code == ErrorCode::conflict);
    CHECK(end(4));
    const auto entries = ward.entries();
    REQUIRE(entries.size() == 2);
    CHECK(entries[1]->entry.type() == v1::STREAM_END);
}
