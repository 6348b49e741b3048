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

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace vigil::ward {

struct StationBoardOptions {
    /// The name of this ward among several over one journal, this process's alone: what its pages
    /// say is told to the others by entries. Empty: it is the only one.
    std::string ward{};
};

/// threads any
class StationBoard {
public:
    StationBoard(
        journal::Journal& journal,
        const access::Directory& directory,
        const Clock& clock,
        Random& random,
        Log& log,
        StationBoardOptions options = {}
    )
        : journal_(journal),
          directory_(directory),
          clock_(clock),
          random_(random),
          log_(log),
          options_(std::move(options)) {}

    /// What a page of a station says. `page` tells the pages of one station apart.
    void take(const std::string& station, std::uint64_t page, const v1::StationReport& report);
    void closed(const std::string& station, std::uint64_t page);
    /// What another ward's pages say; entries of other types, and this ward's own, change nothing.
    void apply(const v1::Entry& entry);

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
    /// Other wards are told of a page on which nothing changes so often.
    static constexpr Microseconds told_every{2'000'000};

private:
    struct PageId {
        std::string station;
        std::string ward; // empty: this one
        std::uint64_t number = 0;

        friend auto operator<=>(const PageId&, const PageId&) = default;
    };

    struct Page {
        v1::StationReport report;
        SteadyTime heard;
        std::int64_t heard_us = 0;
        SteadyTime told; // to other wards
    };

    struct Confirmed {
        std::mutex mutex;
        std::map<std::string, std::uint32_t> revisions; // by alarm
    };

    [[nodiscard]] bool listens(const Page& page) const;
    /// The page as it is kept now; nullptr: there are too many.
    Page* keep(const PageId& id, v1::AudioState audio, bool visible);
    void tell(v1::StationHeard heard);

    journal::Journal& journal_;
    const access::Directory& directory_;
    const Clock& clock_;
    Random& random_;
    Log& log_;
    const StationBoardOptions options_;
    mutable std::mutex mutex_;
    std::map<PageId, Page> pages_;
    std::map<std::string, std::int64_t> heard_us_; // by station, of any page since this began
    std::shared_ptr<Confirmed> confirmed_ = std::make_shared<Confirmed>(); // appends outlive this
};

} // namespace vigil::ward
