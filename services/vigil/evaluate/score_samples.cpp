// One channel's samples to the trace of a long-context model, by the code of `vigil evaluate`. Used
// by compare_with_brainmaze.
//
// usage   score_samples MODEL.onnx < "rate scale count\n" and count int32; -2147483648 is missing
// out     one number a line: the score of each half second, or nan
#include "detect/onnx_spectrogram_model.hpp"
#include "recordings/recording_file.hpp"
#include "vigil/evaluate/sladky_model.hpp"

#include <algorithm>
#include <iostream>
#include <limits>

namespace {

constexpr auto missing = std::numeric_limits<std::int32_t>::min();

class GivenSamples final : public vigil::signal::Recording {
public:
    GivenSamples(vigil::signal::RecordingInfo info, std::vector<std::int32_t> samples)
        : Recording(std::move(info)), samples_(std::move(samples)) {}

protected:
    void copy(std::uint64_t first, std::uint64_t count, std::int32_t* out) const override {
        std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(first), count, out);
    }

private:
    std::vector<std::int32_t> samples_;
};

GivenSamples read_samples(std::istream& in) {
    vigil::signal::RecordingInfo info;
    double scale = 1;
    in >> info.rate.numerator >> scale >> info.samples;
    in.ignore();
    std::vector<std::int32_t> samples(info.samples);
    in.read(
        reinterpret_cast<char*>(samples.data()),
        static_cast<std::streamsize>(samples.size() * sizeof samples[0])
    );
    info.channels = {{.label = "one", .unit = "uV", .scale = scale}};
    for (std::uint64_t at = 0; at < info.samples; ++at) {
        if (samples[at] == missing) {
            continue;
        }
        if (info.segments.empty() ||
            info.segments.back().first + info.segments.back().count != at) {
            info.segments.push_back({.first = at, .count = 0});
        }
        ++info.segments.back().count;
    }
    return {std::move(info), std::move(samples)};
}

} // namespace

int main(int argc, char** argv) {
    const auto file = vigil::recordings::read_file(argc == 2 ? argv[1] : "");
    const auto card = vigil::detect::sladky_2022_card();
    auto loaded = file.and_then([card](const std::string& onnx) {
        return vigil::detect::OnnxSpectrogramModel::load(onnx, card);
    });
    if (!loaded) {
        std::cerr << loaded.error().detail << '\n';
        return 1;
    }
    vigil::evaluate::SladkyModel model(std::move(*loaded));
    const auto recording = read_samples(std::cin);
    std::cout.precision(9);
    std::cout << "nan\n"; // the first half second's, which no window has
    const auto print = [](const vigil::evaluate::ChannelScores& at) {
        std::cout << at.scores[0].value_or(std::numeric_limits<float>::quiet_NaN()) << '\n';
    };
    if (auto done = model.score(recording, {0}, print, [](double) {}); !done) {
        std::cerr << done.error().detail << '\n';
        return 1;
    }
    return std::cin && std::cout.flush() ? 0 : 1;
}
