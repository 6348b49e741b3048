#include "http/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>

namespace vigil::http {

namespace {

constexpr int gzip_only = 15 + 16; // zlib.h, inflateInit2: the largest window, gzip header wanted

struct EndInflate {
    void operator()(z_stream* stream) const {
        inflateEnd(stream);
        delete stream;
    }
};

std::unexpected<Error> too_large() {
    return fail(ErrorCode::too_large, "The decompressed body is over the limit.", "body");
}

std::unexpected<Error> damaged() {
    return fail(ErrorCode::invalid_argument, "The body is not well-formed gzip.", "body");
}

} // namespace

Result<std::string>
gunzip(std::string_view compressed, GunzipLimits limits, BodyBudget::Share& share) {
    const auto bound = std::min(limits.bytes, compressed.size() * limits.ratio);
    std::unique_ptr<z_stream, EndInflate> stream(new z_stream{});
    if (inflateInit2(stream.get(), gzip_only) != Z_OK) {
        throw std::bad_alloc();
    }
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream->avail_in = static_cast<uInt>(compressed.size());
    std::string result;
    std::size_t made = 0;
    while (true) {
        if (made == result.size()) {
            // One byte over the bound is room enough to see that it is exceeded.
            const auto grown =
                std::min(bound + 1, std::max<std::size_t>({4096, compressed.size() * 4, made * 2}));
            if (made > bound) {
                return too_large();
            }
            if (!share.grow_to(compressed.size() + grown)) {
                return fail(
                    ErrorCode::overloaded,
                    "Too many bodies are being read.",
                    "",
                    "",
                    Retry::safe
                );
            }
            result.resize(grown);
        }
        stream->next_out = reinterpret_cast<Bytef*>(result.data() + made);
        stream->avail_out = static_cast<uInt>(result.size() - made);
        const int outcome = inflate(stream.get(), Z_NO_FLUSH);
        made = result.size() - stream->avail_out;
        if (outcome == Z_STREAM_END && stream->avail_in == 0) {
            break;
        }
        if (outcome == Z_STREAM_END) {
            inflateReset(stream.get());
            continue;
        }
        if (outcome != Z_OK || (stream->avail_in == 0 && stream->avail_out != 0)) {
            return damaged();
        }
    }
    if (made > bound) {
        return too_large();
    }
    result.resize(made);
    return result;
}

} // namespace vigil::http
