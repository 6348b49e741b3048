// Whose a window of the old contract is. Used by the two old calls that bring one.
#pragma once

#include "eeg_intake/routes.hpp"

namespace vigil::eeg_intake {

/// The key's patient, or without a key a patient that was opened by name.
[[nodiscard]] Result<std::string> patient_of(
    const http::Principal& sender,
    std::uint32_t number,
    const access::DirectoryState& directory,
    const std::set<std::string>& senders
);

/// A window's time has another name in the old contract than in a block.
void name_as_sent(Error& error);

} // namespace vigil::eeg_intake
