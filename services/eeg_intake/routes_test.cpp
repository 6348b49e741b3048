// The routes of blocks: protobuf and JSON in and out, bodies that are no blocks, WebSockets.
#include "eeg_intake/block_answer.hpp"
#include "eeg_intake/read_blocks.hpp"
#include "eeg_intake/test_ward.hpp"
#include "vigil/v1/mark.pb.h"
#include "vigil/v1/technical.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <format>
#include <set>

using namespace vigil;
using namespace vigil::eeg_intake;

namespace {

std::string
block_json(const std::string& data = "[[1,-2,3],[40,50,60]]", const std::string& more = "") {
    return std::format(
        R"({{"device":"cap-7","stream":"run-1","first_sample":0,"rate_numerator":256,"start_time_us":{},)"
        R"("channels":[{{"label":"Fp1-F7","unit":"uV","scale":0.1}},{{"label":"F7-T7","unit":"uV","scale":0.1}}],"data":{}{}}})",
        test_now_us,
        data,
        more
    );
}

std::string field_of(const http::Response& response) {
    const auto at = response.body.find("\"field\":\"");
    return at == std::string::npos
               ? ""
               : response.body.substr(at + 9, response.body.find('"', at + 9) - at - 9);
}

/// A sender's side of a WebSocket, as the server would hold it.
struct FakeSocket final : http::WebSocket {
    bool send(std::shared_ptr<const std::string> message) override {
        if (full) {
            return false;
        }
        v1::BlockReply reply;
        REQUIRE(reply.ParseFromString(*message));
        replies.push_back(std::move(reply));
        return true;
    }

    void close(std::uint16_t code, std::string) override { closed = code; }

    void pause_reading(bool now) override { paused = now; }

    [[nodiscard]] std::size_t queued_bytes() const override { return 0; }

    bool full = false;
    bool paused = false;
    std::uint16_t closed = 0;
    std::vector<v1::BlockReply> replies;
};

struct OpenSocket {
    std::shared_ptr<FakeSocket> socket = std::make_shared<FakeSocket>();
    std::shared_ptr<http::WebSocketPeer> peer;

    explicit OpenSocket(
        TestWard& ward,
        const http::Principal& principal = TestWard::device_key("p1")
    ) {
        const auto match = ward.router.match(http::Verb::get, "/v1/eeg/stream");
        REQUIRE(match.route != nullptr);
        http::Request request;
        request.principal = principal;
        request.trace = *trace_of(test_traceparent);
        auto opened = std::get<http::WebSocketHandler>(match.route->handler)(request);
        REQUIRE(opened);
        peer = *opened;
        peer->on_open(socket);
    }

    void send(const v1::EegBlock& block) { peer->on_message(block.SerializeAsString()); }
};

} // namespace

TEST_CASE("blocks in protobuf are answered in protobuf, or in JSON where it is asked for") {
    TestWard ward;
    v1::EegBlockBatch batch;
    *batch.add_blocks() = good_block();
    *batch.add_blocks() = good_block(4);
    const auto response = ward.post("/v1/eeg/blocks", batch.SerializeAsString(), protobuf_type);
    CHECK(response.status == 200);
    CHECK(response.content_type == protobuf_type);
    v1::BlockReply reply;
    REQUIRE(reply.ParseFromString(response.body));
    REQUIRE(reply.results_size() == 2);
    CHECK(reply.results(1).status() == v1::BlockResult::ACCEPTED);
    CHECK(reply.results(1).first_sample() == 4);
    CHECK(reply.results(1).end_sample() == 8);
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("a block in JSON becomes the same block as in protobuf") {
    TestWard ward;
    const auto response = ward.post("/v1/eeg/blocks", block_json());
    CHECK(response.status == 200);
    CHECK(
        response.body ==
        R"({"results":[{"status":"accepted","device":"cap-7","stream":"run-1","first_sample":0,"end_sample":3}]})"
    );
    CHECK(ward.entries().at(0)->entry.trace_id() == trace_of(test_traceparent)->bytes());
    v1::EegBlock block;
    REQUIRE(block.ParseFromString(ward.entries().at(0)->entry.payload()));
    CHECK(block.rate_denominator() == 1);
    CHECK(block.samples() == 3);
    CHECK(block.codec() == v1::INT16_LE);
    CHECK(block.data() == std::string("\x01\x00\xFE\xFF\x03\x00\x28\x00\x32\x00\x3C\x00", 12));
    CHECK(block.channels(1).label() == "F7-T7");
    CHECK(block.channels(1).scale() == 0.1);
}

TEST_CASE("samples in JSON take 24 bits where they need them, and come as base64 too") {
    std::string wide = block_json("[[8388607],[-8388608]]");
    const auto block = read_blocks_json(wide)->blocks.at(0);
    CHECK(block.codec() == v1::INT24_LE);
    CHECK(block.data() == std::string("\xFF\xFF\x7F\x00\x00\x80", 6));
    std::string encoded =
        block_json("\"AQD+/w==\"", R"(,"samples":1,"codec":"INT16_LE","synthetic":true)");
    const auto other = read_blocks_json(encoded)->blocks.at(0);
    CHECK(other.data() == std::string("\x01\x00\xFE\xFF", 4));
    CHECK(other.synthetic());
    CHECK(other.signal_kind() == v1::EegBlock::SIGNAL_KIND_UNSPECIFIED);
}

TEST_CASE("what a sender says of its electrodes is kept, and a word that is none is named") {
    std::string said = block_json("[[1],[2]]", R"(,"signal_kind":"scalp","reference":"bipolar")");
    const auto block = read_blocks_json(said)->blocks.at(0);
    CHECK(block.signal_kind() == v1::EegBlock::SCALP);
    CHECK(block.reference() == v1::EegBlock::BIPOLAR);
    std::string inside =
        block_json("[[1],[2]]", R"(,"signal_kind":"intracranial","reference":"common")");
    const auto implanted = read_blocks_json(inside)->blocks.at(0);
    CHECK(implanted.signal_kind() == v1::EegBlock::INTRACRANIAL);
    CHECK(implanted.reference() == v1::EegBlock::COMMON);
    std::string average = block_json("[[1],[2]]", R"(,"reference":"average")");
    CHECK(read_blocks_json(average)->blocks.at(0).reference() == v1::EegBlock::AVERAGE);
    std::string unknown = block_json("[[1],[2]]", R"(,"signal_kind":"unknown")");
    CHECK(read_blocks_json(unknown).error().field == "signal_kind");
    std::string other = block_json("[[1],[2]]", R"(,"reference":"ear")");
    CHECK(read_blocks_json(other).error().field == "reference");
}

TEST_CASE("base64 agrees with the test vectors of RFC 4648, section 10") {
    for (const auto& [text, bytes] : std::initializer_list<std::pair<const char*, const char*>>{
             {"", ""},
             {"Zg==", "f"},
             {"Zm8=", "fo"},
             {"Zm9v", "foo"},
             {"Zm9vYg==", "foob"},
             {"Zm9vYmE=", "fooba"},
             {"Zm9vYmFy", "foobar"}
         }) {
        CHECK(decode_base64(text).value() == bytes);
    }
    for (const char* text :
         {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9v\n"}) {
        INFO(text);
        CHECK_FALSE(decode_base64(text));
    }
}

TEST_CASE("JSON that is no block is a 400 that names the member, and nothing is appended") {
    TestWard ward;
    const auto refused = [&](const std::string& body,
                             const std::string& field,
                             unsigned status = 400) {
        const auto response = ward.post("/v1/eeg/blocks", body);
        INFO(
            body.substr(0, 80) << " -> " << response.status << " " << response.body.substr(0, 200)
        );
        CHECK(response.status == status);
        CHECK(response.content_type == "application/problem+json");
        CHECK(field_of(response) == field);
    };
    refused("", "");
    refused("{", "");
    refused("null", "");
    refused(block_json() + "{}", "");
    refused(block_json().substr(0, 200), "");
    refused(block_json("[[1],[2]]", R"(,"device":"other")"), "device");
    refused(block_json("[[1],[2]]", R"(,"colour":1)"), "colour");
    refused(block_json("[[1],[NaN]]"), "data[1][0]");
    refused(block_json("[[1],[Infinity]]"), "data[1][0]");
    refused(block_json("[[1],[1.5]]"), "data[1][0]");
    refused(block_json("[[1],[\"1\"]]"), "data[1][0]");
    refused(block_json("[[1],[8388608]]"), "data[1][0]");
    refused(block_json("[[1],[2,3]]"), "data[1]");
    refused(block_json("[[1]]"), "data");
    refused(block_json("\"%%%\""), "data");
    refused(block_json("[[1],[2]]", R"(,"samples":2)"), "samples");
    refused(block_json("[[40000],[2]]", R"(,"codec":"INT16_LE")"), "codec");
    refused(block_json("[[1],[2]]", R"(,"codec":"LPC_RICE")"), "codec");
    refused(block_json("[[1],[2]]", R"(,"samples":-1)"), "samples");
    refused(block_json("[[],[]]"), "samples");
    refused(R"({"blocks":[]})", "blocks");
    refused(R"({"blocks":[1]})", "blocks[0]");
    refused(R"({"blocks":[{"rate_numerator":"fast"}]})", "blocks[0].rate_numerator");
    refused(R"({"blocks":[],"device":"x"})", "blocks");
    refused(R"({"blocks":[{"blocks":[]}]})", "blocks[0].blocks");
    refused(
        R"({"blocks":[{"channels":[{"label":"a","label":"b"}]}]})",
        "blocks[0].channels[0].label"
    );
    CHECK(ward.entries().empty());
}

TEST_CASE("more blocks, channels or samples than the limits are too large") {
    TestWard ward;
    std::string many = R"({"blocks":[)";
    v1::EegBlockBatch batch;
    for (std::size_t i = 0; i <= max_blocks; ++i) {
        many += (i == 0 ? "" : ",") + block_json();
        *batch.add_blocks() = good_block(4 * i);
    }
    CHECK(ward.post("/v1/eeg/blocks", many + "]}").status == 413);
    CHECK(ward.post("/v1/eeg/blocks", batch.SerializeAsString(), protobuf_type).status == 413);
    batch.mutable_blocks()->RemoveLast();
    std::string row = "[1";
    for (std::size_t i = 0; i < max_data_bytes / 2; ++i) {
        row += ",1";
    }
    CHECK(ward.post("/v1/eeg/blocks", block_json("[" + row + "]]")).status == 413);
    std::string channels = R"({"channels":[{"label":"a"})";
    for (std::size_t i = 0; i < max_channels; ++i) {
        channels += R"(,{"label":"a"})";
    }
    CHECK(ward.post("/v1/eeg/blocks", channels + "]}").status == 413);
    CHECK(ward.entries().empty());
    CHECK(ward.post("/v1/eeg/blocks", batch.SerializeAsString(), protobuf_type).status == 200);
    CHECK(ward.entries().size() == max_blocks);
}

TEST_CASE("a truncated or empty protobuf, and a body of another type, are a 400") {
    TestWard ward;
    v1::EegBlockBatch batch;
    *batch.add_blocks() = good_block();
    const auto whole = batch.SerializeAsString();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK(ward.post("/v1/eeg/blocks", whole.substr(0, length), protobuf_type).status == 400);
    }
    CHECK(ward.post("/v1/eeg/blocks", whole, "text/plain").status == 415);
    CHECK(ward.entries().empty());
}

TEST_CASE("members of a newer schema are not stored unchecked") {
    TestWard ward;
    v1::EegBlockBatch batch;
    *batch.add_blocks() = good_block();
    auto* block = batch.mutable_blocks(0);
    block->GetReflection()->MutableUnknownFields(block)->AddLengthDelimited(
        99,
        std::string(100'000, 'x')
    );
    CHECK(ward.post("/v1/eeg/blocks", batch.SerializeAsString(), protobuf_type).status == 200);
    CHECK(ward.entries().at(0)->entry.payload() == good_block().SerializeAsString());
}

TEST_CASE(
    "a refused only block is a problem with its own status, one of several a 207 that names each"
) {
    TestWard ward;
    v1::EegBlockBatch batch;
    *batch.add_blocks() = good_block();
    const auto post = [&] {
        return ward.post("/v1/eeg/blocks", batch.SerializeAsString(), protobuf_type);
    };
    CHECK(post().status == 200);
    CHECK(post().status == 200); // a duplicate is held as well
    batch.mutable_blocks(0)->mutable_data()->front() = 'z';
    CHECK(post().status == 409);
    *batch.add_blocks() = good_block(4);
    const auto response = post();
    CHECK(response.status == 207);
    v1::BlockReply reply;
    REQUIRE(reply.ParseFromString(response.body));
    CHECK(reply.results(0).code() == "conflict");
    CHECK(reply.results(0).detail().starts_with("blocks[0].first_sample: "));
    CHECK(reply.results(1).status() == v1::BlockResult::ACCEPTED);
}

TEST_CASE("a journal that cannot take it makes a 503 with Retry-After") {
    TestWard ward;
    ward.journal.refuse_next(
        fail(ErrorCode::overloaded, "the queue is full", {}, {}, Retry::safe).error()
    );
    const auto response = ward.post("/v1/eeg/blocks", block_json());
    CHECK(response.status == 503);
    bool retry_after = false;
    for (const auto& [name, value] : response.headers) {
        retry_after = retry_after || name == "Retry-After" || name == "retry-after";
    }
    CHECK(retry_after);
}

TEST_CASE("who has no patient sends nothing") {
    TestWard ward;
    CHECK(ward.post("/v1/eeg/blocks", block_json(), "application/json", {}).status == 403);
    CHECK(ward.post("/v1/eeg/streams/end", "{}", "application/json", {}).status == 403);
    for (const auto& route : ward.router.routes()) {
        CHECK(route.options.access == http::Access::device);
    }
}

TEST_CASE("a stream is ended in JSON and in protobuf") {
    TestWard ward;
    CHECK(
        ward.post("/v1/eeg/streams/end", R"({"device":"cap-7","stream":"run-1","end_sample":400})")
            .status == 200
    );
    v1::StreamEnd end;
    end.set_device("cap-7");
    end.set_stream("run-2");
    CHECK(ward.post("/v1/eeg/streams/end", end.SerializeAsString(), protobuf_type).status == 200);
    CHECK(ward.post("/v1/eeg/streams/end", R"({"device":"cap-7","stream":"a/b"})").status == 400);
    CHECK(ward.post("/v1/eeg/streams/end", R"({"device":"cap-7","end":1})").status == 400);
    CHECK(ward.post("/v1/eeg/streams/end", "{}", "text/plain").status == 415);
    CHECK(ward.entries().size() == 2);
    CHECK(ward.entries().at(0)->entry.trace_id() == trace_of(test_traceparent)->bytes());
}

TEST_CASE("a device's button is an entry, whose time is by the device's own count") {
    TestWard ward;
    const auto post = [&](const std::string& body) {
        return ward.post("/v1/events/button", body, "application/json");
    };
    CHECK(post(R"({"device":"cap-7"})").status == 200);
    CHECK(post(R"({"device":"cap-7","age_s":90})").status == 200);
    const auto entries = ward.entries();
    REQUIRE(entries.size() == 2);
    for (const auto& [stored, age_us] :
         {std::pair(entries[0], 0LL), std::pair(entries[1], 90'000'000LL)}) {
        CHECK(stored->entry.type() == v1::MARK);
        CHECK(stored->entry.patient() == "p1");
        v1::Mark mark;
        REQUIRE(mark.ParseFromString(stored->entry.payload()));
        CHECK(mark.kind() == v1::Mark::BUTTON);
        CHECK(mark.device() == "cap-7");
        CHECK(mark.time_us() == stored->entry.receipt_time_us() - age_us);
    }
    CHECK(post(R"({"device":"cap-7","age_s":-1})").status == 400);
    CHECK(post(R"({"device":"cap-7","age_s":86401})").status == 400);
    CHECK(post(R"({"device":"a/b"})").status == 400);
    CHECK(post(R"({"device":"cap-7","patient":"p2"})").status == 400);
    CHECK(post("{}").status == 400);
    CHECK(ward.post("/v1/events/button", "{}", "text/plain").status == 415);
    CHECK(ward.post("/v1/events/button", "{}", "application/json", {}).status == 403);
    CHECK(ward.entries().size() == 2);
}

TEST_CASE("a WebSocket is answered block by block, when the journal holds it") {
    TestWard ward;
    OpenSocket open(ward);
    ward.journal.hold();
    open.send(good_block());
    CHECK(open.socket->replies.empty());
    ward.journal.release();
    REQUIRE(open.socket->replies.size() == 1);
    CHECK(open.socket->replies[0].results(0).status() == v1::BlockResult::ACCEPTED);
    CHECK(open.socket->replies[0].results(0).end_sample() == 4);
    CHECK(ward.entries().at(0)->entry.trace_id() == trace_of(test_traceparent)->bytes());
    open.peer->on_message("\x0A\x50xx");
    CHECK(open.socket->replies.at(1).results(0).code() == "invalid_argument");
    auto wrong = good_block(4);
    wrong.set_rate_numerator(5);
    open.send(wrong);
    CHECK(open.socket->replies.at(2).results(0).detail().starts_with("rate_numerator: "));
    ward.journal.refuse_next(fail(ErrorCode::overloaded, "the queue is full").error());
    open.send(good_block(4));
    CHECK(open.socket->replies.at(3).results(0).code() == "overloaded");
    CHECK(ward.entries().size() == 1);
}

TEST_CASE("a sender is not read while too much of it waits for the journal") {
    TestWard ward;
    OpenSocket open(ward);
    ward.journal.hold();
    const auto bound = StreamBounds{}.blocks;
    for (std::size_t i = 0; i < bound - 1; ++i) {
        open.send(good_block(4 * i));
    }
    CHECK_FALSE(open.socket->paused);
    open.send(good_block(4 * bound));
    CHECK(open.socket->paused);
    ward.journal.release(1);
    CHECK(open.socket->paused);
    ward.journal.release();
    CHECK_FALSE(open.socket->paused);
    CHECK(open.socket->replies.size() == bound);

    ward.journal.hold();
    auto large = good_block(1'000'000);
    large.set_stream("large");
    large.set_samples(131'072);
    large.set_data(std::string(max_data_bytes, 'x'));
    for (int i = 0; i < 4; ++i) {
        open.send(large);
        large.set_first_sample(large.first_sample() + large.samples());
    }
    CHECK(open.socket->paused);
    ward.journal.release();
    CHECK_FALSE(open.socket->paused);
}

TEST_CASE("a sender that does not read its replies is closed with 1013, what it sent is kept") {
    TestWard ward;
    OpenSocket open(ward);
    open.socket->full = true;
    open.send(good_block());
    CHECK(open.socket->closed == 1013);
    open.send(good_block(4));
    CHECK(ward.entries().size() == 1);
}

TEST_CASE("a revoked key closes its sockets with 1008 and only its own") {
    TestWard ward;
    OpenSocket open(ward);
    OpenSocket other(ward, TestWard::device_key("p2"));
    v1::DeviceKey key;
    key.set_id("key-p1");
    key.set_patient("p1");
    ward.know(key);
    CHECK(open.socket->closed == 0);
    key.set_revoked_us(test_now_us);
    ward.know(key);
    CHECK(open.socket->closed == 1008);
    CHECK(other.socket->closed == 0);
    open.send(good_block());
    CHECK(ward.entries().empty());
    const auto match = ward.router.match(http::Verb::get, "/v1/eeg/stream");
    http::Request again;
    again.principal = TestWard::device_key("p1");
    CHECK_FALSE(std::get<http::WebSocketHandler>(match.route->handler)(again));
}

TEST_CASE("closed sockets are forgotten, and a late answer finds nobody") {
    TestWard ward;
    ward.journal.hold();
    {
        OpenSocket open(ward);
        open.send(good_block());
        open.peer->on_close();
    }
    CHECK(ward.service.streams.size() == 1); // the waiting block still holds it
    ward.journal.release();
    CHECK(ward.service.streams.size() == 0);
    REQUIRE(ward.entries().size() == 2);
    CHECK(ward.entries()[1]->entry.type() == v1::LINK_END); // after the last block
}

TEST_CASE("a socket that is gone says so of each stream that came over it, once") {
    TestWard ward;
    OpenSocket open(ward);
    open.send(good_block());
    open.send(good_block(4));
    auto other = good_block();
    other.set_stream("run-2");
    open.send(other);
    auto refused = good_block();
    refused.set_stream("a/b");
    open.send(refused);
    CHECK(ward.entries().size() == 3);
    open.peer->on_close();
    const auto entries = ward.entries();
    REQUIRE(entries.size() == 5);
    std::set<std::string> streams;
    for (const auto& stored : {entries[3], entries[4]}) {
        CHECK(stored->entry.type() == v1::LINK_END);
        CHECK(stored->entry.patient() == "p1");
        CHECK(stored->entry.partition() == entries[0]->entry.partition());
        v1::LinkEnd end;
        REQUIRE(end.ParseFromString(stored->entry.payload()));
        CHECK(end.device() == good_block().device());
        streams.insert(end.stream());
    }
    CHECK(streams == std::set<std::string>{good_block().stream(), "run-2"});
    OpenSocket(ward).peer->on_close(); // nothing came over it
    CHECK(ward.entries().size() == 5);
}
