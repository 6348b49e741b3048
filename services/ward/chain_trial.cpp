#include "ward/chain_trial.hpp"

#include "http/outgoing.hpp"
#include "vigil/v1/detection.pb.h"
#include "vigil/v1/station.pb.h"
#include "ward/make_entry.hpp"

#include <condition_variable>
#include <format>
#include <utility>

namespace vigil::ward {

namespace {

constexpr std::string_view test_user = "vigil-test";

bool is_seizure(const v1::Alarm& alarm) {
    return alarm.condition() == v1::Alarm::SEIZURE ||
           alarm.condition() == v1::Alarm::PROLONGED_SEIZURE ||
           alarm.condition() == v1::Alarm::SEIZURE_POSSIBLE;
}

} // namespace

ChainTrial::ChainTrial(
    journal::Journal& journal,
    const access::Directory& directory,
    const Clock& clock,
    Random& random,
    Log& log,
    SecondWayConfig config,
    ChainTrialOptions options
)
    : journal_(journal),
      directory_(directory),
      clock_(clock),
      random_(random),
      log_(log),
      config_(std::move(config)),
      options_(options),
      since_us_(to_us(clock.utc())) {
    tail_ = std::make_unique<journal::Tail>(
        journal,
        journal.newest(),
        [this](std::span<const journal::StoredPtr> entries) {
            const std::scoped_lock lock(mutex_);
            for (const auto& stored : entries) {
                apply(stored->entry);
            }
        },
        log
    );
    worker_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ChainTrial::~ChainTrial() {
    worker_.request_stop();
    worker_.join();
    tail_.reset();
}

void ChainTrial::apply(const v1::Entry& entry) {
    if (entry.type() == v1::STEP) {
        if (v1::Step step; step.ParseFromString(entry.payload())) {
            for (const auto& output : step.alarms()) {
                if (output.has_alarm() && output.alarm().patient() == access::test_patient) {
                    take_alarm(output.alarm());
                }
            }
        }
        return;
    }
    if (entry.type() == v1::ALARM_CONFIRMED) {
        if (v1::AlarmConfirmed confirmed; confirmed.ParseFromString(entry.payload())) {
            take_confirmation(confirmed.alarm());
        }
    } else if (entry.type() == v1::CHAIN_SIGNAL) {
        if (v1::ChainSignal signalled; signalled.ParseFromString(entry.payload())) {
            trouble_ = signalled.trouble();
            signalled_us_ = signalled.taken() ? signalled.at_us() : signalled_us_;
            tries_left_ = signalled.tries_left();
        }
    }
}

void ChainTrial::take_confirmation(const std::string& alarm) {
    const auto found = alarms_.find(alarm);
    if (found == alarms_.end() || found->second.confirmed) {
        return;
    }
    found->second.confirmed = true;
    if (is_seizure(found->second.alarm)) {
        arrived_us_ = to_us(clock_.utc());
        tries_left_ = config_.dead_man_url.empty() ? 0 : options_.tries;
        next_try_ = clock_.steady();
    }
}

void ChainTrial::take_alarm(const v1::Alarm& alarm) {
    if (alarm.state() == v1::Alarm::ENDED || alarm.state() == v1::Alarm::ACKNOWLEDGED) {
        alarms_.erase(alarm.id());
        return;
    }
    auto& known = alarms_[alarm.id()];
    if (known.alarm.revision() == 0) {
        known.since = clock_.steady();
    }
    known.alarm = alarm;
    known.acknowledging = false; // this revision is not acknowledged
}

void ChainTrial::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    while (!stop.stop_requested()) {
        if (options_.on_duty()) {
            for (const auto& alarm : to_acknowledge()) {
                acknowledge(alarm);
            }
            signal();
        }
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, options_.look_every, [] { return false; });
    }
}

std::vector<v1::Alarm> ChainTrial::to_acknowledge() {
    std::vector<v1::Alarm> alarms;
    const std::scoped_lock lock(mutex_);
    for (auto& [id, known] : alarms_) {
        const bool is_time =
            known.confirmed || known.since + options_.acknowledge_after <= clock_.steady();
        if (is_time && !known.acknowledging) {
            known.acknowledging = true;
            alarms.push_back(known.alarm);
        }
    }
    return alarms;
}

void ChainTrial::acknowledge(const v1::Alarm& alarm) {
    v1::Act act;
    act.set_kind(v1::Act::ACKNOWLEDGE);
    act.set_user(std::string(test_user));
    act.set_role(v1::StaffUser::CLINICIAN);
    act.set_time_us(to_us(clock_.utc()));
    act.set_patient(alarm.patient());
    act.set_alarm(alarm.id());
    act.set_revision(alarm.revision());
    append(v1::ACT, alarm.patient(), act);
}

void ChainTrial::append(
    v1::EntryType type,
    const std::string& patient,
    const google::protobuf::MessageLite& payload
) {
    auto entry = make_entry(
        {.type = type, .patient = patient, .at_us = to_us(clock_.utc())},
        payload,
        directory_,
        random_
    );
    journal_.append(
        {.entries = {std::move(entry)}, .fences = {}},
        [&log = log_, type](const Result<journal::Appended>& done) {
            if (!done && type == v1::ACT) {
                log.error("test_alarm_not_acknowledged", done.error());
            }
        }
    );
}

void ChainTrial::signal() {
    {
        const std::scoped_lock lock(mutex_);
        if (tries_left_ == 0 || clock_.steady() < next_try_) {
            return;
        }
    }
    const auto answer = http::send_outgoing({
        .verb = config_.dead_man_verb,
        .url = config_.dead_man_url,
        .ca_file = config_.ca_file,
    });
    const bool taken = answer && answer->status >= 200 && answer->status < 300;
    const auto trouble = taken    ? std::string()
                         : answer ? std::format("it answered {}", answer->status)
                                  : answer.error().detail;
    if (taken) {
        log_.info("dead_man_signalled");
    } else {
        log_.warning("dead_man_not_reached", {{"trouble", trouble}});
    }
    v1::ChainSignal signalled;
    signalled.set_at_us(to_us(clock_.utc()));
    signalled.set_taken(taken);
    signalled.set_trouble(trouble);
    {
        const std::scoped_lock lock(mutex_);
        tries_left_ = taken ? 0 : tries_left_ - 1;
        next_try_ = clock_.steady() + options_.pause;
        signalled.set_tries_left(tries_left_);
    }
    append(v1::CHAIN_SIGNAL, {}, signalled); // what pages show comes back by it
}

void ChainTrial::show(v1::LiveFrame& frame) const {
    const std::scoped_lock lock(mutex_);
    auto& shown = *frame.mutable_test();
    shown.set_on(true);
    shown.set_every_s(static_cast<std::uint32_t>(options_.every.count()));
    shown.set_arrived_us(arrived_us_);
    shown.set_signalled_us(signalled_us_);
    shown.set_trouble(trouble_);
    shown.set_since_us(since_us_);
}

} // namespace vigil::ward
