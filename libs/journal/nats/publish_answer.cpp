#include "journal/nats/publish_answer.hpp"

#include "journal/admission.hpp"
#include "journal/nats/api_answer.hpp"

#include <string>

namespace vigil::journal::nats {

namespace {

// Codes of nats-server 2.15 (server/errors.json).
constexpr std::uint64_t wrong_last_sequence = 10071;
constexpr std::uint64_t wrong_last_sequence_constant = 10164;
constexpr std::uint64_t store_failed = 10077;     // "maximum bytes exceeded" among others
constexpr std::uint64_t incomplete_batch = 10176; // its first messages went with a connection

} // namespace

PublishAnswer read_answer(natsMsg* message) {
    PublishAnswer answer;
    const char* status = nullptr;
    if (natsMsgHeader_Get(message, "Status", &status) == NATS_OK && status != nullptr) {
        answer.is_transient = true; // 503: nobody leads the stream at the moment
        return answer;
    }
    simdjson::dom::parser parser;
    simdjson::dom::element read;
    const simdjson::padded_string text(
        natsMsg_GetData(message),
        static_cast<std::size_t>(natsMsg_GetDataLength(message))
    );
    if (parser.parse(text).get(read) != simdjson::SUCCESS) {
        answer.is_transient = true;
        return answer;
    }
    if (!is_refusal(read)) {
        answer.is_acknowledged = true;
        return answer;
    }
    const auto kind = number_in(read, "/error/code");
    answer.code = number_in(read, "/error/err_code");
    answer.words = text_in(read, "/error/description");
    // 503: no leader, or servers that cannot now; 429: too many batches are open. What is
    // transient is published again.
    answer.is_transient = (kind == 503 && answer.code != store_failed) || kind == 429 ||
                          answer.code == incomplete_batch;
    return answer;
}

Error error_of(const PublishAnswer& answer, const std::vector<Fence>& fences) {
    if (answer.code == wrong_last_sequence || answer.code == wrong_last_sequence_constant) {
        return fail(
                   ErrorCode::conflict,
                   "another owner has written to partition " +
                       std::to_string(fences.empty() ? 0 : fences.front().partition),
                   {},
                   answer.words
        )
            .error();
    }
    if (answer.code == store_failed) {
        return journal_is_full();
    }
    return fail(
               ErrorCode::unavailable,
               "the journal's servers refuse",
               {},
               answer.words,
               Retry::safe
    )
        .error();
}

} // namespace vigil::journal::nats
