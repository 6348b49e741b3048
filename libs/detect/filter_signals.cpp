// Filters signals as text, for the comparison with scipy: a line in, a line out. Only a test runs
// it.
#include "detect/window_shape.hpp"
#include "signal/iir_filter.hpp"
#include "signal/resampler.hpp"

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

namespace {

namespace signal = vigil::signal;

template <class Number>
std::vector<Number> read_signal(std::istream& in) {
    std::size_t count = 0;
    in >> count;
    std::vector<Number> values(in ? count : 0);
    for (Number& value : values) {
        in >> value;
    }
    return values;
}

std::vector<double> resampled(std::istream& in) {
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    in >> up >> down;
    signal::PolyphaseResampler resampler(up, down);
    std::vector<float> out = resampler.push(read_signal<float>(in));
    const std::vector<float> rest = resampler.finish();
    out.insert(out.end(), rest.begin(), rest.end());
    return {out.begin(), out.end()};
}

/// Windows of 178 samples at 173.61 Hz; without a signal only how many samples one needs.
std::vector<double> window(std::istream& in) {
    std::uint32_t numerator = 0;
    std::uint32_t denominator = 0;
    in >> numerator >> denominator;
    vigil::detect::ModelCard card{};
    card.samples = 178;
    card.rate_numerator = 17361;
    card.rate_denominator = 100;
    const auto shape = vigil::detect::WindowShape::make(card, numerator, denominator).value();
    const auto values = read_signal<float>(in);
    if (values.size() != shape.needed()) {
        in.clear();
        return {static_cast<double>(shape.needed())};
    }
    std::vector<float> out(card.samples);
    shape.read(values, out);
    return {out.begin(), out.end()};
}

std::vector<double> filtered(std::istream& in, std::vector<signal::SecondOrderSection> sections) {
    std::vector<double> values = read_signal<double>(in);
    signal::IirFilter(std::move(sections)).apply(values);
    return values;
}

std::vector<double> answer(std::string_view kind, std::istream& in) {
    if (kind == "taps") {
        std::uint64_t up = 0;
        std::uint64_t down = 0;
        in >> up >> down;
        return signal::resampling_taps(up, down);
    }
    if (kind == "resample") {
        return resampled(in);
    }
    if (kind == "window") {
        return window(in);
    }
    if (kind == "band_pass") {
        unsigned order = 0;
        double low_hz = 0;
        double high_hz = 0;
        double rate_hz = 0;
        in >> order >> low_hz >> high_hz >> rate_hz;
        return filtered(in, signal::butterworth_band_pass(order, low_hz, high_hz, rate_hz));
    }
    if (kind == "notch") {
        double centre_hz = 0;
        double quality = 0;
        double rate_hz = 0;
        in >> centre_hz >> quality >> rate_hz;
        return filtered(in, {signal::notch(centre_hz, quality, rate_hz)});
    }
    in.setstate(std::ios::failbit);
    return {};
}

} // namespace

/// in    a filter, its parameters, how many samples, the samples; "taps" has none
/// out   the samples after it
int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream in(line);
        std::string kind;
        in >> kind;
        const std::vector<double> values = answer(kind, in);
        if (!in) {
            std::cerr << "unreadable: " << line.substr(0, 100) << '\n';
            return 1;
        }
        for (const double value : values) {
            std::printf("%.17g ", value); // 17 digits tell every double from its neighbours
        }
        std::printf("\n");
    }
    return 0;
}
