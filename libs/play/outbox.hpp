// One patient's undelivered items: the newest for the live lane, all older ones for backfill. Used
// by the player.
#pragma once

#include "play/item.hpp"
#include "play/spool_file.hpp"

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace vigil::play {

enum class Lane : std::uint8_t { live, backfill };

/// How much of all outboxes' memory is taken.
struct MemoryBudget {
    std::size_t limit = 0;
    std::atomic<std::size_t> used{0};
};

/// An item leaves when it is settled: accepted, or refused for good. Until then it is in memory, in
/// the spool file or with a lane.
///
/// threads any
class Outbox {
public:
    /// `aside` keeps what was set aside; an earlier run's is sent again.
    Outbox(
        std::size_t live_items,
        MemoryBudget& budget,
        std::optional<SpoolFile> spool,
        std::optional<SpoolFile> aside = {}
    );
    ~Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    void push(Item item);

    /// Items of one kind for one request; the live lane gets the newest ones, in their order,
    /// backfill the oldest. Ends of streams come only when everything else of their stream is
    /// settled.
    [[nodiscard]] std::vector<Item> take(Lane lane, std::size_t max_items, std::size_t max_bytes);
    void give_back(Lane lane, std::vector<Item> items);
    /// Backfill tries them again, each by itself, when there is nothing else to send: an item on
    /// which the server fails must not hold up the others.
    void put_behind(std::vector<Item> items);
    /// Settles an item of which this run thinks no more. True: kept in its file for the next run;
    /// false: lost, and counted so.
    [[nodiscard]] bool set_aside(const Item& item);
    void settled(const std::vector<Item>& items);

    /// Moves what is left, and is not there yet, into the spool file. Returns how many items found
    /// no room: they are lost.
    std::size_t keep();

    [[nodiscard]] std::size_t undelivered() const;
    [[nodiscard]] std::size_t kept_aside() const;
    /// Items that neither memory nor the spool file had room for.
    [[nodiscard]] std::size_t lost() const;

private:
    using Items = std::deque<Item>;
    void store(Item item);
    void settle(const Item& item);
    void take_back_what_was_set_aside();
    void count(const Item& item, int by);

    void free(const Item& item) { budget_.used -= item.body.size(); }

    [[nodiscard]] std::vector<Item>
    take_run(Items& from, std::size_t max_items, std::size_t max_bytes);
    [[nodiscard]] std::optional<Item> take_end();
    void refill_from_spool();

    const std::size_t live_items_;
    MemoryBudget& budget_;
    mutable std::mutex mutex_;
    Items live_;
    Items backfill_;
    Items behind_;
    Items ends_;
    std::optional<SpoolFile> spool_;
    std::optional<SpoolFile> aside_;
    /// By stream: what is not settled, wherever it is. Ends are not counted.
    std::map<std::uint32_t, std::size_t> open_;
    std::size_t undelivered_ = 0;
    std::size_t kept_aside_ = 0;
    std::size_t lost_ = 0;
};

} // namespace vigil::play
