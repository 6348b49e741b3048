// How far the readers of a journal are that live in other processes: each says so, and `records`
// frees the journal up to the lowest. Beside the journal, so that a full one stops nobody's word.
#pragma once

#include "base/log.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vigil::journal {

/// The port: a table of names and what each has reached, shared by all processes. A name is of what
/// reads ([a-z0-9.-]), not of a process: another that takes its place goes on with it. Nothing ages
/// out.
///
/// threads any
class Readers {
public:
    virtual ~Readers() = default;

    /// `reached` must be durable: after a restart, or in whoever takes the reader's place, nothing
    /// up to it is needed.
    ///
    /// errors  unavailable
    virtual Result<void> say(const std::string& name, Sequence reached) = 0;
    /// errors  unavailable; internal: what is there cannot be read
    [[nodiscard]] virtual Result<std::map<std::string, Sequence>> all() = 0;
    /// An administrator says that this one comes no more.
    virtual Result<void> forget(const std::string& name) = 0;
};

/// For tests, and where all readers are in one process.
class MemoryReaders final : public Readers {
public:
    Result<void> say(const std::string& name, Sequence reached) override;
    [[nodiscard]] Result<std::map<std::string, Sequence>> all() override;
    Result<void> forget(const std::string& name) override;

private:
    std::mutex mutex_;
    std::map<std::string, Sequence> reached_;
};

/// Up to here no reader needs the journal. What is not known never makes it higher: 0 where the
/// table cannot be read or a required reader has said nothing yet; every other reader can only
/// lower it.
[[nodiscard]] Sequence floor_of(Readers& readers, const std::vector<std::string>& required);

/// Says every few seconds how far a reader is, where that has moved, as long as it lives.
/// threads any; `reached` is called on its own thread; 0: nothing is known yet, and nothing is said
class ReaderReport {
public:
    ReaderReport(
        Readers& readers,
        std::string name,
        std::function<Sequence()> reached,
        Log& log,
        std::chrono::milliseconds every = std::chrono::milliseconds(5'000)
    );
    ReaderReport(const ReaderReport&) = delete;

private:
    void run(const std::stop_token& stop);

    Readers& readers_;
    const std::string name_;
    const std::function<Sequence()> reached_;
    Log& log_;
    const std::chrono::milliseconds every_;
    std::jthread thread_;
};

} // namespace vigil::journal
