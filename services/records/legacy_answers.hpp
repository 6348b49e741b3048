// The two lists of the reference system, in its shapes (wire contract): for its web page and smoke
// tests.
#pragma once

#include "access/directory.hpp"
#include "http/message.hpp"
#include "store/store.hpp"

#include <vector>

namespace vigil::records {

/// `[{"fk_user":1,"eeg_data":"[...]","epilepsy_prediction_probability":"0.01230000","register_timestamp":"Mon,
/// 09 Sep 2024 10:00:07 GMT"}]` Patients without an old number are left out; a window that is not
/// scored yet has "-1.00000000" in the place of its score.
[[nodiscard]] http::Response last_eeg_answer(
    const access::DirectoryState& directory,
    const std::vector<store::NewestWindow>& windows
);

/// `{"1":{"heartbeat_values":[74],"register_timestamps":["2024-09-09 10:00:00"]}}`: values cut to
/// whole numbers, times in UTC. `rates` by patient and time.
[[nodiscard]] http::Response last_heart_answer(
    const access::DirectoryState& directory,
    const std::vector<store::VitalRow>& rates
);

} // namespace vigil::records
