// The device of the built-in test patient: a synthetic person who has a seizure now and then, sent
// through the real intake with a key of its own, so that the whole chain is tried. Used by the
// program ward and by `vigil serve`.
#pragma once

#include "access/directory.hpp"
#include "access/secret.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace vigil::ward {

struct ChainSenderOptions {
    std::string url; // the intake's: "http://eeg-intake"
    std::chrono::seconds every{600};
    std::chrono::seconds first{20};
    /// A new key is known to every intake by then.
    std::chrono::milliseconds known_after{3'000};
    std::chrono::milliseconds look_every{200};
    /// Of several wards over one journal only the one on duty sends.
    std::function<bool()> on_duty = [] { return true; };
};

/// Each time it begins to send it makes the patient known, takes the keys of before away and makes
/// a new one, which no one else ever sees.
class ChainSender {
public:
    ChainSender(
        journal::Journal& journal,
        const access::Directory& directory,
        const access::Secret& secret,
        const Clock& clock,
        Random& random,
        Log& log,
        ChainSenderOptions options
    );
    /// Ends the stream on purpose.
    ~ChainSender() = default;
    ChainSender(const ChainSender&) = delete;

private:
    void run(const std::stop_token& stop);
    void send(const std::stop_token& stop);
    /// The new key. errors  those of the journal
    Result<std::string> enroll();

    journal::Journal& journal_;
    const access::Directory& directory_;
    const access::Secret& secret_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
    const ChainSenderOptions options_;
    std::jthread thread_;
};

} // namespace vigil::ward
