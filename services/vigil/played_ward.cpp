#include "vigil/played_ward.hpp"

#include "vigil/play/play.hpp"

#include <thread>

namespace vigil {

struct PlayedWard::Inside {
    play::PlayOptions options;
    SystemClock clock;
    SystemRandom random;
    std::jthread player;
};

PlayedWard::PlayedWard(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

PlayedWard::~PlayedWard() = default;

Result<std::unique_ptr<PlayedWard>>
PlayedWard::start(const ServeConfig& config, AllInOne& vigil, Log& log) {
    auto inside = std::make_unique<Inside>();
    auto& options = inside->options;
    options.url = vigil.base_url();
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
    std::vector<v1::Patient> known;
    for (const auto& played : *patients) {
        v1::Patient patient;
        patient.set_id(played.id);
        patient.set_label(played.label);
        patient.set_synthetic(played.synthetic);
        patient.set_monitoring(v1::Patient::ON);
        known.push_back(std::move(patient));
    }
    auto keys = vigil.enroll(known);
    if (!keys) {
        return std::unexpected(keys.error());
    }
    options.keys = std::move(*keys);
    inside->player = std::jthread([&playing = *inside,
                                   patients = std::move(*patients),
                                   &log](const std::stop_token& stop) mutable {
        const auto summary = play::run(
            playing.options,
            std::move(patients),
            playing.clock,
            playing.random,
            stop,
            {}
        );
        if (!summary) {
            log.error("play_failed", summary.error());
        } else {
            log.info(
                "play_ended",
                {{"blocks", summary->blocks},
                 {"accepted", summary->accepted_blocks},
                 {"refused", summary->refused},
                 {"set_aside", summary->set_aside},
                 {"lost", summary->lost}}
            );
        }
    });
    return std::unique_ptr<PlayedWard>(new PlayedWard(std::move(inside)));
}

} // namespace vigil
