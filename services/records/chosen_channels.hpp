// Some channels of one device out of a page of samples: what a long look at few of them needs. Used
// by the routes.
#pragma once

#include "records/queries.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::records {

/// Numbers from 0, as "0,4,11": rising, so that none comes twice.
///
/// errors  invalid_argument: anything else, a number over 255, or no number
[[nodiscard]] Result<std::vector<std::uint32_t>> read_channel_numbers(std::string_view text);

/// Leaves streams of other devices out where `device` is given, and channels that are not in
/// `numbers` where any is; a stream that lacks one of them is left out.
void keep_channels(
    EegPage& page,
    const std::string& device,
    const std::vector<std::uint32_t>& numbers
);

} // namespace vigil::records
