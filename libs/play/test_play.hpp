// What the tests of whole runs share: a small ward that is played fast, with short waiting times.
#pragma once

#include "play/play.hpp"
#include "play/test_intake.hpp"

#include <filesystem>

namespace vigil::play {

using namespace std::chrono_literals;

/// Three patients, fast, with short waiting times.
inline PlayOptions fast(const std::string& url) {
    PlayOptions options;
    options.url = url;
    options.ward.patients = 3;
    options.duration_s = 20;
    options.speed = 40;
    options.first_pause = 5ms;
    options.longest_pause = 40ms;
    options.timeout = 2s;
    options.drain = 10s;
    for (int i = 1; i <= 3; ++i) {
        const auto id = "ward-" + std::to_string(i);
        options.keys[id] = "key-of-" + id;
    }
    return options;
}

inline Result<PlaySummary> play_it(
    const PlayOptions& options,
    std::stop_token stop = {},
    const std::function<void(const PlaySummary&)>& report = {}
) {
    const SystemClock clock;
    SystemRandom random;
    std::vector<std::string> notes;
    return run(
        options,
        open_patients(options, notes).value(),
        clock,
        random,
        std::move(stop),
        report
    );
}

struct Folder {
    Folder() { std::filesystem::create_directories(path); }

    ~Folder() { std::filesystem::remove_all(path); }

    std::filesystem::path path = std::filesystem::temp_directory_path() / "vigil_play_test";
};

} // namespace vigil::play
