// What the readers of the file formats share. Private to libs/signal.
#pragma once

#include "signal/recording.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigil::signal {

/// A recording that holds its samples as [channels][samples].
class HeldRecording final : public Recording {
public:
    HeldRecording(RecordingInfo info, std::vector<std::int32_t> samples)
        : Recording(std::move(info)), samples_(std::move(samples)) {}

protected:
    void copy(std::uint64_t first, std::uint64_t count, std::int32_t* out) const override;

private:
    std::vector<std::int32_t> samples_;
};

[[nodiscard]] std::unexpected<Error> bad_file(std::string detail);

[[nodiscard]] std::string_view trimmed(std::string_view text);

/// A whole decimal number and nothing else.
[[nodiscard]] std::optional<std::int64_t> to_integer(std::string_view text);
/// A finite decimal number and nothing else; a leading '+' is allowed.
[[nodiscard]] std::optional<double> to_number(std::string_view text);

/// count * numerator / denominator of two decimal texts' worth, such as 256 samples in "0.5"
/// seconds; nothing where it is not a rate.
[[nodiscard]] std::optional<Rate> rate_of(std::uint64_t count, std::string_view seconds);
/// "360" or "173.61" hertz.
[[nodiscard]] std::optional<Rate> rate_from_hertz(std::string_view hertz);

/// Takes the channel's label and unit into Vigil's form: see RecordingChannel.
void normalise(RecordingChannel& channel, std::size_t number);
void make_labels_unique(std::vector<RecordingChannel>& channels);

/// UTC of a calendar date and time, or nothing where there is no such time.
[[nodiscard]] std::optional<UtcTime>
utc_of(int year, unsigned month, unsigned day, int hour, int minute, double second);

[[nodiscard]] Result<std::unique_ptr<Recording>> open_edf(std::string name, std::string bytes);
[[nodiscard]] Result<std::unique_ptr<Recording>>
open_wfdb(std::string name, const std::string& header, const FileLoader& loader);
[[nodiscard]] Result<std::unique_ptr<Recording>>
open_text(std::string name, std::string_view bytes, Rate rate);
[[nodiscard]] Result<std::unique_ptr<Recording>>
open_npy(std::string name, std::string_view bytes, Rate rate);

} // namespace vigil::signal
