// Presses of devices' buttons, so that one that is sent again calls nobody anew. Block intake asks
// it before it writes one.
#pragma once

#include "access/device_assignment.hpp"
#include "base/error.hpp"

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace vigil::eeg_intake {

/// Holds the newest `max_presses` that are in the journal, and those that are on their way there.
///
/// threads any
class Presses {
public:
    using Done = std::move_only_function<void(Result<void>)>;

    /// Of the entry: the same for the same press of the same sender's device, whoever it is on. The
    /// journal's readers know a repeat by it.
    [[nodiscard]] static std::string
    id_of(const access::Sender& sender, const std::string& device, const std::string& press);

    /// True: the caller writes the press, and says so with written(). False: it is held, or waits
    /// with the one that is being written; `done` has been called or will be.
    [[nodiscard]] bool begin(const std::string& id, Done done);

    /// Answers all who wait for it. One that could not be written may begin again.
    void written(const std::string& id, const Result<void>& result);

    /// Seen in the journal.
    void held(const std::string& id);

private:
    void hold(const std::string& id);

    std::mutex mutex_;
    std::map<std::string, std::vector<Done>> known_; // who waits; of a held one nobody
    std::deque<std::string> held_;                   // the oldest first
};

} // namespace vigil::eeg_intake
