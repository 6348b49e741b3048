#include "records/chosen_channels.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>

namespace vigil::records {

namespace {

constexpr std::uint32_t highest_channel = 255;

void keep(StreamSamples& samples, const std::vector<std::uint32_t>& numbers) {
    auto stream = std::make_shared<store::StreamRow>(*samples.stream);
    stream->channels.clear();
    for (const auto number : numbers) {
        stream->channels.push_back(samples.stream->channels[number]);
    }
    for (auto& run : samples.runs) {
        std::vector<std::int32_t> values;
        values.reserve(numbers.size() * run.samples);
        for (const auto number : numbers) {
            const auto channel = std::span(run.values).subspan(number * run.samples, run.samples);
            values.insert(values.end(), channel.begin(), channel.end());
        }
        run.values = std::move(values);
    }
    samples.stream = std::move(stream);
}

} // namespace

Result<std::vector<std::uint32_t>> read_channel_numbers(std::string_view text) {
    std::vector<std::uint32_t> numbers;
    for (const auto part : std::views::split(text, ',')) {
        const std::string_view word(part);
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (word.empty() || error != std::errc{} || end != word.data() + word.size() ||
            number > highest_channel || (!numbers.empty() && number <= numbers.back())) {
            numbers.clear();
            break;
        }
        numbers.push_back(number);
    }
    if (numbers.empty()) {
        return fail(
            ErrorCode::invalid_argument,
            "rising numbers from 0 to 255, with commas between them",
            "channels"
        );
    }
    return numbers;
}

void keep_channels(
    EegPage& page,
    const std::string& device,
    const std::vector<std::uint32_t>& numbers
) {
    std::erase_if(page.streams, [&](const StreamSamples& samples) {
        return (!device.empty() && samples.stream->device != device) ||
               (!numbers.empty() && numbers.back() >= samples.stream->channels.size());
    });
    if (numbers.empty()) {
        return;
    }
    for (auto& samples : page.streams) {
        keep(samples, numbers);
    }
}

} // namespace vigil::records
