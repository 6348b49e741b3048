#include "vigil/played_ward.hpp"

#include "play/play.hpp"

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace vigil {

struct PlayedWard::Inside {
    play::PlayOptions options;
    SystemClock clock;
    SystemRandom random;
    std::jthread player;

    using Ended = std::function<void(const Result<play::PlaySummary>&)>;

    Result<void> begin(AllInOne& vigil, std::vector<play::PlayedPatient> patients, Ended ended);
};

PlayedWard::PlayedWard(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

PlayedWard::~PlayedWard() = default;

/// Makes the patients and their keys, and plays them.
Result<void>
PlayedWard::Inside::begin(AllInOne& vigil, std::vector<play::PlayedPatient> patients, Ended ended) {
    std::vector<v1::Patient> known;
    for (const auto& played : patients) {
        v1::Patient patient;
        patient.set_id(played.id);
        patient.set_label(played.label);
        patient.set_synthetic(played.synthetic);
        patient.set_monitoring(v1::Patient::ON);
        known.push_back(std::move(patient));
    }
    options.url = vigil.base_url();
    auto keys = vigil.enroll(known);
    if (!keys) {
        return std::unexpected(keys.error());
    }
    options.keys = std::move(*keys);
    player = std::jthread(
        [this, patients = std::move(patients), ended = std::move(ended)](const std::stop_token& stop
        ) mutable { ended(play::run(options, std::move(patients), clock, random, stop, {})); }
    );
    return {};
}

Result<std::unique_ptr<PlayedWard>>
PlayedWard::start(const ServeConfig& config, AllInOne& vigil, Log& log) {
    auto inside = std::make_unique<Inside>();
    auto& options = inside->options;
    options.recordings = config.play == "synthetic" ? "" : config.play;
    options.start_s = config.start_s;
    options.ward.first_seizure_s = config.seizure_after_s;
    options.spool_folder = vigil.folder().spool().string();

    std::vector<std::string> notes;
    auto patients = play::open_patients(options, notes);
    for (const auto& note : notes) {
        log.warning("recording_not_played", {{"reason", note}});
    }
    if (!patients) {
        return std::unexpected(patients.error());
    }
    const auto begun = inside->begin(
        vigil,
        std::move(*patients),
        [&log](const Result<play::PlaySummary>& summary) {
            if (!summary) {
                log.error("play_failed", summary.error());
                return;
            }
            log.info(
                "play_ended",
                {{"blocks", summary->blocks},
                 {"accepted", summary->accepted_blocks},
                 {"refused", summary->refused},
                 {"set_aside", summary->set_aside},
                 {"lost", summary->lost}}
            );
        }
    );
    if (!begun) {
        return std::unexpected(begun.error());
    }
    return std::unique_ptr<PlayedWard>(new PlayedWard(std::move(inside)));
}

} // namespace vigil
