// Follows the journal in a thread of its own and hands new entries to one function, in order. Used
// by every service.
#pragma once

#include "base/log.hpp"
#include "journal/journal.hpp"
#include "journal/new_entries.hpp"

#include <functional>
#include <memory>
#include <span>

namespace vigil::journal {

/// Reads from `after` on and calls `sink` with what has come, again and again, until destroyed
/// (which joins the thread). A failed read is logged and tried again after a second. `sink` may
/// block: that is the reader's own back-pressure.
class Tail {
public:
    using Sink = std::function<void(std::span<const StoredPtr>)>;
    Tail(Journal& journal, Sequence after, Sink sink, Log& log, Pace pace = {});
    ~Tail();
    /// The newest sequence that `sink` has returned from.
    [[nodiscard]] Sequence reached() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace vigil::journal
