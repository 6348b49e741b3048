// What `vigil serve` plays through its own HTTP door, as devices do: patients and keys of its own,
// then a player.
#pragma once

#include "base/log.hpp"
#include "vigil/all_in_one.hpp"
#include "vigil/config.hpp"

#include <memory>

namespace vigil {

class PlayedWard {
public:
    /// Of `--play`: a synthetic ward, or the recordings of a folder.
    /// errors  not_found: nothing in the folder can be played; those of the journal
    static Result<std::unique_ptr<PlayedWard>>
    start(const ServeConfig& config, AllInOne& vigil, Log& log);

    /// Stops playing; streams are ended on purpose.
    ~PlayedWard();
    PlayedWard(const PlayedWard&) = delete;

private:
    struct Inside;
    explicit PlayedWard(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil
