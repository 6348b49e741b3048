#include "journal/leases.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <utility>

namespace vigil::journal {

namespace {

constexpr int attempts = 8;

std::unexpected<Error> away(const char* cause, Retry retry) {
    return fail(ErrorCode::unavailable, "the leases cannot be reached", {}, cause, retry);
}

} // namespace

bool LeaseTable::holds(std::uint32_t share, const std::string& member) const {
    const auto found = holders.find(share);
    return found != holders.end() && found->second == member;
}

void LeaseTable::forget(const std::string& member) {
    beats.erase(member);
    std::erase_if(holders, [&](const auto& one) { return one.second == member; });
}

std::string name_of_this_life(const std::string& process) {
    SystemRandom random;
    return process + '/' + to_hex(random_id(random)).substr(0, 8);
}

Result<Leases::Held> MemoryLeases::read() {
    const std::scoped_lock lock(mutex_);
    if (refusals_ > 0) {
        --refusals_;
        return away("refused", Retry::safe);
    }
    return held_;
}

Result<void> MemoryLeases::replace(std::uint64_t revision, const LeaseTable& table) {
    const std::scoped_lock lock(mutex_);
    if (refusals_ > 0) {
        --refusals_;
        return away("refused", Retry::safe);
    }
    if (revision != held_.revision) {
        return fail(ErrorCode::conflict, "somebody else changed the leases");
    }
    held_ = {.table = table, .revision = revision + 1};
    if (doubts_ > 0) {
        --doubts_;
        return away("the answer was lost", Retry::in_doubt);
    }
    return {};
}

void MemoryLeases::refuse_next(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    refusals_ = count;
}

void MemoryLeases::doubt_next(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    doubts_ = count;
}

Membership::Membership(
    Leases& leases,
    const Clock& clock,
    std::string name,
    std::chrono::milliseconds ttl
)
    : leases_(leases),
      clock_(clock),
      name_(std::move(name)),
      ttl_(ttl),
      looked_(clock.steady()),
      renewed_(clock.steady() - ttl) {}

/// Judges the others by what changed since the last look, and takes out who is silent for too long.
void Membership::look(LeaseTable& table) {
    const auto now = clock_.steady();
    const auto since = std::min<Microseconds>(
        std::chrono::duration_cast<Microseconds>(now - looked_),
        Microseconds(ttl_) / 4
    );
    looked_ = now;
    std::erase_if(others_, [&](const auto& one) { return !table.beats.contains(one.first); });
    const auto beats = table.beats;
    for (const auto& [member, count] : beats) {
        if (member == name_) {
            continue;
        }
        const auto [at, is_new] = others_.try_emplace(member, Seen{.beats = count});
        auto& seen = at->second;
        seen.silent = is_new || seen.beats != count ? Microseconds{0} : seen.silent + since;
        seen.beats = count;
        if (seen.silent >= ttl_) {
            table.forget(member);
        }
    }
    // No member: what is left of a table that somebody else wrote by another rule.
    std::erase_if(table.holders, [&](const auto& one) {
        return one.second != name_ && !table.beats.contains(one.second);
    });
}

Result<LeaseTable> Membership::change(const std::function<void(LeaseTable&)>& make) {
    for (int attempt = 1;; ++attempt) {
        const auto begun = clock_.steady();
        auto held = leases_.read();
        if (!held) {
            return std::unexpected(held.error());
        }
        auto& table = held->table;
        if (!table.beats.contains(name_)) {
            table.forget(name_); // it was taken out
        }
        look(table);
        make(table);
        const auto written = leases_.replace(held->revision, table);
        if (written) {
            renewed_ = begun;
            return std::move(table);
        }
        if (written.error().code != ErrorCode::conflict || attempt == attempts) {
            return std::unexpected(written.error());
        }
    }
}

Result<LeaseTable> Membership::renew(const Decide& decide) {
    ++beats_;
    return change([&](LeaseTable& table) {
        table.beats[name_] = beats_;
        decide(table);
    });
}

Result<void> Membership::leave() {
    const auto left = change([this](LeaseTable& table) { table.forget(name_); });
    renewed_ = clock_.steady() - ttl_;
    return left ? Result<void>{} : std::unexpected(left.error());
}

bool Membership::is_current() const {
    return clock_.steady() - renewed_.load() < ttl_;
}

} // namespace vigil::journal
