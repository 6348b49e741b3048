// What ChannelWatch says of recordings: of good ones nothing, of synthetic ones what was put in.
#include "signal/channel_watch.hpp"
#include "signal/synthetic/continuous.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

using namespace vigil;
using namespace vigil::signal;

namespace {

/// Channel and fault, and how many seconds.
using Seconds = std::map<std::pair<std::size_t, ChannelFault>, std::uint64_t>;

void count(const ChannelWatch& watch, Seconds& seconds) {
    for (std::size_t channel = 0; channel < watch.channels(); ++channel) {
        for (const auto fault : channel_faults) {
            if (watch.has(channel, fault)) {
                ++seconds[{channel, fault}];
            }
        }
    }
}

Seconds seconds_of(const Recording& recording) {
    const auto& info = recording.info();
    std::vector<double> uv_per_count;
    for (const auto& channel : info.channels) {
        uv_per_count.push_back(channel.unit == "uV" ? channel.scale : 0);
    }
    ChannelWatch watch(info.rate, uv_per_count);
    const auto step = static_cast<std::uint64_t>(info.rate.hertz());
    Seconds seconds;
    for (std::uint64_t at = 0; at + step <= info.samples; at += step) {
        watch.take(at, recording.read(at, step).value(), step, 32'767);
        count(watch, seconds);
    }
    return seconds;
}

std::vector<std::filesystem::path> recordings(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const auto ending = entry.path().extension();
        if (ending == ".edf" || ending == ".npy" || ending == ".txt" || ending == ".TXT") {
            found.push_back(entry.path());
        }
    }
    return found;
}

std::unique_ptr<Recording> open(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const auto none = [](std::string_view) -> Result<std::string> {
        return fail(ErrorCode::not_found, "no file beside it");
    };
    return open_recording(path.filename().string(), std::move(bytes), none).value();
}

Seconds seconds_with(ArtefactKind kind, double per_hour, std::vector<ArtefactMark>& marks) {
    ContinuousPlan plan{.duration_s = 600, .seizures_per_hour = 6, .artefacts = {}, .seed = 5};
    plan.artefacts.per_hour[static_cast<std::size_t>(kind)] = per_hour;
    ContinuousRecording recording(plan);
    marks = recording.artefacts();
    const std::vector<double> uv_per_count(
        recording.channels().size(),
        ContinuousRecording::scale_uv
    );
    ChannelWatch watch({.numerator = plan.rate_hz, .denominator = 1}, uv_per_count);
    Seconds seconds;
    std::vector<std::int16_t> block;
    for (std::uint64_t at = 0; at < recording.samples(); at += plan.rate_hz) {
        recording.next(plan.rate_hz, block);
        const std::vector<std::int32_t> samples(block.begin(), block.end());
        watch.take(at, samples, plan.rate_hz, 32'767);
        count(watch, seconds);
    }
    return seconds;
}

} // namespace

TEST_CASE("recordings of patients have no fault, in seizures neither") {
    const char* const folder = std::getenv("VIGIL_DATA");
    if (folder == nullptr) {
        SKIP("VIGIL_DATA is not set");
    }
    std::size_t looked_at = 0;
    for (const auto* const from : {"bonn", "chbmit"}) {
        for (const auto& path : recordings(std::filesystem::path(folder) / from)) {
            INFO(path);
            for (const auto& [what, seconds] : seconds_of(*open(path))) {
                INFO("channel " << what.first << ", fault " << static_cast<int>(what.second));
                CHECK(seconds == 0);
            }
            ++looked_at;
        }
    }
    CHECK(looked_at >= 400);
}

TEST_CASE("of synthetic artefacts only a drop-out is a fault, on the channels that show it") {
    std::vector<ArtefactMark> marks;
    for (const auto kind :
         {ArtefactKind::blink,
          ArtefactKind::chewing,
          ArtefactKind::movement,
          ArtefactKind::electrode_pop,
          ArtefactKind::mains}) {
        INFO(artefact_traits()[static_cast<std::size_t>(kind)].name);
        const auto& traits = artefact_traits()[static_cast<std::size_t>(kind)];
        CHECK(seconds_with(kind, std::min(traits.most_per_hour, 120.0), marks).empty());
        CHECK_FALSE(marks.empty());
    }
    const auto found = seconds_with(ArtefactKind::drop_out, 60, marks);
    std::set<std::size_t> dropped;
    for (const auto& mark : marks) {
        dropped.insert(mark.electrodes.begin(), mark.electrodes.end());
    }
    REQUIRE_FALSE(dropped.empty());
    std::set<std::size_t> told;
    for (const auto& [what, seconds] : found) {
        CHECK(what.second == ChannelFault::flat_or_saturated);
        told.insert(what.first); // of a referential montage a channel is an electrode
    }
    CHECK(told == dropped);
}
