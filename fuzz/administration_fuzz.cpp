// Gives a foreign body to each administration route, on a journal in memory: every body is
// answered, only a success changes the journal, and what it wrote can be loaded again.
#include "check.hpp"
#include "journal/memory_journal.hpp"
#include "ward/administration.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace {

using namespace vigil;

struct Quiet : Log {
    Quiet() : Log("fuzz", "0") {}

    void line(const std::string& /*text*/) override {}
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ManualClock clock{from_us(1'800'000'000'000'000)};
    SeededRandom random{3};
    const access::Secret secret{};
    journal::MemoryJournal journal;
    access::Directory directory;
    Quiet log;
    ward::Administration administration{journal, directory, secret, clock, random, log};

    for (const auto handler :
         {&ward::Administration::add_key,
          &ward::Administration::put_patient,
          &ward::Administration::put_user}) {
        http::Request request;
        request.body.assign(reinterpret_cast<const char*>(data), size);
        const auto before = journal.newest();
        std::optional<http::Response> answer;
        (administration.*handler)(request, http::Reply([&](http::Response response) {
                                      fuzz::check(!answer);
                                      answer = std::move(response);
                                  }));
        fuzz::check(answer.has_value());
        const bool changed = journal.newest() != before;
        fuzz::check(changed == (answer->status == 201 || answer->status == 204));
        fuzz::check(changed || answer->content_type == "application/problem+json");
        fuzz::check(directory.load(journal).has_value());
    }
    return 0;
}
