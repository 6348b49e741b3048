// What a block says of its stream: whose it is, and in which layout its samples lie. Used by Core.
#pragma once

#include "store/store.hpp"
#include "vigil/v1/eeg.pb.h"

#include <string>
#include <string_view>

namespace vigil::records {

/// Sorts a patient's streams together.
[[nodiscard]] std::string
stream_key(std::string_view patient, std::string_view device, std::string_view stream);

/// Whether the block's samples can be unpacked; said without unpacking where the length alone
/// tells.
[[nodiscard]] bool readable(const v1::EegBlock& block);

/// The stream that the block says it is of: not stored yet, nothing of it seen.
[[nodiscard]] store::StreamRow row_of(const std::string& patient, const v1::EegBlock& block);

/// Whether samples of both can stand in one stream.
[[nodiscard]] bool same_layout(const store::StreamRow& a, const store::StreamRow& b);

/// What a stream is called whose own name stands for another layout. Follows from the layout, so
/// that a replay names the stream alike.
[[nodiscard]] std::string layout_name(const store::StreamRow& row);

} // namespace vigil::records
