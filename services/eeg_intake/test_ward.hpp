// What every test of eeg_intake stands on: two patients with keys, an in-memory journal, a clock
// that stands still, the routes.
#pragma once

#include "eeg_intake/block_limits.hpp"
#include "eeg_intake/eeg_intake.hpp"
#include "eeg_intake/routes.hpp"
#include "journal/memory_journal.hpp"

#include <optional>
#include <string>
#include <vector>

namespace vigil::eeg_intake {

inline constexpr std::string_view test_traceparent =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
inline constexpr std::int64_t test_now_us = 1'725'876'007'000'000; // 2024-09-09T10:00:07Z

struct TestWard {
    journal::MemoryJournal journal;
    access::Directory directory;
    ManualClock clock{from_us(test_now_us)};
    SeededRandom random{1};
    Metrics metrics;
    EegIntake service{{journal, directory, clock, random, metrics}};
    http::Router router;

    TestWard() {
        know(patient("p1", 1));
        know(patient("p2", 2));
        add_routes(router, service);
    }

    static v1::Patient patient(const std::string& id, std::uint32_t number) {
        v1::Patient patient;
        patient.set_id(id);
        patient.set_number(number);
        patient.set_unit("east");
        return patient;
    }

    template <class Message>
    void know(const Message& message) {
        auto stored = std::make_shared<journal::Stored>();
        stored->sequence = ++directory_sequence;
        stored->entry = access::directory_entry(message, test_now_us, random_id(random));
        const std::vector<journal::StoredPtr> entries{std::move(stored)};
        directory.apply(entries);
        service.apply(entries);
    }

    static http::Principal device_key(const std::string& patient) {
        http::Principal principal;
        principal.kind = http::Principal::Kind::device;
        principal.id = "key-" + patient;
        principal.patient = patient;
        return principal;
    }

    /// Empty while the answer is not there yet; it may come later.
    std::shared_ptr<std::optional<http::Response>> send(
        const std::string& path,
        std::string body,
        const std::string& type,
        http::Principal principal
    ) {
        http::Request request;
        request.verb = http::Verb::post;
        request.path = path;
        request.body = std::move(body);
        request.headers["content-type"] = type;
        request.id = "request-1";
        request.trace = *trace_of(test_traceparent);
        request.principal = std::move(principal);
        auto answer = std::make_shared<std::optional<http::Response>>();
        const auto match = router.match(http::Verb::post, path);
        if (match.route == nullptr) {
            answer->emplace(http::Response{.status = 404});
            return answer;
        }
        std::get<http::Handler>(match.route->handler)(
            std::move(request),
            http::Reply([answer](http::Response r) { answer->emplace(std::move(r)); })
        );
        return answer;
    }

    http::Response post(
        const std::string& path,
        std::string body,
        const std::string& type = "application/json",
        http::Principal principal = device_key("p1")
    ) {
        const auto answer = send(path, std::move(body), type, std::move(principal));
        return answer->has_value() ? **answer : http::Response{.status = 0};
    }

    std::vector<journal::StoredPtr> entries() {
        return journal.read(0, {.entries = 100'000, .bytes = 1 << 30}).value();
    }

    std::uint64_t directory_sequence = 0;
};

/// Two channels of four samples at 256 Hz, ten seconds ago.
inline v1::EegBlock good_block(std::uint64_t first_sample = 0) {
    v1::EegBlock block;
    block.set_device("cap-7");
    block.set_stream("run-1");
    block.set_first_sample(first_sample);
    block.set_rate_numerator(256);
    block.set_rate_denominator(1);
    block.set_start_time_us(test_now_us - 10'000'000);
    for (const char* label : {"Fp1-F7", "F7-T7"}) {
        auto& channel = *block.add_channels();
        channel.set_label(label);
        channel.set_unit("uV");
        channel.set_scale(0.1);
    }
    block.set_samples(4);
    block.set_codec(v1::INT16_LE);
    block.set_data(std::string("abcdefgh12345678"));
    return block;
}

} // namespace vigil::eeg_intake
