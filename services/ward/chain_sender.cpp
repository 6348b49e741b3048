#include "ward/chain_sender.hpp"

#include "access/device_key.hpp"
#include "play/play.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <utility>

namespace vigil::ward {

namespace {

constexpr const char* its_label = "TEST";
constexpr unsigned channels = 2;

v1::Patient known_patient() {
    v1::Patient patient;
    patient.set_id(std::string(access::test_patient));
    patient.set_label(its_label);
    patient.set_synthetic(true);
    patient.set_monitoring(v1::Patient::ON);
    return patient;
}

v1::AlarmSettings switched_on(std::int64_t now_us) {
    v1::AlarmSettings settings;
    settings.set_patient(std::string(access::test_patient));
    settings.set_switched_on(true);
    settings.set_user("vigil-test");
    settings.set_role(v1::StaffUser::CLINICIAN);
    settings.set_time_us(now_us);
    settings.set_reason("the test patient");
    return settings;
}

play::PlayOptions one_patient(const ChainSenderOptions& options) {
    play::PlayOptions playing;
    playing.url = options.url;
    playing.ward.patients = 1;
    playing.ward.channels = channels;
    playing.heart_every_s = 0; // the intake of EEG is tried
    playing.ward.first_seizure_s = static_cast<double>(options.first.count());
    playing.ward.seizure_every_s = static_cast<double>(options.every.count());
    return playing;
}

bool waits(const std::stop_token& stop, std::chrono::milliseconds how_long) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, how_long, [] { return false; });
    return !stop.stop_requested();
}

} // namespace

ChainSender::ChainSender(
    journal::Journal& journal,
    const access::Directory& directory,
    const access::Secret& secret,
    const Clock& clock,
    Random& random,
    Log& log,
    ChainSenderOptions options
)
    : journal_(journal),
      directory_(directory),
      secret_(secret),
      clock_(clock),
      random_(random),
      log_(log),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void ChainSender::run(const std::stop_token& stop) {
    while (waits(stop, options_.look_every)) {
        if (!options_.on_duty()) {
            continue;
        }
        std::jthread sender([this](const std::stop_token& off_duty) { send(off_duty); });
        while (options_.on_duty() && waits(stop, options_.look_every)) {
        }
    }
}

void ChainSender::send(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto key = enroll();
        if (!key) {
            log_.error("test_patient_failed", key.error());
        }
        if (!waits(stop, options_.known_after) || !key) {
            continue;
        }
        auto playing = one_patient(options_);
        std::vector<std::string> notes;
        auto patients = play::open_patients(playing, notes).value(); // no file that could fail
        patients.front().id = access::test_patient;
        patients.front().label = its_label;
        playing.keys[patients.front().id] = *key;
        const auto summary = play::run(playing, std::move(patients), clock_, random_, stop, {});
        if (!summary) {
            log_.error("test_patient_failed", summary.error());
        }
    }
}

Result<std::string> ChainSender::enroll() {
    const auto state = directory_.state();
    const auto now_us = to_us(clock_.utc());
    const std::string patient(access::test_patient);
    journal::Batch batch;
    if (state->patient(patient) == nullptr) {
        batch.entries.push_back(access::directory_entry(known_patient(), now_us, random_id(random_))
        );
    }
    if (!state->alarm_settings.contains(patient)) {
        batch.entries.push_back(access::directory_entry(
            switched_on(now_us),
            state->partitions,
            now_us,
            random_id(random_)
        ));
    }
    for (const auto& [id, key] : state->keys) {
        if (key.patient() == patient && key.revoked_us() == 0) {
            auto ended = key;
            ended.set_revoked_us(now_us);
            batch.entries.push_back(access::directory_entry(ended, now_us, random_id(random_)));
        }
    }
    auto made = access::make_device_key(
        secret_,
        random_,
        {.patient = patient},
        "the test patient's sender",
        now_us
    );
    batch.entries.push_back(access::directory_entry(made.record, now_us, random_id(random_)));
    std::promise<Result<journal::Appended>> appended;
    journal_.append(std::move(batch), [&](Result<journal::Appended> result) {
        appended.set_value(std::move(result));
    });
    if (const auto result = appended.get_future().get(); !result) {
        return std::unexpected(result.error());
    }
    return std::move(made.text);
}

} // namespace vigil::ward
