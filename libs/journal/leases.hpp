// The leases port: a small table of who is there and who should do which share of a work, that
// processes change one after another. Adapters are MemoryLeases (tests, simulation) and the
// key-value store of a cluster's journal. Membership is how one process uses it.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace vigil::journal {

/// A lease says who should try. It makes nothing safe: a fence does (Batch::fences).
struct LeaseTable {
    std::map<std::string, std::uint64_t> beats;   // by member: how often it said that it is there
    std::map<std::uint32_t, std::string> holders; // by share

    [[nodiscard]] bool holds(std::uint32_t share, const std::string& member) const;
    /// Takes a member out, with what it holds.
    void forget(const std::string& member);

    friend bool operator==(const LeaseTable&, const LeaseTable&) = default;
};

/// threads any; calls wait for the servers
class Leases {
public:
    virtual ~Leases() = default;

    struct Held {
        LeaseTable table;
        std::uint64_t revision = 0; // 0: nobody has written yet
    };

    /// errors  unavailable: no answer
    [[nodiscard]] virtual Result<Held> read() = 0;

    /// Puts another table in the place of the one with this revision.
    ///
    /// errors  conflict: somebody else was faster; unavailable: no answer (in doubt: perhaps it was
    ///         taken)
    [[nodiscard]] virtual Result<void> replace(std::uint64_t revision, const LeaseTable& table) = 0;
};

/// Nothing fails but what a test asks for. threads any
class MemoryLeases final : public Leases {
public:
    [[nodiscard]] Result<Held> read() override;
    [[nodiscard]] Result<void> replace(std::uint64_t revision, const LeaseTable& table) override;

    /// The next `count` calls get unavailable.
    void refuse_next(std::size_t count);
    /// The next `count` replacements are taken, and told as in doubt.
    void doubt_next(std::size_t count);

private:
    std::mutex mutex_;
    Held held_;
    std::size_t refusals_ = 0;
    std::size_t doubts_ = 0;
};

/// `process` and a part that is never again the same: the life before may still be in the table.
[[nodiscard]] std::string name_of_this_life(const std::string& process);

/// One process among those who share a work.
///
/// A member that is not seen to beat for `ttl` is taken out, with its leases, by whoever notices.
/// How long that is each observer measures with its own steady clock, from where it saw a change to
/// where it still saw none: two machines' clocks are never compared, only how fast they go. As
/// client-go of Kubernetes does (tools/leaderelection: "tolerant to arbitrary clock skew", not to
/// its rate). Between two looks at most a quarter of `ttl` counts: whoever could not look for a
/// while, or whose servers were away, does not hold everybody else for dead.
///
/// threads one; is_current(): any
class Membership {
public:
    /// `leases` and `clock` must outlive it. `name` must be this process's and this life's alone.
    Membership(Leases& leases, const Clock& clock, std::string name, std::chrono::milliseconds ttl);

    /// Changes who holds what, in the table of those that are alive, this member among them.
    using Decide = std::function<void(LeaseTable&)>;

    /// Says that it is there, takes out who is not, and writes what `decide` makes of the table,
    /// all as one change; `decide` is asked again where somebody else was faster. The table that
    /// holds.
    ///
    /// errors  those of Leases; conflict: others were faster several times
    Result<LeaseTable> renew(const Decide& decide);

    /// Takes itself out, so that others need not wait. errors  as renew()
    Result<void> leave();

    /// Whether it said that it is there less than `ttl` ago, so that nobody can have taken it out
    /// for its silence. Of a process that was paused it is false as soon as it goes on.
    [[nodiscard]] bool is_current() const;

    [[nodiscard]] const std::string& name() const { return name_; }

private:
    struct Seen {
        std::uint64_t beats = 0;
        Microseconds silent{0};
    };

    void look(LeaseTable& table);
    Result<LeaseTable> change(const std::function<void(LeaseTable&)>& make);

    Leases& leases_;
    const Clock& clock_;
    std::string name_;
    std::chrono::milliseconds ttl_;
    std::uint64_t beats_ = 0;
    std::map<std::string, Seen> others_;
    SteadyTime looked_;
    std::atomic<SteadyTime> renewed_;
};

} // namespace vigil::journal
