#include "ward/second_way.hpp"

#include "base/json_text.hpp"
#include "ward/append_entries.hpp"
#include "ward/make_entry.hpp"
#include "ward/webhook.hpp"

#include <condition_variable>
#include <future>
#include <ranges>
#include <utility>

namespace vigil::ward {

namespace {

/// Without a memory: where LiveFeed begins too, so that what is on now is known.
constexpr journal::Sequence entries_read_back = 20'000;
constexpr std::string_view memory_key = "second-way";

Result<v1::SecondWayMemory> memory_of(journal::Journal& journal) {
    auto directory = journal.directory();
    if (!directory) {
        return std::unexpected(directory.error());
    }
    v1::SecondWayMemory memory;
    for (const auto& stored : directory->entries) {
        if (stored->entry.key() == memory_key && memory.ParseFromString(stored->entry.payload())) {
            memory.set_sequence(std::max(memory.sequence(), journal.oldest() - 1));
            return memory;
        }
    }
    const auto newest = journal.newest();
    memory.set_sequence(
        std::max(newest > entries_read_back ? newest - entries_read_back : 0, journal.oldest() - 1)
    );
    return memory;
}

std::string_view outcome_of(v1::CallAttempt::Outcome outcome) {
    switch (outcome) {
        case v1::CallAttempt::DELIVERED:
            return "delivered";
        case v1::CallAttempt::GIVEN_UP:
            return "given_up";
        case v1::CallAttempt::NOT_NEEDED:
            return "not_needed";
        default:
            return "failed";
    }
}

void tell(JsonText& answer, const v1::CallAttempt::Try& one) {
    answer.open_object();
    if (one.way() == v1::CallAttempt::Try::PUSH) {
        answer.member("way", "push").member("browser", one.browser()).member("user", one.user());
    } else {
        answer.member("way", "webhook");
    }
    answer.member("accepted", one.accepted())
        .member("status", one.status())
        .member("detail", one.detail())
        .member("took_us", one.took_us())
        .close_object();
}

} // namespace

SecondWay::SecondWay(
    journal::Journal& journal,
    const access::Directory& directory,
    const Clock& clock,
    Random& random,
    Log& log,
    Metrics& metrics,
    SecondWayConfig config,
    SecondWayOptions options
)
    : journal_(journal),
      directory_(directory),
      clock_(clock),
      random_(random),
      log_(log),
      options_(options),
      ways_(directory, std::move(config), options.push_key, random, log, metrics),
      delivered_(metrics.counter("vigil_ward_calls_delivered_total", "Calls delivered")),
      failed_(metrics.counter(
          "vigil_ward_call_failures_total",
          "Attempts to deliver a call that failed"
      )),
      waiting_(metrics.gauge("vigil_ward_calls_waiting", "Calls that are not delivered yet")),
      ledger_(options.rules) {}

Result<std::unique_ptr<SecondWay>> SecondWay::start(
    journal::Journal& journal,
    const access::Directory& directory,
    const Clock& clock,
    Random& random,
    Log& log,
    Metrics& metrics,
    SecondWayConfig config,
    SecondWayOptions options
) {
    const auto memory = memory_of(journal);
    if (!memory) {
        return std::unexpected(memory.error());
    }
    std::unique_ptr<SecondWay> made(
        new SecondWay(journal, directory, clock, random, log, metrics, std::move(config), options)
    );
    made->ledger_.load(*memory);
    made->follow(memory->sequence());
    return made;
}

void SecondWay::follow(journal::Sequence after) {
    remembered_ = after;
    tail_ = std::make_unique<journal::Tail>(
        journal_,
        after,
        [this](std::span<const journal::StoredPtr> entries) {
            const std::scoped_lock lock(mutex_);
            for (const auto& stored : entries) {
                ledger_.apply(*stored, clock_.utc());
                note_memory(stored->entry);
            }
        },
        log_
    );
    caller_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SecondWay::~SecondWay() {
    caller_.request_stop();
    caller_.join();
    tail_.reset();
}

void SecondWay::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    auto remember_next = clock_.steady() + options_.remember_every;
    while (!stop.stop_requested()) {
        const bool is_on_duty = options_.on_duty();
        if (is_on_duty) {
            make_due_calls();
        }
        const bool worked = is_on_duty && take_turn();
        waiting_.Set(static_cast<double>(waiting()));
        if (is_on_duty && (worked || clock_.steady() >= remember_next)) {
            remember();
            remember_next = clock_.steady() + options_.remember_every;
        }
        if (!worked) {
            std::unique_lock lock(mutex);
            wake.wait_for(lock, stop, options_.look_every, [] { return false; });
        }
    }
}

std::size_t SecondWay::waiting() const {
    const std::scoped_lock lock(mutex_);
    return ledger_.waiting();
}

/// Whoever is on duty, what was remembered is what a restart reads back to.
void SecondWay::note_memory(const v1::Entry& entry) {
    v1::SecondWayMemory memory;
    if (entry.type() == v1::SECOND_WAY && memory.ParseFromString(entry.payload())) {
        remembered_ = memory.sequence();
    }
}

bool SecondWay::append(
    v1::EntryType type,
    const std::string& patient,
    const google::protobuf::MessageLite& payload,
    std::string key
) {
    auto entry = make_entry(
        {.type = type, .patient = patient, .at_us = to_us(clock_.utc())},
        payload,
        directory_,
        random_
    );
    entry.set_key(std::move(key));
    return append(std::move(entry));
}

bool SecondWay::append(v1::Entry entry) {
    auto appended = std::make_shared<std::promise<Result<journal::Appended>>>();
    auto done = appended->get_future();
    journal_.append(
        {.entries = {std::move(entry)}, .fences = {}},
        [appended](Result<journal::Appended> result) { appended->set_value(std::move(result)); }
    );
    const auto result = done.get();
    if (!result) {
        log_.error("call_not_stored", result.error());
    }
    return result.has_value();
}

void SecondWay::make_due_calls() {
    std::vector<v1::Call> calls;
    {
        const std::scoped_lock lock(mutex_);
        calls = ledger_.due(clock_.utc());
    }
    const auto state = directory_.state();
    for (auto& call : calls) {
        if (const auto* patient = state->patient(call.alarm().patient()); patient != nullptr) {
            call.set_label(patient->label());
        }
        log_.warning(
            "call_made",
            {{"call", to_hex(call.id())}, {"kind", v1::Call::Reason_Name(call.reason())}}
        );
        append(v1::CALL, call.alarm().patient(), call);
        const std::scoped_lock lock(mutex_);
        ledger_.add(call);
    }
}

bool SecondWay::take_turn() {
    std::optional<CallLedger::Turn> turn;
    {
        const std::scoped_lock lock(mutex_);
        turn = ledger_.turn(clock_.utc());
    }
    if (!turn) {
        return false;
    }
    Tried tried;
    if (turn->needed) {
        tried = ways_.attempt(*turn, clock_.utc());
        (tried.delivered ? delivered_ : failed_).Increment();
        end(tried.gone);
    }
    const auto attempt = attempt_of(*turn, tried);
    log_.info(
        "call_attempt",
        {{"call", to_hex(attempt.call())},
         {"attempt", attempt.number()},
         {"outcome", outcome_of(attempt.outcome())},
         {"status", attempt.status()},
         {"trouble", attempt.detail()}}
    );
    append(v1::CALL_ATTEMPT, turn->call.alarm().patient(), attempt);
    const std::scoped_lock lock(mutex_);
    ledger_.add(attempt);
    return true;
}

v1::CallAttempt SecondWay::attempt_of(const CallLedger::Turn& turn, const Tried& tried) {
    const std::scoped_lock lock(mutex_);
    auto attempt = ledger_.attempt_of(turn, tried.delivered, clock_.utc(), tried.wait);
    attempt.set_status(tried.status);
    attempt.set_detail(tried.detail);
    attempt.set_took_us(tried.took.count());
    for (const auto& one : tried.tries) {
        *attempt.add_tries() = one;
    }
    return attempt;
}

void SecondWay::end(const std::vector<v1::PushBrowser>& browsers) {
    for (const auto& gone : browsers) {
        const auto now_us = to_us(clock_.utc());
        log_.info("push_browser_ended", {{"by", push_service}, {"browser", gone.id()}});
        append(
            access::directory_entry(ended(gone, push_service, now_us), now_us, random_id(random_))
        );
    }
}

void SecondWay::remember() {
    v1::SecondWayMemory memory;
    {
        const std::scoped_lock lock(mutex_);
        memory = ledger_.memory();
    }
    append(v1::SECOND_WAY, {}, memory, std::string(memory_key));
}

void SecondWay::list(const http::Request& /*request*/, http::Reply reply) {
    JsonText answer;
    answer.open_object().key("calls").open_array();
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& told : ledger_.told() | std::views::reverse) {
            answer.open_object()
                .member("open", told.open)
                .key("call")
                .raw(webhook_body(told.call, 0, from_us(told.call.at_us())))
                .key("attempts")
                .open_array();
            for (const auto& attempt : told.attempts) {
                answer.open_object()
                    .member("number", attempt.number())
                    .member("outcome", outcome_of(attempt.outcome()))
                    .member("status", attempt.status())
                    .member("detail", attempt.detail())
                    .member("time", to_rfc3339(from_us(attempt.at_us())))
                    .member("took_us", attempt.took_us())
                    .key("tries")
                    .open_array();
                for (const auto& one : attempt.tries()) {
                    tell(answer, one);
                }
                answer.close_array().close_object();
            }
            answer.close_array().close_object();
        }
    }
    answer.close_array().close_object();
    reply(http::Response::json(std::move(answer).text()));
}

void SecondWay::try_out(const http::Request& request, http::Reply reply) {
    v1::Call call;
    call.set_id(random_id(random_));
    call.set_reason(v1::Call::TEST);
    call.set_by(request.principal.id);
    call.set_at_us(to_us(clock_.utc()));
    auto entry = make_entry({.type = v1::CALL, .at_us = call.at_us()}, call, directory_, random_);
    JsonText answer;
    answer.open_object().member("call", to_hex(call.id())).close_object();
    append_entries(
        journal_,
        {std::move(entry)},
        http::Response::json(std::move(answer).text(), 202),
        request,
        std::move(reply)
    );
}

void SecondWay::show(v1::LiveFrame& frame) const {
    const std::scoped_lock lock(mutex_);
    auto& shown = *frame.mutable_second_way();
    shown.set_set_up(true);
    shown.set_waiting(static_cast<std::uint32_t>(ledger_.waiting()));
    const auto& standing = ledger_.standing();
    shown.set_failing_since_us(standing.failing_since_us);
    shown.set_trouble(standing.trouble);
    shown.set_delivered_us(standing.delivered_us);
}

} // namespace vigil::ward
