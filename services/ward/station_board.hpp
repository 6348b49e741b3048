// Which stations listen now, and what they have confirmed: an alarm that a station shows and sounds
// is confirmed by an entry. Fed by LiveFeed with what the pages say of themselves.
#pragma once

#include "access/directory.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "vigil/v1/live.pb.h"
#include "vigil/v1/station.pb.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace vigil::ward {

/// threads any
class StationBoard {
public:
    StationBoard(
        journal::Journal& journal,
        const access::Directory& directory,
        const Clock& clock,
        Random& random,
        Log& log
    )
        : journal_(journal), directory_(directory), clock_(clock), random_(random), log_(log) {}

    /// What a page of a station says. `page` tells the pages of one station apart.
    void take(const std::string& station, std::uint64_t page, const v1::StationReport& report);
    void closed(const std::string& station, std::uint64_t page);

    /// A station that listens shows this alarm and sounds it. Confirmed once for each revision that
    /// staff must have seen (`urgent_revision`).
    void confirm(const std::string& station, const v1::Alarm& alarm);
    /// Whether a report is of a page that can be seen and heard: what it shows then counts.
    [[nodiscard]] static bool listens(const v1::StationReport& report);

    /// A station is there that can be seen and heard.
    [[nodiscard]] bool watched() const;
    /// Stations that are not revoked, those without an open page too.
    void show(v1::LiveFrame& frame) const;

    /// Pages report each second; a report counts for so long.
    static constexpr Microseconds counts_for{5'000'000};

private:
    struct Page {
        v1::StationReport report;
        SteadyTime heard;
        std::int64_t heard_us = 0;
    };

    struct Confirmed {
        std::mutex mutex;
        std::map<std::string, std::uint32_t> revisions; // by alarm
    };

    [[nodiscard]] bool listens(const Page& page) const;

    journal::Journal& journal_;
    const access::Directory& directory_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::uint64_t>, Page> pages_;
    std::map<std::string, std::int64_t> heard_us_; // by station, of any page since this began
    std::shared_ptr<Confirmed> confirmed_ = std::make_shared<Confirmed>(); // appends outlive this
};

} // namespace vigil::ward
