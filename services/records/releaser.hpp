// Gives what was quarantined to the patient that its device turned out to be assigned to. Service
// runs it between flushes.
#pragma once

#include "access/directory.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace vigil::records {

/// threads one
class Releaser {
public:
    Releaser(
        journal::Journal& journal,
        store::Store& store,
        const access::Directory& directory,
        const Clock& clock
    )
        : journal_(journal), store_(store), directory_(directory), clock_(clock) {}

    /// Appends the first rows that somebody's assignment holds, as the entries that they would have
    /// been, and waits until the journal has them. The ids of the rows, which the store may let go:
    /// empty where there is none. Where they are not let go, the same entries are appended once
    /// more, and every reader knows them for repeats.
    ///
    /// Asks the store once for each assignment that there is.
    ///
    /// errors  those of Store::quarantined and Journal::append
    [[nodiscard]] Result<std::vector<std::string>> release();

private:
    [[nodiscard]] Result<std::vector<store::QuarantinedRow>>
    first_of(const v1::Device& device, std::string& patient);

    journal::Journal& journal_;
    store::Store& store_;
    const access::Directory& directory_;
    const Clock& clock_;
};

} // namespace vigil::records
