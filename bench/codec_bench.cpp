// Compares the candidates for the stored rows on real recordings: bits a sample, and nanoseconds to
// pack and unpack one. Run with VIGIL_DATA set. What it measured is in
// docs/decisions/0001-sample-codec.md.
#include "signal/sample_codec.hpp"

#include <FLAC/stream_decoder.h>
#include <FLAC/stream_encoder.h>
#include <benchmark/benchmark.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Samples = std::vector<std::int32_t>;

// One row as the store holds it: [channels][samples] of 10 s.
struct Row {
    Samples samples;
    std::size_t channels = 0;
};

std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> files(const std::string& folder, const std::string& extension) {
    const char* data = std::getenv("VIGIL_DATA");
    std::vector<std::filesystem::path> found;
    if (data != nullptr && std::filesystem::exists(std::filesystem::path(data) / folder)) {
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(std::filesystem::path(data) / folder)) {
            if (entry.path().extension() == extension) {
                found.push_back(entry.path());
            }
        }
    }
    std::ranges::sort(found);
    return found;
}

// The two EDFs are of one kind: 23 signals of 256 samples a second. Read here by hand so that the
// benchmark needs only the codec.
const std::vector<Row>& chbmit() {
    static const std::vector<Row> rows = [] {
        std::vector<Row> out;
        constexpr std::size_t channels = 23;
        constexpr std::size_t rate = 256;
        for (const auto& path : files("chbmit", ".edf")) {
            const std::string bytes = contents(path);
            const std::size_t header = 256 + channels * 256;
            const std::size_t seconds = (bytes.size() - header) / (channels * rate * 2);
            for (std::size_t start = 0; start < seconds; start += 10) {
                const std::size_t count = std::min<std::size_t>(10, seconds - start);
                Row row{.samples = Samples(channels * count * rate), .channels = channels};
                for (std::size_t i = 0; i < row.samples.size(); ++i) {
                    const std::size_t channel = i / (count * rate);
                    const std::size_t t = i % (count * rate);
                    const std::size_t record = start + t / rate;
                    std::int16_t value = 0;
                    std::memcpy(
                        &value,
                        bytes.data() + header +
                            2 * ((record * channels + channel) * rate + t % rate),
                        2
                    );
                    row.samples[i] = value;
                }
                out.push_back(std::move(row));
            }
        }
        return out;
    }();
    return rows;
}

const std::vector<Row>& bonn() {
    static const std::vector<Row> rows = [] {
        std::vector<Row> out;
        constexpr std::size_t ten_seconds = 1736;
        for (const auto& path : files("bonn", ".txt")) {
            std::ifstream file(path);
            const Samples all{std::istream_iterator<std::int32_t>(file), {}};
            for (std::size_t begin = 0; begin < all.size(); begin += ten_seconds) {
                const std::size_t end = std::min(begin + ten_seconds, all.size());
                out.push_back(
                    {.samples = Samples(all.begin() + begin, all.begin() + end), .channels = 1}
                );
            }
        }
        return out;
    }();
    return rows;
}

struct Ours {
    static std::string encode(const Row& row) {
        return vigil::signal::encode_samples(row.samples, row.channels).value();
    }

    static Samples decode(const std::string& bytes, const Row& row) {
        return vigil::signal::decode_samples(bytes, row.channels, row.samples.size() / row.channels)
            .value();
    }
};

// Each channel by itself, so that no channel can refer to another: what the prediction alone gives.
struct OursByChannel {
    static std::string encode(const Row& row) {
        const std::size_t samples = row.samples.size() / row.channels;
        std::string all;
        for (std::size_t channel = 0; channel < row.channels; ++channel) {
            all += vigil::signal::encode_samples(
                       std::span(row.samples).subspan(channel * samples, samples),
                       1
            )
                       .value();
        }
        return all;
    }
};

// Difference to the sample before, folded to unsigned, its low bytes before its high bytes, then
// zstd.
template <int Level>
struct ZstdOfDeltas {
    static std::string encode(const Row& row) {
        const std::size_t n = row.samples.size();
        std::string shuffled(2 * n, '\0');
        std::int16_t last = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const auto value = static_cast<std::int16_t>(row.samples[i]);
            const auto delta = static_cast<std::int16_t>(value - last);
            const auto folded = static_cast<std::uint16_t>((delta << 1) ^ (delta >> 15));
            shuffled[i] = static_cast<char>(folded & 0xff);
            shuffled[n + i] = static_cast<char>(folded >> 8);
            last = value;
        }
        std::string out(ZSTD_compressBound(shuffled.size()), '\0');
        out.resize(ZSTD_compress(out.data(), out.size(), shuffled.data(), shuffled.size(), Level));
        return out;
    }

    static Samples decode(const std::string& bytes, const Row& row) {
        const std::size_t n = row.samples.size();
        std::string shuffled(2 * n, '\0');
        ZSTD_decompress(shuffled.data(), shuffled.size(), bytes.data(), bytes.size());
        Samples out(n);
        std::int16_t last = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const auto folded = static_cast<std::uint16_t>(
                static_cast<unsigned char>(shuffled[i]) |
                (static_cast<unsigned char>(shuffled[n + i]) << 8)
            );
            last = static_cast<std::int16_t>(last + ((folded >> 1) ^ -(folded & 1)));
            out[i] = last;
        }
        return out;
    }
};

// One native FLAC stream per channel (FLAC has at most eight channels and knows only stereo between
// them).
template <unsigned Level>
struct Flac {
    static FLAC__StreamEncoderWriteStatus write(
        const FLAC__StreamEncoder* /*e*/,
        const FLAC__byte* data,
        std::size_t size,
        std::uint32_t /*n*/,
        std::uint32_t /*frame*/,
        void* out
    ) {
        static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), size);
        return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
    }

    static std::string encode(const Row& row) {
        const std::size_t samples = row.samples.size() / row.channels;
        std::string all;
        FLAC__StreamEncoder* encoder = FLAC__stream_encoder_new();
        for (std::size_t channel = 0; channel < row.channels; ++channel) {
            std::string one;
            FLAC__stream_encoder_set_channels(encoder, 1);
            FLAC__stream_encoder_set_bits_per_sample(encoder, 16);
            FLAC__stream_encoder_set_sample_rate(encoder, 256);
            FLAC__stream_encoder_set_streamable_subset(encoder, 0);
            FLAC__stream_encoder_set_compression_level(encoder, Level);
            FLAC__stream_encoder_set_blocksize(
                encoder,
                static_cast<unsigned>(std::max<std::size_t>(samples, 16))
            );
            FLAC__stream_encoder_init_stream(encoder, write, nullptr, nullptr, nullptr, &one);
            FLAC__stream_encoder_process_interleaved(
                encoder,
                row.samples.data() + channel * samples,
                static_cast<unsigned>(samples)
            );
            FLAC__stream_encoder_finish(encoder);
            const auto size = static_cast<std::uint32_t>(one.size());
            all.append(reinterpret_cast<const char*>(&size), sizeof size);
            all += one;
        }
        FLAC__stream_encoder_delete(encoder);
        return all;
    }

    struct Reading {
        std::string_view in;
        Samples out;
    };

    static FLAC__StreamDecoderReadStatus
    read(const FLAC__StreamDecoder* /*d*/, FLAC__byte* to, std::size_t* size, void* state) {
        auto& reading = *static_cast<Reading*>(state);
        *size = std::min(*size, reading.in.size());
        if (*size == 0) {
            return FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
        }
        std::memcpy(to, reading.in.data(), *size);
        reading.in.remove_prefix(*size);
        return FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
    }

    static FLAC__StreamDecoderWriteStatus took(
        const FLAC__StreamDecoder* /*d*/,
        const FLAC__Frame* frame,
        const FLAC__int32* const* data,
        void* state
    ) {
        auto& out = static_cast<Reading*>(state)->out;
        out.insert(out.end(), data[0], data[0] + frame->header.blocksize);
        return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
    }

    static void failed(
        const FLAC__StreamDecoder* /*d*/,
        FLAC__StreamDecoderErrorStatus /*s*/,
        void* /*state*/
    ) {
        throw std::runtime_error("FLAC could not decode its own stream");
    }

    static Samples decode(const std::string& bytes, const Row& row) {
        Reading reading;
        reading.out.reserve(row.samples.size());
        std::string_view left = bytes;
        FLAC__StreamDecoder* decoder = FLAC__stream_decoder_new();
        while (!left.empty()) {
            std::uint32_t size = 0;
            std::memcpy(&size, left.data(), sizeof size);
            reading.in = left.substr(sizeof size, size);
            left.remove_prefix(sizeof size + size);
            FLAC__stream_decoder_init_stream(
                decoder,
                read,
                nullptr,
                nullptr,
                nullptr,
                nullptr,
                took,
                nullptr,
                failed,
                &reading
            );
            FLAC__stream_decoder_process_until_end_of_stream(decoder);
            FLAC__stream_decoder_finish(decoder);
        }
        FLAC__stream_decoder_delete(decoder);
        return std::move(reading.out);
    }
};

std::size_t total_samples(const std::vector<Row>& rows) {
    std::size_t total = 0;
    for (const Row& row : rows) {
        total += row.samples.size();
    }
    return total;
}

void report(benchmark::State& state, const std::vector<Row>& rows) {
    using benchmark::Counter;
    const auto samples = static_cast<double>(total_samples(rows));
    state.counters["s_per_sample"] =
        Counter(samples, Counter::kIsIterationInvariantRate | Counter::kInvert);
}

template <class Candidate, const std::vector<Row>& (*Data)()>
void encode(benchmark::State& state) {
    const std::vector<Row>& rows = Data();
    if (rows.empty()) {
        state.SkipWithMessage("set VIGIL_DATA to the folder of recordings");
        return;
    }
    std::size_t bytes = 0;
    for (auto _ : state) {
        bytes = 0;
        for (const Row& row : rows) {
            bytes += Candidate::encode(row).size();
        }
    }
    report(state, rows);
    state.counters["bits_a_sample"] =
        8.0 * static_cast<double>(bytes) / static_cast<double>(total_samples(rows));
}

template <class Candidate, const std::vector<Row>& (*Data)()>
void decode(benchmark::State& state) {
    const std::vector<Row>& rows = Data();
    std::vector<std::string> packed;
    for (const Row& row : rows) {
        packed.push_back(Candidate::encode(row));
        if (Candidate::decode(packed.back(), row) != row.samples) {
            state.SkipWithError("not lossless");
            return;
        }
    }
    if (rows.empty()) {
        state.SkipWithMessage("set VIGIL_DATA to the folder of recordings");
        return;
    }
    for (auto _ : state) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            benchmark::DoNotOptimize(Candidate::decode(packed[i], rows[i]));
        }
    }
    report(state, rows);
}

BENCHMARK(encode<ZstdOfDeltas<1>, chbmit>)->Name("chbmit/zstd-1/encode");
BENCHMARK(decode<ZstdOfDeltas<1>, chbmit>)->Name("chbmit/zstd-1/decode");
BENCHMARK(encode<ZstdOfDeltas<9>, chbmit>)->Name("chbmit/zstd-9/encode");
BENCHMARK(decode<ZstdOfDeltas<9>, chbmit>)->Name("chbmit/zstd-9/decode");
BENCHMARK(encode<Flac<5>, chbmit>)->Name("chbmit/flac-5/encode");
BENCHMARK(decode<Flac<5>, chbmit>)->Name("chbmit/flac-5/decode");
BENCHMARK(encode<Flac<8>, chbmit>)->Name("chbmit/flac-8/encode");
BENCHMARK(decode<Flac<8>, chbmit>)->Name("chbmit/flac-8/decode");
BENCHMARK(encode<Ours, chbmit>)->Name("chbmit/lpc-rice/encode");
BENCHMARK(decode<Ours, chbmit>)->Name("chbmit/lpc-rice/decode");
BENCHMARK(encode<OursByChannel, chbmit>)->Name("chbmit/lpc-rice, channels apart/encode");
BENCHMARK(encode<ZstdOfDeltas<1>, bonn>)->Name("bonn/zstd-1/encode");
BENCHMARK(decode<ZstdOfDeltas<1>, bonn>)->Name("bonn/zstd-1/decode");
BENCHMARK(encode<Flac<5>, bonn>)->Name("bonn/flac-5/encode");
BENCHMARK(decode<Flac<5>, bonn>)->Name("bonn/flac-5/decode");
BENCHMARK(encode<Flac<8>, bonn>)->Name("bonn/flac-8/encode");
BENCHMARK(decode<Flac<8>, bonn>)->Name("bonn/flac-8/decode");
BENCHMARK(encode<Ours, bonn>)->Name("bonn/lpc-rice/encode");
BENCHMARK(decode<Ours, bonn>)->Name("bonn/lpc-rice/decode");

} // namespace
