// What the tests of the ward's routes share: a directory on a real (in-memory) journal, and
// requests without a server. Only tests include it.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "journal/memory_journal.hpp"

#include <optional>
#include <stdexcept>
#include <string>

namespace vigil::ward {

struct QuietLog : Log {
    QuietLog() : Log("test", "0") {}

    void line(const std::string& /*text*/) override {}
};

struct TestDesk {
    ManualClock clock{from_us(1'800'000'000'000'000)};
    SeededRandom random{3};
    access::Secret secret{};
    journal::MemoryJournal journal;
    access::Directory directory;
    QuietLog log;
    TraceId trace = *trace_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    http::Principal principal{
        .kind = http::Principal::Kind::staff,
        .id = "chief",
        .clinician = true
    };

    /// The answer of one handler; the directory then knows what was appended.
    template <class Desk>
    http::Response ask(
        Desk& desk,
        void (Desk::*handler)(const http::Request&, http::Reply),
        std::string body,
        std::string id
    ) {
        http::Request request;
        request.body = std::move(body);
        request.trace = trace;
        request.principal = principal;
        request.parameters["id"] = std::move(id);
        std::optional<http::Response> answer;
        (desk.*handler)(request, http::Reply([&](http::Response response) {
                            answer = std::move(response);
                        }));
        if (!directory.load(journal)) {
            throw std::runtime_error("the directory cannot be read");
        }
        return answer.value();
    }

    [[nodiscard]] v1::Entry newest() {
        return journal.read(journal.newest() - 1).value().front()->entry;
    }
};

} // namespace vigil::ward
